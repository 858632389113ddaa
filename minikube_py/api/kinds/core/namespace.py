"""Namespace: a scope for names; deleting it deletes everything inside.

Kubernetes: pkg/apis/core, pkg/registry/core/namespace/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.pod_security_standards import label_errors
from minikube_py.api.markers import MergeBy, NotRequired, OneOf
from minikube_py.api.model import Model, replace, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.validation import FieldError, dns_label_error, invalid_value, qualified_name_errors

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label by which namespace selectors can name one namespace."""

KUBERNETES = "kubernetes"
"""The finalizer of the namespace controller, which empties the namespace first."""


class NamespaceSpec(Model):
    """Who has to empty the namespace before it can go."""

    finalizers: tuple[str, ...] = ()


class NamespaceCondition(Model):
    type: str = written(str)
    status: str = written(str)
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()
    reason: str = ""
    message: str = ""


class NamespaceStatus(Model):
    """Whether the namespace is being deleted."""

    phase: Annotated[str, OneOf("Active", "Terminating")] = ""
    conditions: Annotated[tuple[NamespaceCondition, ...], MergeBy("type", ("type",))] = ()


class Namespace(
    Resource,
    version="v1",
    plural="namespaces",
    namespaced=False,
    short_names=("ns",),
    columns=(NAME, Column("Status", lambda namespace: namespace.status.phase), AGE),
    verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    generation_of=(),
    selectable_fields=("status.phase",),
):
    spec: NamespaceSpec = written(NamespaceSpec)
    status: NamespaceStatus = written(NamespaceStatus)

    def defaulted(self) -> Self:
        metadata = self.metadata
        if metadata.name and metadata.labels.get(NAME_LABEL) != metadata.name:
            metadata = replace(metadata, labels={**metadata.labels, NAME_LABEL: metadata.name})
        return changed(self, metadata=metadata, status=filled(self.status, phase="Active"))

    def prepare_for_create(self) -> Self:
        finalizers = self.spec.finalizers
        if KUBERNETES not in finalizers:
            finalizers = (*finalizers, KUBERNETES)
        return replace(
            self.defaulted(), spec=NamespaceSpec(finalizers=finalizers), status=NamespaceStatus(phase="Active")
        )

    def prepare_for_update(self, old: Self) -> Self:
        return replace(self, spec=replace(self.spec, finalizers=old.spec.finalizers))

    def deleting(self) -> Self:
        return replace(self, status=replace(self.status, phase="Terminating"))

    def may_be_removed(self) -> bool:
        return not self.metadata.finalizers and not self.spec.finalizers

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        for finalizer in self.spec.finalizers:
            for problem in qualified_name_errors(finalizer):
                yield invalid_value("spec.finalizers", finalizer, problem)
            if "/" not in finalizer and finalizer != KUBERNETES:
                why = "name is neither a standard finalizer name nor is it fully qualified"
                yield invalid_value("spec.finalizers", finalizer, why)
        yield from label_errors(self.metadata.labels, old.metadata.labels if old is not None else {})

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        is_ending, phase = self.metadata.deletion_timestamp is not None, self.status.phase
        if phase != ("Terminating" if is_ending else "Active"):
            why = f"may only be '{'Terminating' if is_ending else 'Active'}' if `deletionTimestamp` is "
            yield invalid_value("status.Phase", phase, why + ("not empty" if is_ending else "empty"))

    @classmethod
    def name_error(cls, name: str, *, prefix: bool) -> str:
        return dns_label_error(name, prefix=prefix)
