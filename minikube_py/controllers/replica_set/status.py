"""What a ReplicaSet's status says of its pods. Pure.

Kubernetes: pkg/controller/replicaset/replica_set_utils.go (calculateStatus)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from minikube_py.api.kinds.apps.replica_set import ReplicaSet, ReplicaSetStatus
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.controllers.replica_set.replicated import Condition, Replicated, Status, condition_type, template_of
from minikube_py.machinery.conditions import available_in_s, find_condition, is_ready, with_condition, without_condition


@dataclass(frozen=True, slots=True)
class Failure:
    """Why pods could not be created or deleted."""

    reason: str
    message: str


@overload
def status_of(
    replica_set: ReplicaSet, pods: Sequence[Pod], terminating: int, failure: Failure | None, now_s: float
) -> ReplicaSetStatus: ...


@overload
def status_of(
    replica_set: Replicated, pods: Sequence[Pod], terminating: int, failure: Failure | None, now_s: float
) -> Status: ...


def status_of(
    replica_set: Replicated, pods: Sequence[Pod], terminating: int, failure: Failure | None, now_s: float
) -> Status:
    """The status that `pods` (the active ones) amount to."""
    template_labels = template_of(replica_set).metadata.labels.items()
    min_ready_s, status = replica_set.spec.min_ready_seconds, replica_set.status
    if isinstance(status, ReplicaSetStatus):
        status = replace(status, terminating_replicas=terminating)
    return replace(
        status,
        replicas=len(pods),
        fully_labeled_replicas=sum(template_labels <= pod.metadata.labels.items() for pod in pods),
        ready_replicas=sum(is_ready(pod) for pod in pods),
        available_replicas=sum(available_in_s(pod, min_ready_s, now_s) == 0 for pod in pods),
        observed_generation=replica_set.metadata.generation,
        conditions=_conditions(replica_set, failure, now_s),
    )


def _conditions(replica_set: Replicated, failure: Failure | None, now_s: float) -> tuple[Condition, ...]:
    conditions: tuple[Condition, ...] = replica_set.status.conditions
    current = find_condition(conditions, "ReplicaFailure")
    if failure is None:
        return without_condition(conditions, "ReplicaFailure")
    if current is not None and current.reason == failure.reason:
        return conditions
    new = condition_type(replica_set)(
        type="ReplicaFailure",
        status="True",
        last_transition_time=Time.at(now_s),
        reason=failure.reason,
        message=failure.message,
    )
    return with_condition(conditions, new)
