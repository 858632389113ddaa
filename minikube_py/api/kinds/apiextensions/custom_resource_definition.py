"""CustomResourceDefinition: a kind that the user brings.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import NAME
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.apiextensions.definition_spec import (
    CustomResourceConversion,
    CustomResourceDefinitionCondition,
    CustomResourceDefinitionSpec,
    CustomResourceDefinitionStatus,
)
from minikube_py.api.kinds.apiextensions.validation import (
    approval_errors,
    definition_errors,
    stored_version_errors,
)
from minikube_py.api.markers import Required
from minikube_py.api.model import replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.validation import FieldError

FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
"""Holds a definition that is to be deleted until its objects are gone."""


class CustomResourceDefinition(
    Resource,
    group="apiextensions.k8s.io",
    version="v1",
    plural="customresourcedefinitions",
    namespaced=False,
    short_names=("crd", "crds"),
    categories=("api-extensions",),
    allows_unconditional_update=False,
    any_finalizer=True,
    columns=(NAME, Column("Created At", lambda o: o.metadata.creation_timestamp, type="date")),
):
    spec: Annotated[CustomResourceDefinitionSpec, Required()] = written(CustomResourceDefinitionSpec)
    status: CustomResourceDefinitionStatus = written(CustomResourceDefinitionStatus)

    def defaulted(self) -> Self:
        names = self.spec.names
        names = filled(names, singular=names.kind.lower(), list_kind=f"{names.kind}List" if names.kind else "")
        conversion = self.spec.conversion or CustomResourceConversion(strategy="None")
        return changed(self, spec=changed(self.spec, names=names, conversion=conversion))

    def prepare_for_create(self) -> Self:
        stored = tuple(version.name for version in self.spec.versions if version.storage)
        return replace(self, status=CustomResourceDefinitionStatus(stored_versions=stored))

    def prepare_for_update(self, old: Self) -> Self:
        stored = tuple(version.name for version in self.spec.versions if version.storage)
        known = old.status.stored_versions or ()
        added = tuple(name for name in stored if name not in known)
        return replace(self, status=replace(self.status, stored_versions=known + added)) if added else self

    def deleting(self) -> Self:
        condition = CustomResourceDefinitionCondition(
            type="Terminating",
            status="True",
            last_transition_time=Time.now(),
            reason="InstanceDeletionPending",
            message="CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
        )
        finalizers = tuple(each for each in self.metadata.finalizers if each != FINALIZER)
        others = tuple(each for each in self.status.conditions or () if each.type != condition.type)
        return replace(
            self,
            metadata=replace(self.metadata, finalizers=(*finalizers, FINALIZER)),
            status=replace(self.status, conditions=(*others, condition)),
        )

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from approval_errors(self.spec.group, self.metadata.annotations)
        yield from definition_errors(self.spec, self.metadata.name, old.spec if old else None)
        yield from stored_version_errors(self.spec, self.status.stored_versions or ())
