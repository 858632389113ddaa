"""Scripts of simulated containers, on virtual time."""

import asyncio

import pytest

from minikube_py.network.simulated import SimulatedNetwork
from minikube_py.runtime.abilities import ExecResult
from minikube_py.runtime.behaviour import ANNOTATION_PREFIX, Behaviour, behaviour_of, parse_behaviour
from minikube_py.runtime.interface import (
    ContainerConfig,
    ContainerStartFailed,
    ContainerState,
    ImagePullFailed,
    PullFailure,
    RuntimeFault,
    SandboxConfig,
    SandboxFailed,
)
from minikube_py.runtime.simulated import SimulatedRuntime, SimulatedWorld

POD = SandboxConfig("uid", "web", "default")


async def started(runtime: SimulatedRuntime, script: str, attempt: int = 0) -> str:
    sandbox = await runtime.run_sandbox(POD)
    await runtime.pull_image("nginx")
    config = ContainerConfig("main", "nginx", attempt=attempt, annotations={ANNOTATION_PREFIX + "main": script})
    container_id = await runtime.create_container(sandbox.id, config)
    await runtime.start_container(container_id)
    return container_id


def make(world: SimulatedWorld | None = None, cidr: str = "10.0.0.0/8") -> SimulatedRuntime:
    return SimulatedRuntime(SimulatedNetwork(cidr), world)


def test_a_script_reads_as_written() -> None:
    text = (
        '{"exit_after_s": 5, "exit_codes": [1, 0], "probes": {"liveness": [true, false]}, "exec": {"ls /": [2, "x"]}}'
    )
    script = parse_behaviour(text, "here")
    assert [script.exit_code(attempt) for attempt in range(4)] == [1, 0, 0, 0]
    assert [script.probe("liveness", call) for call in range(3)] == [True, False, False]
    assert script.probe("readiness", 0) is True
    assert script.exec["ls /"] == ExecResult(2, b"x", b"")


@pytest.mark.parametrize("text", ["", "[]", '{"exit_codes": "x"}', '{"typo": 1}', '{"pull_failure": "never"}', "3"])
def test_a_script_that_makes_no_sense_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(RuntimeFault, match="some/annotation"):
        parse_behaviour(text, "some/annotation")


def test_a_containers_own_script_wins_over_the_pods() -> None:
    annotations = {ANNOTATION_PREFIX + "all": '{"exit_codes": [1]}', ANNOTATION_PREFIX + "main": '{"exit_codes": [2]}'}
    own, other = behaviour_of("main", annotations), behaviour_of("side", annotations)
    assert own is not None
    assert other is not None
    assert (own.exit_code(0), other.exit_code(0)) == (2, 1)
    assert behaviour_of("main", {}) is None


@pytest.mark.looptime
async def test_a_life_of_an_hour_takes_no_time() -> None:
    runtime = make()
    container_id = await started(runtime, '{"start_delay_s": 60, "exit_after_s": 3600, "exit_codes": [4, 0]}')
    stream = runtime.events()
    assert (await runtime.container_status(container_id)).state is ContainerState.RUNNING
    assert (await anext(stream)).kind == "exited"
    assert asyncio.get_running_loop().time() == 3660
    assert (await runtime.container_status(container_id)).exit_code == 4


@pytest.mark.looptime
async def test_a_program_that_ignores_stop_lives_for_its_grace() -> None:
    runtime = make()
    container_id = await started(runtime, '{"ignores_stop": true}')
    await runtime.stop_container(container_id, 30)
    assert asyncio.get_running_loop().time() == 30
    assert (await runtime.container_status(container_id)).exit_code == 137


async def test_out_of_memory_and_start_failures_are_told_apart() -> None:
    runtime = make()
    killed = await started(runtime, '{"oom_killed": true, "exit_after_s": 0}')
    async for event in runtime.events():
        if event.container_id == killed:
            break
    status = await runtime.container_status(killed)
    assert (status.exit_code, status.reason, status.oom_killed) == (137, "OOMKilled", True)
    with pytest.raises(ContainerStartFailed, match="no such file"):
        await started(runtime, '{"start_failure": "exec: no such file"}')


@pytest.mark.parametrize("kind", [PullFailure.NOT_FOUND, PullFailure.UNAUTHORIZED, PullFailure.UNAVAILABLE])
async def test_an_image_fails_to_come_as_its_script_says(kind: PullFailure) -> None:
    world = SimulatedWorld({"docker.io/library/broken:latest": Behaviour(pull_failure=kind)})
    with pytest.raises(ImagePullFailed) as caught:
        await make(world).pull_image("broken")
    assert caught.value.kind is kind


async def test_an_unscripted_command_says_that_it_is_simulated() -> None:
    runtime = make()
    container_id = await started(runtime, "{}")
    result = await runtime.exec_sync(container_id, ["ls"], 1)
    assert result.exit_code == 126
    assert b"simulated" in result.stderr


async def test_no_address_left_is_a_sandbox_that_failed() -> None:
    runtime = make(cidr="10.0.0.0/30")
    await runtime.run_sandbox(POD)
    with pytest.raises(SandboxFailed, match="no free address"):
        await runtime.run_sandbox(POD)


async def test_ten_thousand_containers_cost_no_task_each() -> None:
    runtime = make()
    await runtime.pull_image("nginx")
    for _ in range(10_000):
        sandbox = await runtime.run_sandbox(POD)
        await runtime.start_container(await runtime.create_container(sandbox.id, ContainerConfig("main", "nginx")))
    assert len(asyncio.all_tasks()) == 1
    assert len({sandbox.addresses for sandbox in await runtime.list_sandboxes()}) == 10_000
