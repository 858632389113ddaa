"""What every object carries: its metadata, who owns it, and the small types that all kinds share.

Kubernetes: apimachinery/pkg/apis/meta/v1/types.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from minikube_py.api.markers import MergeBy, MergeSet
from minikube_py.api.model import Json, Model, written, written_null
from minikube_py.api.scalars import Int64, Time


class OwnerReference(Model):
    """The object that this one exists for; when the last owner is gone the garbage collector takes it."""

    is_atomic: ClassVar[bool] = True

    api_version: str = written(str)
    kind: str = written(str)
    name: str = written(str)
    uid: str = written(str)
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ManagedFieldsEntry(Model):
    """The fields that one manager set last."""

    manager: str = ""
    operation: str = ""
    api_version: str = ""
    time: Time | None = None
    fields_type: str = ""
    fields_v1: Mapping[str, Json] | None = None
    subresource: str = ""


class ObjectMeta(Model):
    """Identity, version and bookkeeping of an object. What the server owns is set by `apiserver.writer` alone."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    self_link: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: Int64 = 0
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    deletion_grace_period_seconds: Int64 | None = None
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    owner_references: Annotated[tuple[OwnerReference, ...], MergeBy("uid", ("uid",))] = ()
    finalizers: Annotated[tuple[str, ...], MergeSet()] = ()
    managed_fields: tuple[ManagedFieldsEntry, ...] = ()


class LabelSelectorRequirement(Model):
    key: str = written(str)
    operator: str = written(str)
    values: tuple[str, ...] = ()


class FieldSelectorRequirement(Model):
    key: str = written(str)
    operator: str = written(str)
    values: tuple[str, ...] = ()


class LabelSelector(Model):
    """Which labels are meant. An empty selector means every object, an absent one none."""

    is_atomic: ClassVar[bool] = True

    match_labels: Mapping[str, str] = {}
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()


class Condition(Model):
    """One observation of an object's state."""

    type: str = written(str)
    status: str = written(str)
    observed_generation: Int64 = 0
    last_transition_time: Time | None = written_null()
    reason: str = written(str)
    message: str = written(str)


class Preconditions(Model):
    uid: str | None = None
    resource_version: str | None = None


class DeleteOptions(Model):
    """How to delete: the body of a DELETE, or of a Pod's eviction."""

    grace_period_seconds: Int64 | None = None
    preconditions: Preconditions | None = None
    orphan_dependents: bool | None = None
    propagation_policy: str | None = None
    dry_run: tuple[str, ...] = ()
    ignore_store_read_error_with_cluster_breaking_potential: bool | None = None
