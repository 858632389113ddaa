"""StorageClass: a kind of storage that volumes can be asked of, and who provides it.

Kubernetes: pkg/registry/storage/storageclass/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from minikube_py.api.columns import AGE
from minikube_py.api.defaulting import filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.topology_selector import TopologySelectorTerm, topology_errors
from minikube_py.api.kinds.deprecations import DEPRECATED_LABELS
from minikube_py.api.kinds.field_checks import choice_errors
from minikube_py.api.kinds.storage.validation import parameter_errors, provisioner_errors
from minikube_py.api.markers import OneOf
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, immutable_errors


class StorageClass(
    Resource,
    group="storage.k8s.io",
    version="v1",
    plural="storageclasses",
    returns_deleted_object=True,
    namespaced=False,
    short_names=("sc",),
    generation_of=(),
    columns=(
        Column("Name", lambda class_: class_.shown_name, format="name"),
        Column("Provisioner", lambda class_: class_.provisioner),
        Column("ReclaimPolicy", lambda class_: class_.reclaim_policy or "Delete"),
        Column("VolumeBindingMode", lambda class_: class_.volume_binding_mode or "Immediate"),
        Column("AllowVolumeExpansion", lambda class_: bool(class_.allow_volume_expansion)),
        AGE,
    ),
):
    provisioner: str = written(str)
    parameters: Mapping[str, str] = {}
    reclaim_policy: Annotated[str | None, OneOf("Delete", "Recycle", "Retain")] = None
    mount_options: tuple[str, ...] = ()
    allow_volume_expansion: bool | None = None
    volume_binding_mode: Annotated[str | None, OneOf("Immediate", "WaitForFirstConsumer")] = None
    allowed_topologies: tuple[TopologySelectorTerm, ...] = ()

    @property
    def is_default(self) -> bool:
        """Whether claims that say nothing get it."""
        return any(self.metadata.annotations.get(mark) == "true" for mark in _DEFAULT_MARKS)

    @property
    def shown_name(self) -> str:
        return f"{self.metadata.name} (default)" if self.is_default else self.metadata.name

    def defaulted(self) -> Self:
        return filled(self, reclaim_policy="Delete", volume_binding_mode="Immediate")

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from provisioner_errors(self.provisioner, "provisioner")
        yield from parameter_errors(self.parameters, "parameters", may_be_empty=True)
        yield from choice_errors(self.reclaim_policy, ("Delete", "Retain"), "reclaimPolicy")
        yield from choice_errors(self.volume_binding_mode, ("Immediate", "WaitForFirstConsumer"), "volumeBindingMode")
        yield from topology_errors(self.allowed_topologies, "allowedTopologies")
        if old is not None:
            yield from self._change_errors(old)

    def warnings(self) -> Iterable[str]:
        for number, term in enumerate(self.allowed_topologies):
            for index, wanted in enumerate(term.match_label_expressions):
                if wanted.key in DEPRECATED_LABELS:
                    path = f"allowedTopologies[{number}].matchLabelExpressions[{index}].key"
                    yield f"{path}: {DEPRECATED_LABELS[wanted.key]}"

    def _change_errors(self, old: Self) -> Iterable[FieldError]:
        yield from immutable_errors(self.parameters or None, old.parameters or None, "parameters")
        yield from immutable_errors(self.provisioner, old.provisioner, "provisioner")
        yield from immutable_errors(self.reclaim_policy, old.reclaim_policy, "reclaimPolicy")
        yield from immutable_errors(self.volume_binding_mode, old.volume_binding_mode, "volumeBindingMode")


_DEFAULT_MARKS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
