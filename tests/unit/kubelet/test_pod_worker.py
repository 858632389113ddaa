"""One pod's life under a worker, in simulated containers and virtual time."""

import asyncio
import logging

import pytest

from minikube_py.api.kinds.core.pod_status import PodStatus
from minikube_py.kubelet.pod_worker import PodWorker
from minikube_py.runtime.abilities import ExecResult
from minikube_py.runtime.behaviour import Behaviour
from minikube_py.runtime.interface import ContainerState, PullFailure
from tests.support.kubelet_node import EPOCH_S, SimulatedNode, deleted, virtual_now
from tests.support.pods import make_pod

pytestmark = pytest.mark.looptime

NGINX, BUSYBOX = "docker.io/library/nginx:latest", "docker.io/library/busybox:latest"


def shown(status: PodStatus) -> list[str]:
    """The state of each container in a word."""
    words = []
    for each in status.container_statuses:
        if each.state.running is not None:
            words.append("Running")
        elif each.state.terminated is not None:
            words.append(each.state.terminated.reason)
        elif each.state.waiting is not None:
            words.append(each.state.waiting.reason)
    return words


def told(caplog: pytest.LogCaptureFixture) -> list[object]:
    """The reasons of all events."""
    return [vars(record).get("reason") for record in caplog.records]


