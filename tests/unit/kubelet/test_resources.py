"""Quality of service and cgroup values."""

from typing import Any

import pytest

from minikube_py.kubelet.backoff import Backoff, duration_text, grow
from minikube_py.kubelet.resources import cgroup_parent, cgroup_resources, qos_class
from tests.support.pods import UID, make_pod


def container(limits: dict[str, str] | None = None, requests: dict[str, str] | None = None) -> dict[str, Any]:
    return {"name": "c", "resources": {"limits": limits or {}, "requests": requests or {}}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (container(), "BestEffort"),
        (container({"cpu": "0"}), "BestEffort"),
        (container({"cpu": "1", "memory": "1Gi"}), "Guaranteed"),
        (container({"cpu": "1", "memory": "1Gi"}, {"cpu": "1000m", "memory": "1024Mi"}), "Guaranteed"),
        (container({"cpu": "1", "memory": "1Gi"}, {"cpu": "500m", "memory": "1Gi"}), "Burstable"),
        (container({"memory": "1Gi"}), "Burstable"),
        (container(None, {"cpu": "1"}), "Burstable"),
    ],
)
def test_quality_of_service(given: dict[str, Any], expected: str) -> None:
    assert qos_class(make_pod(given)) == expected


def test_one_container_without_limits_makes_the_pod_burstable() -> None:
    pod = make_pod(container({"cpu": "1", "memory": "1Gi"}), {"name": "d"})
    assert qos_class(pod) == "Burstable"
    assert cgroup_parent(pod) == f"burstable/pod{UID}"


def test_requests_become_shares_and_limits_become_quota() -> None:
    pod = make_pod(container({"cpu": "500m", "memory": "64Mi"}, {"cpu": "250m"}))
    resources = cgroup_resources(pod, pod.spec.containers[0], 4 << 30)
    assert (resources.cpu_shares, resources.cpu_quota_us, resources.cpu_period_us) == (256, 50_000, 100_000)
    assert resources.memory_limit_bytes == 64 << 20
    assert resources.oom_score_adj == 985


def test_without_anything_the_least_shares_and_no_limit() -> None:
    pod = make_pod()
    resources = cgroup_resources(pod, pod.spec.containers[0], 4 << 30)
    assert (resources.cpu_shares, resources.cpu_quota_us, resources.memory_limit_bytes) == (2, 0, 0)
    assert resources.oom_score_adj == 1000


def test_back_off_doubles_up_to_five_minutes_and_is_forgotten_after_ten() -> None:
    backoff: Backoff | None = None
    now, waits = 0.0, []
    for _ in range(7):
        backoff = grow(backoff, now, now)
        waits.append(backoff.wait_s)
        now = backoff.ready_at(now)
    assert waits == [10, 20, 40, 80, 160, 300, 300]
    assert backoff is not None
    assert grow(backoff, now + 700, now + 700).wait_s == 10


@pytest.mark.parametrize(("seconds", "text"), [(10, "10s"), (80, "1m20s"), (160, "2m40s"), (300, "5m0s")])
def test_durations_read_as_in_go(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
