"""Disruption budgets: what their status says, and which evictions they refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.policy.pod_disruption_budget import PodDisruptionBudget
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.status import InternalError, TooManyRequests
from minikube_py.client.client import Client
from tests.support.control_plane import control_plane, write_signing_key
from tests.support.eventually import eventually

REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    def is_not_slow(pod: Pod) -> bool:
        return "slow" not in pod.metadata.labels

    async with control_plane(write_signing_key(tmp_path / "sa.key"), becomes_ready=is_not_slow) as connected:
        yield connected


def replica_set(replicas: int) -> ReplicaSet:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "v1"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return ReplicaSet.from_dict({"metadata": {"name": "web", "namespace": "default"}, "spec": spec})


def budget(name: str, **amount: int | str) -> PodDisruptionBudget:
    spec = {"selector": {"matchLabels": {"app": "web"}}, **amount}
    return PodDisruptionBudget.from_dict({"metadata": {"name": name, "namespace": "default"}, "spec": spec})


async def allowed(client: Client, name: str) -> tuple[int, int]:
    status = (await client.get(PodDisruptionBudget, name, namespace="default")).status
    return status.disruptions_allowed, status.current_healthy


async def test_a_budget_lets_as_many_go_as_it_allows_and_then_refuses(client: Client) -> None:
    await client.create(replica_set(3))
    await client.create(budget("web", maxUnavailable="33%"))
    await eventually(lambda: _is(client, "web", (1, 3)))
    pods = (await client.list(Pod, namespace="default")).items
    await client.evict(pods[0], options=DeleteOptions(dry_run=("All",)))
    await client.evict(pods[0])
    with pytest.raises(TooManyRequests, match=REFUSED):
        await client.evict(pods[1])
    await eventually(lambda: _is(client, "web", (1, 3)))


async def test_a_pod_with_two_budgets_is_never_evicted(client: Client) -> None:
    await client.create(replica_set(1))
    await client.create(budget("one", minAvailable=0))
    await client.create(budget("two", minAvailable=0))
    await eventually(lambda: _is(client, "two", (1, 1)))
    (pod,) = (await client.list(Pod, namespace="default")).items
    with pytest.raises(InternalError, match="more than one PodDisruptionBudget"):
        await client.evict(pod)


async def _is(client: Client, name: str, expected: tuple[int, int]) -> bool:
    return await allowed(client, name) == expected