async def passing(seconds: float) -> None:
    """Let virtual time go by."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    loop.call_later(seconds, done.set_result, None)
    await done


async def test_a_pod_comes_up() -> None:
    node = SimulatedNode()
    async with node.worker(make_pod({"name": "a"}, {"name": "b"})):
        await passing(1)
    assert shown(node.said.statuses[0]) == ["ContainerCreating", "ContainerCreating"]
    assert shown(node.said.last) == ["Running", "Running"]
    assert (node.said.last.phase, node.said.last.pod_ip) == ("Running", "10.0.0.2")


async def test_a_crashing_container_is_restarted_ever_more_slowly() -> None:
    node = SimulatedNode({NGINX: Behaviour(exit_after_s=1, exit_codes=(1,))})
    events, starts = node.runtime.events(), []

    async def note_starts() -> None:
        async for event in events:
            if event.kind == "started":
                starts.append(round(virtual_now() - EPOCH_S))

    async with node.worker(make_pod({"name": "c"})), asyncio.TaskGroup() as group:
        group.create_task(note_starts())
        await passing(100)
        events.close()
    assert starts == [0, 1, 12, 33, 74]
    assert shown(node.said.last) == ["CrashLoopBackOff"]
    assert node.said.last.container_statuses[0].restart_count == 4


async def test_a_pull_that_fails_shows_its_cause_then_backs_off_then_succeeds() -> None:
    behaviours = {NGINX: Behaviour(pull_failure=PullFailure.NOT_FOUND)}
    node = SimulatedNode(behaviours)
    async with node.worker(make_pod({"name": "c"})):
        await passing(1)
        assert shown(node.said.last) == ["ErrImagePull"]
        await passing(4)
        assert shown(node.said.last) == ["ImagePullBackOff"]
        waiting = node.said.last.container_statuses[0].state.waiting
        assert waiting is not None
        assert waiting.message == f'Back-off pulling image "nginx": ErrImagePull: {NGINX}: not found'
        behaviours.clear()
        await passing(10)
        assert shown(node.said.last) == ["Running"]


async def test_a_missing_config_map_keeps_the_container_from_being_made() -> None:
    node = SimulatedNode()
    async with node.worker(make_pod({"name": "c", "envFrom": [{"configMapRef": {"name": "none"}}]})):
        await passing(1)
    waiting = node.said.last.container_statuses[0].state.waiting
    assert waiting is not None
    assert (waiting.reason, waiting.message) == ("CreateContainerConfigError", 'configmap "none" not found')
    assert node.said.last.pod_ip == "10.0.0.2"


async def test_a_missing_volume_source_keeps_the_sandbox_from_being_made(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    node = SimulatedNode()
    async with node.worker(make_pod({"name": "c"}, volumes=[{"name": "v", "configMap": {"name": "none"}}])):
        await passing(1)
    assert shown(node.said.last) == ["ContainerCreating"]
    assert node.said.last.pod_ip == ""
    told = [vars(record).get("event") for record in caplog.records]
    assert 'MountVolume.SetUp failed for volume "v" : configmap "none" not found' in told


async def test_a_pod_that_never_restarts_succeeds_and_gives_its_address_back() -> None:
    node = SimulatedNode({NGINX: Behaviour(exit_after_s=2)})
    async with node.worker(make_pod({"name": "c"}, restartPolicy="Never")):
        await passing(5)
    assert node.said.last.phase == "Succeeded"
    assert shown(node.said.last) == ["Completed"]
    assert node.said.finals == []
    (sandbox,) = node.world.sandboxes.values()
    assert sandbox.addresses == ()


async def test_liveness_restarts_and_readiness_takes_out_of_service() -> None:
    node = SimulatedNode({NGINX: Behaviour(probes={"liveness": (True, False), "readiness": (False, True)})})
    probe = {"periodSeconds": 1, "failureThreshold": 2, "tcpSocket": {"port": 80}}
    async with node.worker(make_pod({"name": "c", "livenessProbe": probe, "readinessProbe": probe})):
        await passing(0.5)
        assert not node.said.last.container_statuses[0].ready
        await passing(1)
        assert node.said.last.container_statuses[0].ready
        await passing(3)
        assert node.said.last.container_statuses[0].restart_count == 1


async def test_the_startup_probe_holds_the_others_back() -> None:
    node = SimulatedNode({NGINX: Behaviour(probes={"startup": (False, False, True), "liveness": (False,)})})
    startup = {"periodSeconds": 10, "failureThreshold": 5, "tcpSocket": {"port": 80}}
    liveness = {"periodSeconds": 1, "failureThreshold": 1, "tcpSocket": {"port": 80}}
    async with node.worker(make_pod({"name": "c", "startupProbe": startup, "livenessProbe": liveness})):
        await passing(15)
        assert node.said.last.container_statuses[0].started is False
        assert node.said.last.container_statuses[0].restart_count == 0
        await passing(8)
        assert node.said.last.container_statuses[0].restart_count == 1


async def test_a_deleted_pod_ends_says_so_and_is_removed_for_good() -> None:
    node = SimulatedNode()
    pod = make_pod({"name": "c"})
    async with node.worker(pod) as worker:
        await passing(1)
        worker.update(deleted(pod))
        await passing(1)
        assert node.said.last.phase == "Succeeded"
        assert node.said.finals == ["web"]
        assert node.world.sandboxes
        worker.remove()
        await passing(1)
        assert not node.world.sandboxes


async def test_a_container_that_ignores_the_stop_is_given_its_grace_and_no_more() -> None:
    node = SimulatedNode({NGINX: Behaviour(ignores_stop=True)})
    pod = make_pod({"name": "c"})
    async with node.worker(pod) as worker:
        await passing(1)
        worker.update(deleted(pod, 20))
        await passing(19)
        assert node.said.finals == []
        await passing(2)
        assert node.said.finals == ["web"]


async def test_a_shorter_grace_reaches_a_pod_that_is_already_ending() -> None:
    node = SimulatedNode({NGINX: Behaviour(ignores_stop=True)})
    pod = make_pod({"name": "c"})
    async with node.worker(pod) as worker:
        await passing(1)
        worker.update(deleted(pod, 3000))
        await passing(5)
        worker.update(deleted(pod, 1))
        await passing(2)
        assert node.said.finals == ["web"]


async def test_deletion_does_not_wait_for_a_slow_pull() -> None:
    node = SimulatedNode({NGINX: Behaviour(pull_delay_s=10_000)})
    pod = make_pod({"name": "c"})
    async with node.worker(pod) as worker:
        await passing(1)
        worker.update(deleted(pod))
        await passing(1)
        assert node.said.finals == ["web"]


async def test_a_new_worker_adopts_what_an_earlier_one_started() -> None:
    node = SimulatedNode()
    pod = make_pod({"name": "a"}, {"name": "b"})
    async with node.worker(pod):
        await passing(1)
    before = set(node.world.lives)
    async with node.worker(pod):
        await passing(5)
    assert set(node.world.lives) == before
    assert all(life.status.state is ContainerState.RUNNING for life in node.world.lives.values())
    assert shown(node.said.last) == ["Running", "Running"]


async def test_restart_counts_outlive_the_worker() -> None:
    node = SimulatedNode({NGINX: Behaviour(exit_after_s=1, exit_codes=(1, 1, 0))})
    pod = make_pod({"name": "c"}, restartPolicy="OnFailure")
    async with node.worker(pod):
        await passing(4)
    async with node.worker(pod):
        await passing(30)
    assert node.said.last.phase == "Succeeded"
    assert node.said.last.container_statuses[0].restart_count == 2


async def test_init_containers_run_before_and_sidecars_beside() -> None:
    node = SimulatedNode({BUSYBOX: Behaviour(exit_after_s=2)})
    init = ({"name": "side", "image": "nginx", "restartPolicy": "Always"}, {"name": "prepare"})
    pod = make_pod({"name": "c"}, init=init)
    async with node.worker(pod):
        await passing(1)
        assert [life.status.name for life in node.world.lives.values()] == ["side", "prepare"]
        await passing(3)
    assert shown(node.said.last) == ["Running"]
    assert [each.ready for each in node.said.last.init_container_statuses] == [True, True]


async def test_the_active_deadline_ends_the_pod_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    node = SimulatedNode()
    async with node.worker(make_pod({"name": "c"}, activeDeadlineSeconds=60)):
        await passing(59)
        assert node.said.last.phase == "Running"
        await passing(3)
    assert (node.said.last.phase, node.said.last.reason) == ("Failed", "DeadlineExceeded")
    assert told(caplog).count("DeadlineExceeded") == 1


async def test_a_start_that_fails_is_shown_and_tried_again() -> None:
    node = SimulatedNode({NGINX: Behaviour(start_failure="exec: no such file")})
    async with node.worker(make_pod({"name": "c"})):
        await passing(5)
    (container,) = node.said.last.container_statuses
    assert container.restart_count >= 1
    assert container.last_state.terminated is not None
    assert container.last_state.terminated.reason == "StartError"


async def test_a_sandbox_that_dies_is_replaced_and_an_event_says_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    node = SimulatedNode()
    async with node.worker(make_pod({"name": "c"})) as worker:
        await passing(1)
        [sandbox] = await node.runtime.list_sandboxes()
        await node.runtime.stop_sandbox(sandbox.id)
        worker.wake()
        await passing(30)
    assert shown(node.said.last) == ["Running"]
    assert told(caplog).count("SandboxChanged") == 1


async def test_a_failing_post_start_hook_kills_the_container(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    node = SimulatedNode({NGINX: Behaviour(exec={"prepare": ExecResult(1, b"", b"")})})
    hook = {"postStart": {"httpGet": {"port": 1, "host": "127.0.0.1"}}}
    async with node.worker(make_pod({"name": "c", "lifecycle": hook}, restartPolicy="Never")):
        await passing(5)
    assert "FailedPostStartHook" in told(caplog)
    assert node.said.last.phase in ("Succeeded", "Failed")


async def test_a_vanished_pod_leaves_nothing_behind() -> None:
    node = SimulatedNode()
    worker: PodWorker
    async with node.worker(make_pod({"name": "c"})) as worker:
        await passing(1)
        worker.remove()
        await passing(5)
    assert not node.world.sandboxes
    assert not node.world.lives
