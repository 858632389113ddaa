"""What a PodDisruptionBudget's status says of its pods. Pure.

    allowed = healthy - needed

A pod that somebody was just allowed to evict counts as gone until it is, or until two minutes have passed.

Kubernetes: pkg/controller/disruption/disruption.go (trySync, countHealthyPods, buildDisruptedPodMap)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.policy.pod_disruption_budget import PodDisruptionBudget, PodDisruptionBudgetStatus
from minikube_py.api.meta import Condition
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.controllers.amounts import in_pods
from minikube_py.machinery.conditions import find_condition, is_ready, with_condition

DELETION_S = 120.0
"""How long an evicted pod has before it counts as one that stays."""
ALLOWED = "DisruptionAllowed"


@dataclass(frozen=True, slots=True)
class Expectation:
    """How many pods there should be, and how many of them must be healthy."""

    pods: int
    healthy: int


def is_share_of_scale(budget: PodDisruptionBudget) -> bool:
    """Whether the amount needs to be known against what the pods' controllers want, not what there is."""
    return budget.spec.max_unavailable is not None or isinstance(budget.spec.min_available, str)


def expectation(budget: PodDisruptionBudget, pods: int, scale: int) -> Expectation:
    """`pods` is how many there are, `scale` how many their controllers want."""
    spec = budget.spec
    if spec.max_unavailable is not None:
        return Expectation(scale, max(0, scale - in_pods(spec.max_unavailable, scale, is_rounded_up=True)))
    expected = scale if is_share_of_scale(budget) else pods
    return Expectation(expected, in_pods(spec.min_available, expected, is_rounded_up=True))


def still_disrupted(budget: PodDisruptionBudget, pods: Sequence[Pod], now_s: float) -> Mapping[str, Time]:
    """Of the pods that were evicted, those that do not yet show it."""
    evicted = budget.status.disrupted_pods
    return {
        pod.metadata.name: evicted[pod.metadata.name]
        for pod in pods
        if pod.metadata.name in evicted
        and pod.metadata.deletion_timestamp is None
        and evicted[pod.metadata.name].epoch_s + DELETION_S > now_s
    }


def status_of(
    budget: PodDisruptionBudget, pods: Sequence[Pod], wanted: Expectation, now_s: float
) -> PodDisruptionBudgetStatus:
    disrupted = still_disrupted(budget, pods, now_s)
    healthy = sum(
        pod.metadata.deletion_timestamp is None and pod.metadata.name not in disrupted and is_ready(pod) for pod in pods
    )
    allowed = max(0, healthy - wanted.healthy) if wanted.pods else 0
    status = replace(
        budget.status,
        observed_generation=budget.metadata.generation,
        disrupted_pods=disrupted,
        disruptions_allowed=allowed,
        current_healthy=healthy,
        desired_healthy=wanted.healthy,
        expected_pods=wanted.pods,
    )
    return _with_reason(budget, status, "SufficientPods" if allowed else "InsufficientPods", "", now_s)


def failed_status(budget: PodDisruptionBudget, why: str, now_s: float) -> PodDisruptionBudgetStatus:
    """Nothing may go while it is not known how many must stay."""
    status = replace(budget.status, observed_generation=budget.metadata.generation, disruptions_allowed=0)
    return _with_reason(budget, status, "SyncFailed", why, now_s)


def next_look_in_s(status: PodDisruptionBudgetStatus, now_s: float) -> float | None:
    """When the first of the evicted pods counts again as one that stays."""
    return min((max(0.0, since.epoch_s + DELETION_S - now_s) for since in status.disrupted_pods.values()), default=None)


def _with_reason(
    budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus, reason: str, message: str, now_s: float
) -> PodDisruptionBudgetStatus:
    state = "True" if reason == "SufficientPods" else "False"
    old = find_condition(status.conditions, ALLOWED)
    since = old.last_transition_time if old is not None and old.status == state else Time.at(now_s)
    condition = Condition(
        type=ALLOWED,
        status=state,
        reason=reason,
        message=message,
        observed_generation=budget.metadata.generation,
        last_transition_time=since,
    )
    return replace(status, conditions=with_condition(status.conditions, condition))
