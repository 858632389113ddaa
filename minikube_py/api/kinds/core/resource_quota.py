"""ResourceQuota: how much the objects of a namespace may use together.

Kubernetes: pkg/registry/core/resourcequota/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.resource_validation import is_counted_in_units, quota_name_errors
from minikube_py.api.kinds.field_checks import NOT_NEGATIVE, Errors
from minikube_py.api.markers import OneOf
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Quantity
from minikube_py.api.validation import FieldError, invalid_value, required

_SCOPES = ("BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass",
           "Terminating", "VolumeAttributesClass")  # fmt: skip

_PLAIN_SCOPES = ("BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "Terminating")


class ScopedResourceSelectorRequirement(Model):
    scope_name: Annotated[str, OneOf(*_SCOPES)] = written(str)
    operator: Annotated[str, OneOf("DoesNotExist", "Exists", "In", "NotIn")] = written(str)
    values: tuple[str, ...] = ()


class ScopeSelector(Model):
    """Which objects count, by what they are like."""

    is_atomic: ClassVar[bool] = True

    match_expressions: tuple[ScopedResourceSelectorRequirement, ...] = ()


class ResourceQuotaSpec(Model):
    """How much of each resource there may be."""

    hard: Mapping[str, Quantity] = {}
    scopes: tuple[str, ...] = ()
    scope_selector: ScopeSelector | None = None


class ResourceQuotaStatus(Model):
    """How much of it is used."""

    hard: Mapping[str, Quantity] = {}
    used: Mapping[str, Quantity] = {}


class ResourceQuota(
    Resource,
    version="v1",
    plural="resourcequotas",
    short_names=("quota",),
    generation_of=(),
    returns_deleted_object=True,
    columns=(
        NAME,
        Column("Request", lambda quota: _usage(quota.status, limits=False)),
        Column("Limit", lambda quota: _usage(quota.status, limits=True)),
        AGE,
    ),
):
    spec: ResourceQuotaSpec = written(ResourceQuotaSpec)
    status: ResourceQuotaStatus = written(ResourceQuotaStatus)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from _amount_errors(self.spec.hard, "spec.hard")
        yield from _scope_errors(self.spec, "spec")
        if old is not None and set(self.spec.scopes) != set(old.spec.scopes):
            yield invalid_value("spec.scopes", self.spec.scopes or None, "field is immutable")

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        yield from _amount_errors(self.status.hard, "status.hard")
        yield from _amount_errors(self.status.used, "status.used")


def _amount_errors(amounts: Mapping[str, Quantity], path: str) -> Errors:
    for name, amount in amounts.items():
        yield from quota_name_errors(name, f"{path}[{name}]")
        if amount.startswith("-"):
            yield invalid_value(f"{path}[{name}]", amount, NOT_NEGATIVE)
        if is_counted_in_units(name) and amount.value % 1:
            yield invalid_value(f"{path}[{name}]", amount, "must be an integer")


def _scope_errors(spec: ResourceQuotaSpec, path: str) -> Errors:
    for scope in spec.scopes:
        if scope not in _SCOPES:
            yield invalid_value(f"{path}.scopes", spec.scopes, "unsupported scope")
        elif any(not _fits(scope, resource) for resource in spec.hard):
            yield invalid_value(f"{path}.scopes", spec.scopes, "unsupported scope applied to resource")
    for pair in ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"}):
        if pair <= set(spec.scopes):
            yield invalid_value(f"{path}.scopes", spec.scopes, "conflicting scopes")
    if spec.scope_selector is not None:
        for requirement in spec.scope_selector.match_expressions:
            yield from _requirement_errors(requirement, f"{path}.scopeSelector.matchExpressions")


def _fits(scope: str, resource: str) -> bool:
    """Whether what a resource counts can be of a scope: of pods that ask for nothing only the number can be counted."""
    if scope == "BestEffort":
        return resource in ("pods", "count/pods")
    if scope == "VolumeAttributesClass":
        return resource in ("persistentvolumeclaims", "requests.storage", "count/persistentvolumeclaims")
    return resource in _OF_PODS or resource.startswith(("hugepages-", "requests.hugepages-", "limits.hugepages-"))


_OF_PODS = {"pods", "count/pods", "cpu", "memory", "ephemeral-storage"} | {
    f"{kind}.{name}" for kind in ("requests", "limits") for name in ("cpu", "memory", "ephemeral-storage")
}


def _requirement_errors(requirement: ScopedResourceSelectorRequirement, path: str) -> Errors:
    if requirement.scope_name not in _SCOPES:
        yield invalid_value(f"{path}.scopeName", requirement.scope_name, "unsupported scope")
    takes_values = requirement.operator in ("In", "NotIn")
    if requirement.scope_name in _PLAIN_SCOPES and requirement.operator != "Exists":
        why = (
            "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
            "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or "
            "ResourceQuotaScopeCrossNamespacePodAffinity"
        )
        yield invalid_value(f"{path}.operator", requirement.operator, why)
    if takes_values and not requirement.values:
        why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
        yield required(f"{path}.values", why)
    elif requirement.values and requirement.operator in ("Exists", "DoesNotExist"):
        why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
        yield invalid_value(f"{path}.values", requirement.values, why)
    elif requirement.operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
        yield invalid_value(f"{path}.operator", requirement.operator, "not a valid selector operator")


def _usage(status: ResourceQuotaStatus, *, limits: bool) -> str:
    """`cpu: 1/4, memory: 1Gi/8Gi` of what is asked for, or of the limits."""
    names = [name for name in sorted(status.hard) if name.startswith("limits.") == limits]
    return ", ".join(f"{name}: {status.used.get(name, '0')}/{status.hard[name]}" for name in names)
