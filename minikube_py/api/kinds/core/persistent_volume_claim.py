"""PersistentVolumeClaim: a pod's wish for storage that outlives it.

Kubernetes: pkg/registry/core/persistentvolumeclaim/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, UNSET
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.access_modes import (
    VOLUME_MODES,
    access_mode_errors,
    access_modes_text,
    storage_class_of,
)
from minikube_py.api.kinds.core.pod_warnings import fraction_warnings
from minikube_py.api.kinds.core.resource_validation import positive_errors
from minikube_py.api.kinds.core.volume import PersistentVolumeClaimSpec
from minikube_py.api.kinds.deprecations import VOLUME_ANNOTATIONS, annotation_warnings
from minikube_py.api.kinds.field_checks import Errors, choice_errors, label_selector_errors, subdomain_errors
from minikube_py.api.markers import GranularStruct, MergeBy, NotRequired, OneOf
from minikube_py.api.model import Model, replace, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Quantity, Time
from minikube_py.api.validation import FieldError, forbidden_value, invalid_value, required


class PersistentVolumeClaimCondition(Model):
    type: str = written(str)
    status: str = written(str)
    last_probe_time: Annotated[Time | None, NotRequired()] = written_null()
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()
    reason: str = ""
    message: str = ""


class ModifyVolumeStatus(Model):
    target_volume_attributes_class_name: str = ""
    status: Annotated[str, OneOf("InProgress", "Infeasible", "Pending")] = written(str)


class PersistentVolumeClaimStatus(Model):
    """Whether the claim has a volume, and what that offers."""

    phase: Annotated[str, OneOf("Bound", "Lost", "Pending")] = ""
    access_modes: tuple[str, ...] = ()
    capacity: Mapping[str, Quantity] = {}
    conditions: Annotated[tuple[PersistentVolumeClaimCondition, ...], MergeBy("type", ("type",))] = ()
    allocated_resources: Mapping[str, Quantity] = {}
    allocated_resource_statuses: Annotated[Mapping[str, str], GranularStruct()] = {}
    current_volume_attributes_class_name: str | None = None
    modify_volume_status: ModifyVolumeStatus | None = None


_SOURCES = {("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot")}
_PENDING = PersistentVolumeClaimStatus(phase="Pending")


class PersistentVolumeClaim(
    Resource,
    version="v1",
    plural="persistentvolumeclaims",
    short_names=("pvc",),
    generation_of=(),
    returns_deleted_object=True,
    columns=(
        NAME,
        Column("Status", lambda claim: "Terminating" if claim.metadata.deletion_timestamp else claim.status.phase),
        Column("Volume", lambda claim: claim.spec.volume_name),
        Column(
            "Capacity", lambda claim: str(claim.status.capacity.get("storage", 0)) if claim.spec.volume_name else ""
        ),
        Column(
            "Access Modes",
            lambda claim: access_modes_text(claim.status.access_modes) if claim.spec.volume_name else "",
        ),
        Column("StorageClass", lambda claim: storage_class_of(claim.metadata, claim.spec.storage_class_name)),
        Column("VolumeAttributesClass", lambda claim: claim.spec.volume_attributes_class_name or UNSET),
        AGE,
        Column("VolumeMode", lambda claim: claim.spec.volume_mode or UNSET, priority=1),
    ),
):
    spec: PersistentVolumeClaimSpec = written(PersistentVolumeClaimSpec)
    status: PersistentVolumeClaimStatus = written(PersistentVolumeClaimStatus)

    def defaulted(self) -> Self:
        spec = filled(self.spec, volume_mode="Filesystem")
        return changed(self, spec=spec, status=filled(self.status, phase="Pending"))

    def prepare_for_create(self) -> Self:
        """A source that cannot fill a volume is forgotten, as if it had not been named."""
        source = self.spec.data_source
        is_known = source is not None and (source.api_group or "", source.kind) in _SOURCES
        claim = replace(self, status=_PENDING)
        return claim if is_known or source is None else replace(claim, spec=replace(claim.spec, data_source=None))

    def warnings(self) -> Iterable[str]:
        yield from annotation_warnings(self.metadata.annotations, VOLUME_ANNOTATIONS, "metadata.annotations")
        amounts = {"requests": self.spec.resources.requests, "limits": self.spec.resources.limits}
        yield from fraction_warnings(amounts, ("storage",), "spec.resources")

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        for name, amount in self.status.capacity.items():
            if amount.value < 0:
                yield invalid_value(f"status.capacity[{name}]", int(amount.value), "must be a valid resource quantity")

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from claim_errors(self.spec, "spec")
        if old is not None:
            yield from _change_errors(self, old)


def claim_errors(spec: PersistentVolumeClaimSpec, path: str) -> Errors:
    if not spec.access_modes:
        yield required(f"{path}.accessModes", "at least 1 access mode is required")
    yield from label_selector_errors(spec.selector, f"{path}.selector")
    yield from access_mode_errors(spec.access_modes, f"{path}.accessModes")
    amount = spec.resources.requests.get("storage")
    if amount is None:
        yield required(f"{path}.resources[storage]")
    else:
        yield from positive_errors(amount, f"{path}.resources[storage]")
    if spec.storage_class_name:
        yield from subdomain_errors(spec.storage_class_name, f"{path}.storageClassName")
    yield from choice_errors(spec.volume_mode, VOLUME_MODES, f"{path}.volumeMode")
    if spec.volume_attributes_class_name:
        yield from subdomain_errors(spec.volume_attributes_class_name, f"{path}.volumeAttributesClassName")


def _change_errors(new: PersistentVolumeClaim, old: PersistentVolumeClaim) -> Errors:
    """Once there is a volume, only more space and another class of its qualities can be asked for."""
    kept: dict[str, object] = {}
    if not old.spec.volume_name:
        kept["volume_name"] = old.spec.volume_name
    if old.status.phase == "Bound":
        requests = {**new.spec.resources.requests}
        requests.pop("storage", None)
        if "storage" in old.spec.resources.requests:
            requests["storage"] = old.spec.resources.requests["storage"]
        kept["resources"] = replace(new.spec.resources, requests=requests)
        kept["volume_attributes_class_name"] = old.spec.volume_attributes_class_name
    if old.spec.storage_class_name is None:
        kept["storage_class_name"] = None
    if replace(new.spec, **kept) != old.spec:
        why = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        yield forbidden_value("spec", why)
        return
    asked, before = new.spec.resources.requests.get("storage"), old.spec.resources.requests.get("storage")
    if asked is None or before is None or asked.value >= before.value:
        return
    if asked.value < old.status.capacity.get("storage", before).value:
        yield forbidden_value("spec.resources.requests.storage", "field can not be less than status.capacity")
