"""PersistentVolume: a piece of storage that a claim can be bound to.

Kubernetes: pkg/registry/core/persistentvolume/strategy.go
Simplified: the time of a later change of phase is its writer's to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Self

from minikube_py.api.columns import AGE, NAME, UNSET
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.access_modes import access_modes_text, storage_class_of
from minikube_py.api.kinds.core.common import ObjectReference
from minikube_py.api.kinds.core.persistent_volume_spec import SOURCES, PersistentVolumeSpec
from minikube_py.api.kinds.core.persistent_volume_validation import volume_change_errors, volume_spec_errors
from minikube_py.api.kinds.core.pod_defaults import VOLUME_DEFAULTS
from minikube_py.api.kinds.deprecations import VOLUME_ANNOTATIONS, annotation_warnings
from minikube_py.api.markers import OneOf
from minikube_py.api.model import Model, replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.validation import FieldError


class PersistentVolumeStatus(Model):
    """Whether the volume is free, bound, or left behind by its claim."""

    phase: Annotated[str, OneOf("Available", "Bound", "Failed", "Pending", "Released")] = ""
    message: str = ""
    reason: str = ""
    last_phase_transition_time: Time | None = None


class PersistentVolume(
    Resource,
    version="v1",
    plural="persistentvolumes",
    namespaced=False,
    short_names=("pv",),
    generation_of=(),
    returns_deleted_object=True,
    columns=(
        NAME,
        Column("Capacity", lambda volume: str(volume.spec.capacity.get("storage", 0))),
        Column("Access Modes", lambda volume: access_modes_text(volume.spec.access_modes)),
        Column("Reclaim Policy", lambda volume: volume.spec.persistent_volume_reclaim_policy),
        Column("Status", lambda volume: "Terminating" if volume.metadata.deletion_timestamp else volume.status.phase),
        Column("Claim", lambda volume: _claim(volume.spec.claim_ref)),
        Column("StorageClass", lambda volume: storage_class_of(volume.metadata, volume.spec.storage_class_name)),
        Column("VolumeAttributesClass", lambda volume: volume.spec.volume_attributes_class_name or UNSET),
        Column("Reason", lambda volume: volume.status.reason),
        AGE,
        Column("VolumeMode", lambda volume: volume.spec.volume_mode or UNSET, priority=1),
    ),
):
    spec: PersistentVolumeSpec = written(PersistentVolumeSpec)
    status: PersistentVolumeStatus = written(PersistentVolumeStatus)

    def defaulted(self) -> Self:
        spec = filled(self.spec, persistent_volume_reclaim_policy="Retain", volume_mode="Filesystem")
        sources: dict[str, Any] = {
            name: default(getattr(spec, name))
            for name, default in VOLUME_DEFAULTS.items()
            if name in SOURCES and getattr(spec, name) is not None
        }
        return changed(self, spec=changed(spec, **sources), status=filled(self.status, phase="Pending"))

    def prepare_for_create(self) -> Self:
        since = self.metadata.creation_timestamp
        return replace(self, status=PersistentVolumeStatus(phase="Pending", last_phase_transition_time=since))

    def warnings(self) -> Iterable[str]:
        yield from annotation_warnings(self.metadata.annotations, VOLUME_ANNOTATIONS, "metadata.annotations")
        if self.spec.persistent_volume_reclaim_policy == "Recycle":
            instead = "Instead, the recommended approach is to use dynamic provisioning."
            yield f"spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. {instead}"

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from volume_spec_errors(self.spec, "spec")
        if old is not None:
            yield from volume_change_errors(self.spec, old.spec, "spec")


def _claim(reference: ObjectReference | None) -> str:
    return "" if reference is None else f"{reference.namespace}/{reference.name}"
