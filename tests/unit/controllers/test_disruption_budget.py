"""How many pods a disruption budget lets go."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.policy.pod_disruption_budget import PodDisruptionBudget
from minikube_py.api.scalars import Time
from minikube_py.controllers.disruption.budget import (
    DELETION_S,
    Expectation,
    expectation,
    failed_status,
    next_look_in_s,
    status_of,
)

NOW_S = 1_000_000.0


def budget(spec: dict[str, Any], **status: Any) -> PodDisruptionBudget:
    return PodDisruptionBudget.from_dict({"metadata": {"name": "b", "generation": 3}, "spec": spec, "status": status})


def pod(name: str, *, ready: bool = True, is_ending: bool = False) -> Pod:
    metadata: dict[str, Any] = {"name": name}
    if is_ending:
        metadata["deletionTimestamp"] = Time.at(NOW_S)
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return Pod.from_dict({"metadata": metadata, "status": {"phase": "Running", "conditions": conditions}})


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"minAvailable": 2}, Expectation(3, 2)),
        ({"minAvailable": "50%"}, Expectation(5, 3)),
        ({"maxUnavailable": 1}, Expectation(5, 4)),
        ({"maxUnavailable": "30%"}, Expectation(5, 3)),
        ({"maxUnavailable": 9}, Expectation(5, 0)),
        ({}, Expectation(3, 0)),
    ],
)
def test_shares_are_of_what_is_wanted_and_numbers_of_what_is_there(spec: dict[str, Any], expected: Expectation) -> None:
    assert expectation(budget(spec), pods=3, scale=5) == expected


def test_only_ready_pods_that_stay_count() -> None:
    pods = [pod("a"), pod("b"), pod("c", ready=False), pod("d", is_ending=True)]
    status = status_of(budget({"minAvailable": 1}), pods, Expectation(4, 1), NOW_S)
    assert (status.current_healthy, status.disruptions_allowed, status.expected_pods) == (2, 1, 4)
    assert status.observed_generation == 3
    (condition,) = status.conditions
    assert (condition.status, condition.reason) == ("True", "SufficientPods")


def test_an_evicted_pod_counts_as_gone_until_its_time_is_over() -> None:
    old = budget({"minAvailable": 1}, disruptedPods={"a": Time.at(NOW_S), "gone": Time.at(NOW_S)})
    pods = [pod("a"), pod("b")]
    status = status_of(old, pods, Expectation(2, 1), NOW_S + 1)
    assert (status.current_healthy, status.disruptions_allowed) == (1, 0)
    assert list(status.disrupted_pods) == ["a"]
    assert next_look_in_s(status, NOW_S + 1) == DELETION_S - 1
    later = status_of(old, pods, Expectation(2, 1), NOW_S + DELETION_S)
    assert (later.current_healthy, dict(later.disrupted_pods)) == (2, {})
    assert next_look_in_s(later, NOW_S + DELETION_S) is None


def test_a_condition_keeps_its_time_while_it_holds() -> None:
    pods = [pod("a")]
    first = status_of(budget({"minAvailable": 1}), pods, Expectation(1, 1), NOW_S)
    second = budget({"minAvailable": 1}, **first.to_dict())
    assert status_of(second, pods, Expectation(1, 1), NOW_S + 60).conditions == first.conditions
    changed = status_of(second, [pod("a"), pod("b")], Expectation(2, 1), NOW_S + 60)
    assert changed.conditions[0].last_transition_time == Time.at(NOW_S + 60)


def test_nothing_may_go_while_it_is_unknown_how_many_must_stay() -> None:
    status = failed_status(budget({"maxUnavailable": 1}, disruptionsAllowed=2), "no controller", NOW_S)
    assert status.disruptions_allowed == 0
    assert (status.conditions[0].reason, status.conditions[0].message) == ("SyncFailed", "no controller")
