"""Conditions: how one observation is set in a list of them without disturbing the others.

Kubernetes: apimachinery/pkg/api/meta/conditions.go
"""

from __future__ import annotations

from typing import TypeVar

from minikube_py.api.kinds.core.pod_status import PodCondition
from minikube_py.api.model import Model, replace
from minikube_py.api.scalars import Time

C = TypeVar("C", bound=Model)


def find_condition(conditions: tuple[C, ...], kind: str) -> C | None:
    """The condition of type `kind`."""
    return next((condition for condition in conditions if getattr(condition, "type", "") == kind), None)


def with_condition(
    conditions: tuple[PodCondition, ...], kind: str, status: str, *, reason: str = "", message: str = ""
) -> tuple[PodCondition, ...]:
    """A copy with one pod condition set; its transition time moves only when its status does."""
    found = find_condition(conditions, kind)
    if found is None:
        now = Time.now()
        new = PodCondition(type=kind, status=status, reason=reason, message=message, last_transition_time=now)
        return (*conditions, new)
    moved = Time.now() if found.status != status else found.last_transition_time
    changed = replace(found, status=status, reason=reason, message=message, last_transition_time=moved)
    return tuple(changed if condition is found else condition for condition in conditions)
