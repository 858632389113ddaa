"""PodDisruptionBudget: how many pods of a set may be evicted at one time.

Kubernetes: pkg/registry/policy/poddisruptionbudget/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.apps.validation import amount_errors, percentage
from minikube_py.api.kinds.field_checks import Errors, choice_errors, go_struct, label_selector_errors, negative_errors
from minikube_py.api.markers import MergeBy, NotRequired, OneOf, ReplacedByPatch
from minikube_py.api.meta import Condition, LabelSelector
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, IntOrString, Time
from minikube_py.api.validation import FieldError, invalid_value

_POLICIES = ("AlwaysAllow", "IfHealthyBudget")


class PodDisruptionBudgetSpec(Model):
    """Which pods are meant, and how many must stay or may go."""

    min_available: IntOrString | None = None
    selector: Annotated[LabelSelector | None, ReplacedByPatch()] = None
    max_unavailable: IntOrString | None = None
    unhealthy_pod_eviction_policy: Annotated[str | None, OneOf(*_POLICIES)] = None


class PodDisruptionBudgetStatus(Model):
    """How many pods there are, and how many may go now."""

    observed_generation: Int64 = 0
    disrupted_pods: Mapping[str, Time] = {}
    disruptions_allowed: Annotated[int, NotRequired()] = written(int)
    current_healthy: Annotated[int, NotRequired()] = written(int)
    desired_healthy: Annotated[int, NotRequired()] = written(int)
    expected_pods: Annotated[int, NotRequired()] = written(int)
    conditions: Annotated[tuple[Condition, ...], MergeBy("type", ("type",))] = ()


class PodDisruptionBudget(
    Resource,
    group="policy",
    version="v1",
    plural="poddisruptionbudgets",
    any_finalizer=True,
    allows_unconditional_update=False,
    short_names=("pdb",),
    columns=(
        NAME,
        Column("Min Available", lambda budget: _amount(budget.spec.min_available)),
        Column("Max Unavailable", lambda budget: _amount(budget.spec.max_unavailable)),
        Column("Allowed Disruptions", lambda budget: budget.status.disruptions_allowed, type="integer"),
        AGE,
    ),
):
    spec: PodDisruptionBudgetSpec = written(PodDisruptionBudgetSpec)
    status: PodDisruptionBudgetStatus = written(PodDisruptionBudgetStatus)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        spec = self.spec
        if spec.min_available is not None and spec.max_unavailable is not None:
            yield invalid_value("spec", go_struct(spec), "minAvailable and maxUnavailable cannot be both set")
        for name, amount in (("minAvailable", spec.min_available), ("maxUnavailable", spec.max_unavailable)):
            yield from _amount_errors(amount, f"spec.{name}")
        yield from label_selector_errors(spec.selector, "spec.selector")
        yield from choice_errors(spec.unhealthy_pod_eviction_policy, _POLICIES, "spec.unhealthyPodEvictionPolicy")

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        status = self.status
        yield from negative_errors(status.disruptions_allowed, "status.disruptionsAllowed")
        yield from negative_errors(status.current_healthy, "status.currentHealthy")
        yield from negative_errors(status.desired_healthy, "status.desiredHealthy")
        yield from negative_errors(status.expected_pods, "status.expectedPods")


def _amount_errors(amount: IntOrString | None, path: str) -> Errors:
    yield from amount_errors(amount, path)
    if percentage(amount) > 100:
        yield invalid_value(path, amount, "must not be greater than 100%")


def _amount(amount: IntOrString | None) -> str:
    return "N/A" if amount is None else str(amount)
