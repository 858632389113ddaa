"""Whether the disruption budgets of a pod let it be evicted, and what a budget says after that. Pure.

The disruption controller says in a budget's status how many pods may go; each eviction takes one of them away.

Kubernetes: pkg/registry/core/pod/storage/eviction.go
"""

from __future__ import annotations

from collections.abc import Iterable

from minikube_py.api.conditions import find_condition
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.policy.pod_disruption_budget import PodDisruptionBudget
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.selectors import selector_of
from minikube_py.api.status import InternalError, TooManyRequests

_REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
_RETRY_AFTER_S = 10


def budget_of(pod: Pod, budgets: Iterable[PodDisruptionBudget]) -> PodDisruptionBudget | None:
    """The budget that an eviction of this pod counts against. Raises: InternalError when there are two."""
    if pod.status.phase in ("Pending", "Succeeded", "Failed") or pod.metadata.deletion_timestamp is not None:
        return None
    found = [budget for budget in budgets if selector_of(budget.spec.selector).matches(pod.metadata.labels)]
    if len(found) > 1:
        raise InternalError(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
    return found[0] if found else None


def is_free(pod: Pod, budget: PodDisruptionBudget) -> bool:
    """Whether the pod may go without being counted, as it is not ready and is missed by nobody."""
    if is_ready(pod):
        return False
    status = budget.status
    enough = status.current_healthy >= status.desired_healthy > 0
    return enough or budget.spec.unhealthy_pod_eviction_policy == "AlwaysAllow"


def is_ready(pod: Pod) -> bool:
    ready = find_condition(pod.status.conditions, "Ready")
    return ready is not None and ready.status == "True"


def charged(budget: PodDisruptionBudget, pod: Pod) -> PodDisruptionBudget:
    """The budget after this pod was allowed to go. Raises: TooManyRequests."""
    status = budget.status
    if status.observed_generation < budget.metadata.generation:
        raise not_now(budget)
    if status.disruptions_allowed == 0:
        needs, has = status.desired_healthy, status.current_healthy
        raise _refusal(
            f"The disruption budget {budget.metadata.name} needs {needs} healthy pods and has {has} currently", 0
        )
    left = status.disruptions_allowed - 1
    conditions = status.conditions
    if not left:
        insufficient = {"status": "False", "reason": "InsufficientPods", "last_transition_time": Time.now()}
        conditions = tuple(
            replace(each, **insufficient) if each.type == "DisruptionAllowed" else each for each in conditions
        )
    disrupted = {**status.disrupted_pods, pod.metadata.name: Time.now()}
    return replace(
        budget,
        status=replace(status, disruptions_allowed=left, disrupted_pods=disrupted, conditions=conditions),
    )


def not_now(budget: PodDisruptionBudget) -> TooManyRequests:
    """The budget's status does not speak of what is now."""
    text = f"The disruption budget {budget.metadata.name} is still being processed by the server."
    return _refusal(text, _RETRY_AFTER_S)


def _refusal(cause: str, retry_after_s: int) -> TooManyRequests:
    details: dict[str, object] = {"causes": [{"reason": "DisruptionBudget", "message": cause}]}
    if retry_after_s:
        details["retryAfterSeconds"] = retry_after_s
    return TooManyRequests(_REFUSED, details=details, retry_after_s=retry_after_s)
