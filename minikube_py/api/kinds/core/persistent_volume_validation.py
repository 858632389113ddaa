"""What is wrong with a PersistentVolume, or with a change of one.

Kubernetes: pkg/apis/core/validation/validation.go (ValidatePersistentVolumeSpec)
Simplified: the sources of single vendors are checked for being the only source, and not inside.
"""

from __future__ import annotations

from collections.abc import Iterator

from minikube_py.api.kinds.core.access_modes import VOLUME_MODES, access_mode_errors
from minikube_py.api.kinds.core.persistent_volume_spec import (
    SOURCES,
    CSIPersistentVolumeSource,
    PersistentVolumeSpec,
    SecretReference,
    VolumeNodeAffinity,
)
from minikube_py.api.kinds.core.resource_validation import positive_errors
from minikube_py.api.kinds.core.scheduling_validation import node_selector_errors
from minikube_py.api.kinds.core.volume_validation import host_path_errors, nfs_errors
from minikube_py.api.kinds.field_checks import (
    Errors,
    choice_errors,
    go_struct,
    qualified_errors,
    required_errors,
    subdomain_errors,
)
from minikube_py.api.model import replace
from minikube_py.api.validation import forbidden_value, immutable_errors, invalid_value, required, unsupported_value


def volume_spec_errors(spec: PersistentVolumeSpec, path: str) -> Errors:
    if not spec.access_modes:
        yield required(f"{path}.accessModes")
    yield from access_mode_errors(spec.access_modes, f"{path}.accessModes")
    if not spec.capacity:
        yield required(f"{path}.capacity")
    if set(spec.capacity) != {"storage"}:
        yield unsupported_value(f"{path}.capacity", dict(spec.capacity) or None, ("storage",))
    for name, amount in spec.capacity.items():
        yield from qualified_errors(name, f"{path}.capacity[{name}]")
        yield from positive_errors(amount, f"{path}.capacity[{name}]")
    policies = ("Delete", "Recycle", "Retain")
    yield from choice_errors(spec.persistent_volume_reclaim_policy, policies, f"{path}.persistentVolumeReclaimPolicy")
    yield from _affinity_errors(spec.node_affinity, f"{path}.nodeAffinity.required")
    yield from _source_errors(spec, path)
    if spec.storage_class_name:
        yield from subdomain_errors(spec.storage_class_name, f"{path}.storageClassName")
    yield from choice_errors(spec.volume_mode, VOLUME_MODES, f"{path}.volumeMode")
    if spec.volume_attributes_class_name == "":
        yield required(f"{path}.volumeAttributesClassName", "an empty string is disallowed")
    if spec.volume_attributes_class_name is not None and spec.csi is None:
        yield required(f"{path}.csi", "has to be specified when using volumeAttributesClassName")


def _affinity_errors(affinity: VolumeNodeAffinity | None, path: str) -> Errors:
    if affinity is not None and affinity.required is None:
        yield required(path, "must specify required node constraints")
    elif affinity is not None and affinity.required is not None:
        yield from node_selector_errors(affinity.required, path)


def _source_errors(spec: PersistentVolumeSpec, path: str) -> Errors:
    given = [name for name in SOURCES if getattr(spec, name) is not None]
    if not given:
        yield required(path, "must specify a volume type")
    for name in given[1:]:
        yield forbidden_value(f"{path}.{SOURCES[name]}", "may not specify more than 1 volume type")
    yield from _inside_errors(spec, path)


def _inside_errors(spec: PersistentVolumeSpec, path: str) -> Errors:
    """What is wrong inside the sources that are looked into."""
    if spec.host_path is not None:
        yield from host_path_errors(spec.host_path, f"{path}.hostPath")
        if spec.host_path.path == "/" and spec.persistent_volume_reclaim_policy == "Recycle":
            why = "may not be 'recycle' for a hostPath mount of '/'"
            yield forbidden_value(f"{path}.persistentVolumeReclaimPolicy", why)
    if spec.nfs is not None:
        yield from nfs_errors(spec.nfs, f"{path}.nfs")
    if spec.local is not None:
        if not spec.local.path:
            yield required(f"{path}.local.path")
        if spec.node_affinity is None:
            yield required(f"{path}.nodeAffinity", "Local volume requires node affinity")
    if spec.csi is not None:
        yield from _csi_errors(spec.csi, f"{path}.csi")


def _csi_errors(csi: CSIPersistentVolumeSource, path: str) -> Errors:
    yield from required_errors(csi.driver, f"{path}.driver")
    yield from required_errors(csi.volume_handle, f"{path}.volumeHandle")
    for name, secret in _secrets(csi):
        if secret is not None:
            yield from required_errors(secret.name, f"{path}.{name}.name")
            yield from required_errors(secret.namespace, f"{path}.{name}.namespace")


def _secrets(csi: CSIPersistentVolumeSource) -> Iterator[tuple[str, SecretReference | None]]:
    yield "controllerPublishSecretRef", csi.controller_publish_secret_ref
    yield "controllerExpandSecretRef", csi.controller_expand_secret_ref
    yield "nodePublishSecretRef", csi.node_publish_secret_ref
    yield "nodeExpandSecretRef", csi.node_expand_secret_ref


def volume_change_errors(new: PersistentVolumeSpec, old: PersistentVolumeSpec, path: str) -> Errors:
    if any(getattr(_without_added_secret(new, old), name) != getattr(old, name) for name in SOURCES):
        yield forbidden_value(
            f"{path}.persistentvolumesource", f"{path}.persistentvolumesource is immutable after creation"
        )
    yield from immutable_errors(new.volume_mode, old.volume_mode, "volumeMode")
    if old.node_affinity is not None and new.node_affinity != old.node_affinity:
        why = "field is immutable, except for updating from beta label to GA"
        yield invalid_value("nodeAffinity", go_struct(new.node_affinity), why)
    if old.volume_attributes_class_name is not None and new.volume_attributes_class_name is None:
        yield forbidden_value(f"{path}.volumeAttributesClassName", "update from non-nil value to nil is forbidden")


def _without_added_secret(new: PersistentVolumeSpec, old: PersistentVolumeSpec) -> PersistentVolumeSpec:
    """The secret with which a volume is made larger may be added later."""
    if new.csi is None or old.csi is None or old.csi.controller_expand_secret_ref is not None:
        return new
    return replace(new, csi=replace(new.csi, controller_expand_secret_ref=None))
