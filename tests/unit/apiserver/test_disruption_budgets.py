"""Which evictions a disruption budget lets through, and what it says of itself afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.policy.pod_disruption_budget import PodDisruptionBudget
from minikube_py.api.status import TooManyRequests
from minikube_py.apiserver.subresources.disruption_budgets import budget_of, charged, is_free

SELECTOR = {"matchLabels": {"app": "web"}}


def pod(phase: str = "Running", *, ready: bool = True, app: str = "web") -> Pod:
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return Pod.from_dict(
        {"metadata": {"name": "p", "labels": {"app": app}}, "status": {"phase": phase, "conditions": conditions}}
    )


def budget(allowed: int = 1, **changes: Any) -> PodDisruptionBudget:
    status = {"disruptionsAllowed": allowed, "currentHealthy": 3, "desiredHealthy": 2, "observedGeneration": 2}
    conditions = [{"type": "DisruptionAllowed", "status": "True", "reason": "SufficientPods"}]
    return PodDisruptionBudget.from_dict(
        {
            "metadata": {"name": "b", "generation": 2},
            "spec": {"selector": SELECTOR, **changes.pop("spec", {})},
            "status": {**status, "conditions": conditions, **changes},
        }
    )


def test_only_pods_that_run_count_against_a_budget_that_selects_them() -> None:
    assert budget_of(pod(), [budget()]) == budget()
    assert budget_of(pod(app="other"), [budget()]) is None
    assert budget_of(pod(), [budget(spec={"selector": None})]) is None
    assert budget_of(pod(app="other"), [budget(spec={"selector": {}})]) is not None
    for phase in ("Pending", "Succeeded", "Failed"):
        assert budget_of(pod(phase), [budget()]) is None


def test_a_pod_that_is_not_ready_is_free_where_enough_others_are() -> None:
    assert not is_free(pod(), budget())
    assert is_free(pod(ready=False), budget())
    assert not is_free(pod(ready=False), budget(currentHealthy=1))
    always = budget(currentHealthy=1, spec={"unhealthyPodEvictionPolicy": "AlwaysAllow"})
    assert is_free(pod(ready=False), always)


def test_an_eviction_is_counted_and_the_last_one_says_so() -> None:
    status = charged(budget(2), pod()).status
    assert (status.disruptions_allowed, set(status.disrupted_pods)) == (1, {"p"})
    assert status.conditions[0].status == "True"
    last = charged(budget(1), pod()).status
    assert (last.disruptions_allowed, last.conditions[0].reason) == (0, "InsufficientPods")


def test_what_is_refused_says_why_and_when_to_ask_again() -> None:
    with pytest.raises(TooManyRequests) as refused:
        charged(budget(0), pod())
    (cause,) = refused.value.to_status()["details"]["causes"]
    assert cause["message"] == "The disruption budget b needs 2 healthy pods and has 3 currently"
    assert cause["reason"] == "DisruptionBudget"
    with pytest.raises(TooManyRequests) as early:
        charged(budget(1, observedGeneration=1), pod())
    assert early.value.retry_after_s == 10
