"""RuntimeClass: a way of running containers that a node may offer, by name.

Kubernetes: pkg/registry/node/runtimeclass/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.common import ResourceRequirements, Toleration
from minikube_py.api.kinds.core.resource_validation import container_resource_errors
from minikube_py.api.kinds.core.scheduling_validation import toleration_errors
from minikube_py.api.kinds.deprecations import DEPRECATED_LABELS
from minikube_py.api.kinds.field_checks import Errors, go_struct
from minikube_py.api.markers import AtomicStruct
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Quantity
from minikube_py.api.validation import (
    FieldError,
    dns_label_error,
    duplicate_value,
    immutable_errors,
    invalid_value,
    label_errors,
    required,
)


class Overhead(Model):
    """What a pod costs beside its containers."""

    pod_fixed: Mapping[str, Quantity] = {}


class Scheduling(Model):
    """On which nodes such pods can run."""

    node_selector: Annotated[Mapping[str, str], AtomicStruct()] = {}
    tolerations: tuple[Toleration, ...] = ()


class RuntimeClass(
    Resource,
    group="node.k8s.io",
    version="v1",
    plural="runtimeclasses",
    any_finalizer=True,
    allows_unconditional_update=False,
    allows_create_on_update=True,
    namespaced=False,
    generation_of=(),
    columns=(NAME, Column("Handler", lambda class_: class_.handler), AGE),
):
    handler: str = written(str)
    overhead: Overhead | None = None
    scheduling: Scheduling | None = None

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        if not self.handler:
            yield required("handler")
        elif problem := dns_label_error(self.handler):
            yield invalid_value("handler", self.handler, problem)
        if self.overhead is not None:
            fixed = ResourceRequirements(limits=self.overhead.pod_fixed)
            yield from container_resource_errors(fixed, (), "overhead")
        if self.scheduling is not None:
            yield from _scheduling_errors(self.scheduling, "scheduling")
        if old is not None:
            yield from immutable_errors(self.handler, old.handler, "handler")

    def warnings(self) -> Iterable[str]:
        for label in self.scheduling.node_selector if self.scheduling else ():
            if label in DEPRECATED_LABELS:
                yield f"scheduling.nodeSelector: {DEPRECATED_LABELS[label]}"


def _scheduling_errors(scheduling: Scheduling, path: str) -> Errors:
    yield from label_errors(scheduling.node_selector, f"{path}.nodeSelector")
    yield from toleration_errors(scheduling.tolerations, f"{path}.tolerations")
    for index, toleration in enumerate(scheduling.tolerations):
        if toleration in scheduling.tolerations[:index]:
            yield duplicate_value(f"{path}.tolerations[{index}]", go_struct(toleration))
