"""How a volume may be mounted, and by how many; and the class of a claim or volume, as columns show them.

Kubernetes: pkg/apis/core/helper/helpers.go
"""

from __future__ import annotations

from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.validation import forbidden_value, unsupported_value

_SHORT = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
VOLUME_MODES = ("Block", "Filesystem")
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


def access_modes_text(modes: tuple[str, ...]) -> str:
    return ",".join(short for mode, short in _SHORT.items() if mode in modes)


def access_mode_errors(modes: tuple[str, ...], path: str) -> Errors:
    for mode in modes:
        if mode not in _SHORT:
            yield unsupported_value(path, mode, sorted(_SHORT))
    if "ReadWriteOncePod" in modes and len(set(modes)) > 1:
        yield forbidden_value(path, "may not use ReadWriteOncePod with other access modes")


def storage_class_of(metadata: ObjectMeta, name: str | None) -> str:
    """The class, which the annotation of old times names before the field does."""
    return metadata.annotations.get(_BETA_CLASS, name or "")


def says_its_class(metadata: ObjectMeta, name: str | None) -> bool:
    return name is not None or _BETA_CLASS in metadata.annotations
