"""Conditions: reading and changing the `conditions` of any status, and what the conditions of a pod mean.

Kubernetes: pkg/api/v1/pod/util.go, the `SetCondition` functions of each controller
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.scalars import Time


class AnyCondition(Protocol):
    """What the conditions of all kinds have in common."""

    @property
    def type(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def message(self) -> str: ...


C = TypeVar("C", bound=AnyCondition)


def find_condition(conditions: Iterable[C], kind: str) -> C | None:
    return next((condition for condition in conditions if condition.type == kind), None)


def without_condition(conditions: Iterable[C], kind: str) -> tuple[C, ...]:
    return tuple(condition for condition in conditions if condition.type != kind)


def with_condition(conditions: Iterable[C], new: C) -> tuple[C, ...]:
    """The conditions with `new` in the place of the one of its type, or at the end."""
    old = tuple(conditions)
    if find_condition(old, new.type) is None:
        return (*old, new)
    return tuple(new if condition.type == new.type else condition for condition in old)


def is_ready(pod: Pod) -> bool:
    condition = find_condition(pod.status.conditions, "Ready")
    return condition is not None and condition.status == "True"


def is_terminal(pod: Pod) -> bool:
    """Whether the pod has ended and will never run again."""
    return pod.status.phase in ("Succeeded", "Failed")


def is_active(pod: Pod) -> bool:
    """Whether the pod counts as a replica: it has not ended and is not being deleted."""
    return not is_terminal(pod) and pod.metadata.deletion_timestamp is None


def available_in_s(pod: Pod, min_ready_s: int, now_s: float) -> float | None:
    """How long until the pod has been ready for `min_ready_s`: 0 when it is available, None when it is not ready."""
    condition = find_condition(pod.status.conditions, "Ready")
    if condition is None or condition.status != "True":
        return None
    if min_ready_s == 0:
        return 0.0
    since: Time | None = condition.last_transition_time
    return None if since is None else max(0.0, since.epoch_s + min_ready_s - now_s)


def next_available_in_s(pods: Iterable[Pod], min_ready_s: int, now_s: float) -> float | None:
    """How long until the next ready pod counts as available; None when there is none to wait for."""
    waits = (available_in_s(pod, min_ready_s, now_s) for pod in pods)
    return min((wait for wait in waits if wait), default=None)
