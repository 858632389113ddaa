"""Small types that several core kinds share: references, selectors, taints, resources.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from minikube_py.api.markers import DefaultsTo, ListType, OneOf
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Int64, Quantity, Time


class LocalObjectReference(Model):
    """An object of the same namespace, by name."""

    is_atomic: ClassVar[bool] = True

    name: Annotated[str, DefaultsTo("")] = ""


class ObjectReference(Model):
    """Another object, by kind and name."""

    is_atomic: ClassVar[bool] = True

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    api_version: str = ""
    resource_version: str = ""
    field_path: str = ""


class TypedLocalObjectReference(Model):
    is_atomic: ClassVar[bool] = True

    api_group: str | None = None
    kind: str = written(str)
    name: str = written(str)


class TypedObjectReference(Model):
    api_group: str | None = None
    kind: str = written(str)
    name: str = written(str)
    namespace: str | None = None


class KeyToPath(Model):
    key: str = written(str)
    path: str = written(str)
    mode: int | None = None


class NodeSelectorRequirement(Model):
    key: str = written(str)
    operator: Annotated[str, OneOf("DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn")] = written(str)
    values: tuple[str, ...] = ()


class NodeSelectorTerm(Model):
    """Conditions that a node must meet, all of them."""

    is_atomic: ClassVar[bool] = True

    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


class NodeSelector(Model):
    """Terms of which a node must meet one."""

    is_atomic: ClassVar[bool] = True

    node_selector_terms: tuple[NodeSelectorTerm, ...] = written(tuple)


class ResourceClaim(Model):
    name: str = written(str)
    request: str = ""


class ResourceRequirements(Model):
    """How much of a resource is asked for, and how much may be used."""

    are_often_the_same: ClassVar[bool] = True

    limits: Mapping[str, Quantity] = {}
    requests: Mapping[str, Quantity] = {}
    claims: Annotated[tuple[ResourceClaim, ...], ListType("map", ("name",))] = ()


class Taint(Model):
    """What keeps pods off a node unless they tolerate it."""

    key: str = written(str)
    value: str = ""
    effect: Annotated[str, OneOf("NoExecute", "NoSchedule", "PreferNoSchedule")] = written(str)
    time_added: Time | None = None


class Toleration(Model):
    """A taint of nodes that a pod puts up with."""

    are_often_the_same: ClassVar[bool] = True

    key: str = ""
    operator: Annotated[str, OneOf("Equal", "Exists", "Gt", "Lt")] = ""
    value: str = ""
    effect: Annotated[str, OneOf("NoExecute", "NoSchedule", "PreferNoSchedule")] = ""
    toleration_seconds: Int64 | None = None


class EventSource(Model):
    component: str = ""
    host: str = ""


class ConfigMapKeySelector(Model):
    is_atomic: ClassVar[bool] = True

    key: str = written(str)
    optional: bool | None = None
    name: Annotated[str, DefaultsTo("")] = ""


class SecretKeySelector(Model):
    is_atomic: ClassVar[bool] = True

    key: str = written(str)
    optional: bool | None = None
    name: Annotated[str, DefaultsTo("")] = ""


class ObjectFieldSelector(Model):
    is_atomic: ClassVar[bool] = True

    api_version: str = ""
    field_path: str = written(str)


class ResourceFieldSelector(Model):
    is_atomic: ClassVar[bool] = True

    container_name: str = ""
    resource: str = written(str)
    divisor: Quantity | None = None


class FileKeySelector(Model):
    is_atomic: ClassVar[bool] = True

    volume_name: str = written(str)
    path: str = written(str)
    key: str = written(str)
    optional: Annotated[bool | None, DefaultsTo(False)] = None
