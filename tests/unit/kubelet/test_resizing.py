"""Other resources for a running pod: what the worker does about them, in simulated containers and virtual time."""

from typing import Any

import pytest

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.runtime.interface import ContainerState
from tests.support.kubelet_node import SimulatedNode
from tests.support.pods import make_pod
from tests.unit.kubelet.test_pod_worker import passing

pytestmark = pytest.mark.looptime


def pod_with(cpu: str, memory: str = "64Mi", *, restarts_for: str = "") -> Pod:
    amounts = {"cpu": cpu, "memory": memory}
    container: dict[str, Any] = {"name": "c", "resources": {"limits": amounts, "requests": amounts}}
    if restarts_for:
        container["resizePolicy"] = [{"resourceName": restarts_for, "restartPolicy": "RestartContainer"}]
    return make_pod(container)


async def test_limits_change_under_the_running_container() -> None:
    node = SimulatedNode()
    async with node.worker(pod_with("100m")) as worker:
        await passing(1)
        (before,) = await node.runtime.list_containers()
        worker.update(pod_with("200m", "128Mi"))
        await passing(1)
        (after,) = await node.runtime.list_containers()
    said = [{each.type for each in status.conditions} for status in node.said.statuses]
    assert any("PodResizeInProgress" in types for types in said)
    assert "PodResizeInProgress" not in said[-1]
    assert (after.id, after.state) == (before.id, ContainerState.RUNNING)
    assert (before.resources.cpu_quota_us, after.resources.cpu_quota_us) == (10_000, 20_000)
    assert after.resources.memory_limit_bytes == 128 * 1024 * 1024
    shown = node.said.last.container_statuses[0]
    assert shown.restart_count == 0
    assert shown.resources is not None
    assert shown.resources.to_dict()["limits"] == {"cpu": "200m", "memory": "128Mi"}


async def test_a_container_that_wants_it_is_restarted_for_a_change_of_that_resource_only() -> None:
    node = SimulatedNode()
    async with node.worker(pod_with("100m", restarts_for="memory")) as worker:
        await passing(1)
        worker.update(pod_with("200m", restarts_for="memory"))
        await passing(1)
        assert node.said.last.container_statuses[0].restart_count == 0
        worker.update(pod_with("200m", "128Mi", restarts_for="memory"))
        await passing(40)
    shown = node.said.last.container_statuses[0]
    assert (shown.restart_count, shown.state.running is not None) == (1, True)
    running = [each for each in await node.runtime.list_containers() if each.state is ContainerState.RUNNING]
    assert running[0].resources.memory_limit_bytes == 128 * 1024 * 1024


async def test_what_is_more_than_the_node_has_is_said_and_not_done_until_it_is_asked_for_no_longer() -> None:
    node = SimulatedNode()
    async with node.worker(pod_with("100m")) as worker:
        await passing(1)
        worker.update(pod_with("5"))
        await passing(1)
        pending = {each.type: each for each in node.said.last.conditions}["PodResizePending"]
        said = "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000"
        assert (pending.status, pending.reason, pending.message) == ("True", "Infeasible", said)
        shown = node.said.last.container_statuses[0].resources
        assert shown is not None
        assert shown.to_dict()["limits"]["cpu"] == "100m"
        worker.update(pod_with("100m"))
        await passing(1)
    assert "PodResizePending" not in {each.type for each in node.said.last.conditions}
    (container,) = await node.runtime.list_containers()
    assert container.resources.cpu_quota_us == 10_000
