"""Namespace: a scope for names; deleting it deletes everything inside.

Kubernetes: pkg/apis/core, pkg/registry/core/namespace/strategy.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.markers import MergeBy, OneOf
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time


class NamespaceSpec(Model):
    finalizers: tuple[str, ...] = ()


class NamespaceCondition(Model):
    type: str = written(str)
    status: str = written(str)
    last_transition_time: Time | None = None
    reason: str = ""
    message: str = ""


class NamespaceStatus(Model):
    phase: Annotated[str, OneOf("Active", "Terminating")] = ""
    conditions: Annotated[tuple[NamespaceCondition, ...], MergeBy("type", ("type",))] = ()


class Namespace(
    Resource,
    version="v1",
    plural="namespaces",
    namespaced=False,
    short_names=("ns",),
    verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    generation_of=(),
    selectable_fields=("status.phase",),
):
    spec: NamespaceSpec = written(NamespaceSpec)
    status: NamespaceStatus = written(NamespaceStatus)
