"""Sandboxes and containers from the first to the last moment, the same on every runtime."""

import asyncio

import pytest

from minikube_py.runtime.abilities import LogOptions
from minikube_py.runtime.interface import (
    ContainerNotFound,
    ContainerStartFailed,
    ContainerState,
    ContainerStatus,
    ImageMissing,
    SandboxNotFound,
    SandboxState,
)
from tests.contract.runtime.bench import Bench, Program
from tests.support.eventually import eventually

FOREVER = Program()


async def ended(bench: Bench, container_id: str) -> ContainerStatus:
    """The status of a container once it has exited."""

    async def exited() -> ContainerStatus | None:
        status = await bench.runtime.container_status(container_id)
        return status if status.state is ContainerState.EXITED else None

    status = await eventually(exited, timeout_s=20)
    assert status is not None
    return status


async def test_a_sandbox_gives_back_what_it_was_made_from(bench: Bench) -> None:
    made = await bench.sandbox(labels={"app": "web"}, annotations={"note": 'with "quotes" and ünïcode'}, attempt=2)
    (listed,) = await bench.runtime.list_sandboxes()
    assert listed.id == made.id
    assert listed.config == made.config
    assert listed.config.labels == {"app": "web"}
    assert listed.config.annotations == {"note": 'with "quotes" and ünïcode'}
    assert listed.config.attempt == 2
    assert listed.state is SandboxState.READY


async def test_every_sandbox_has_an_address_of_its_own(bench: Bench) -> None:
    sandboxes = await asyncio.gather(*(bench.sandbox() for _ in range(4)))
    assert len({address for sandbox in sandboxes for address in sandbox.addresses}) == 4


async def test_a_sandbox_on_the_hosts_network_has_no_address_of_its_own(bench: Bench) -> None:
    sandbox = await bench.sandbox(host_network=True)
    assert sandbox.addresses == ()
    assert sandbox.state is SandboxState.READY


async def test_a_stopped_sandbox_is_listed_without_address_and_its_containers_have_ended(bench: Bench) -> None:
    sandbox = await bench.sandbox()
    container_id = await bench.start(FOREVER, sandbox)
    await bench.runtime.stop_sandbox(sandbox.id)
    await bench.runtime.stop_sandbox(sandbox.id)
    (listed,) = await bench.runtime.list_sandboxes()
    assert listed.state is SandboxState.NOT_READY
    assert listed.addresses == ()
    assert (await ended(bench, container_id)).exit_code == 137


async def test_removing_a_sandbox_removes_its_containers_and_may_be_repeated(bench: Bench) -> None:
    sandbox, other = await bench.sandbox(), await bench.sandbox()
    await bench.start(FOREVER, sandbox)
    kept = await bench.start(FOREVER, other)
    await bench.runtime.remove_sandbox(sandbox.id)
    await bench.runtime.remove_sandbox(sandbox.id)
    assert [each.id for each in await bench.runtime.list_sandboxes()] == [other.id]
    assert [each.id for each in await bench.runtime.list_containers()] == [kept]
    assert (await bench.runtime.container_status(kept)).state is ContainerState.RUNNING


async def test_a_container_is_created_then_running_then_exited(bench: Bench) -> None:
    sandbox = await bench.sandbox()
    program = Program(exit_after_s=0.3, exit_code=3)
    config = bench.config(program, labels={"io.kubernetes.container.name": "main"}, attempt=5)
    container_id = await bench.runtime.create_container(sandbox.id, config)
    created = await bench.runtime.container_status(container_id)
    assert (created.state, created.started_at, created.reason) == (ContainerState.CREATED, None, "")
    await bench.runtime.start_container(container_id)
    running = await bench.runtime.container_status(container_id)
    assert (running.state, running.finished_at) == (ContainerState.RUNNING, None)
    exited = await ended(bench, container_id)
    assert (exited.exit_code, exited.reason, exited.oom_killed) == (3, "Error", False)
    assert (exited.name, exited.attempt, exited.image) == ("main", 5, "busybox")
    assert (exited.sandbox_id, exited.pod_uid) == (sandbox.id, sandbox.config.pod_uid)
    assert exited.labels == {"io.kubernetes.container.name": "main"}
    assert exited.image_id.startswith("sha256:")
    assert exited.started_at is not None
    assert exited.finished_at is not None
    assert exited.created_at <= exited.started_at <= exited.finished_at


async def test_exit_code_zero_is_completed(bench: Bench) -> None:
    container_id = await bench.start(Program(exit_after_s=0))
    exited = await ended(bench, container_id)
    assert (exited.exit_code, exited.reason) == (0, "Completed")
    assert exited.started_at is not None
    assert exited.finished_at is not None
    assert exited.started_at <= exited.finished_at


async def test_the_next_attempt_is_a_container_beside_the_old_one(bench: Bench) -> None:
    sandbox = await bench.sandbox()
    first = await bench.start(Program(exit_after_s=0, exit_code=1), sandbox)
    await ended(bench, first)
    second = await bench.start(FOREVER, sandbox, attempt=1)
    found = {each.id: (each.attempt, each.state) for each in await bench.runtime.list_containers(sandbox.id)}
    assert found == {first: (0, ContainerState.EXITED), second: (1, ContainerState.RUNNING)}


async def test_stop_lets_a_program_end_by_itself(bench: Bench) -> None:
    container_id = await bench.start(Program(prints=("up",)))
    await _first_line(bench, container_id)
    await bench.runtime.stop_container(container_id, grace_s=20)
    status = await bench.runtime.container_status(container_id)
    assert (status.state, status.exit_code) == (ContainerState.EXITED, 0)


async def test_stop_kills_a_program_that_does_not_end_in_its_grace(bench: Bench) -> None:
    container_id = await bench.start(Program(prints=("up",), ignores_stop=True))
    await _first_line(bench, container_id)
    await bench.runtime.stop_container(container_id, grace_s=1)
    status = await bench.runtime.container_status(container_id)
    assert (status.state, status.exit_code, status.reason) == (ContainerState.EXITED, 137, "Error")


async def test_a_command_the_image_lacks_is_a_start_error(real_bench: Bench) -> None:
    """A simulated image has no files."""
    sandbox = await real_bench.sandbox()
    config = real_bench.config(FOREVER, command=("/no/such/program",))
    container_id = await real_bench.runtime.create_container(sandbox.id, config)
    with pytest.raises(ContainerStartFailed, match="/no/such/program"):
        await real_bench.runtime.start_container(container_id)
    status = await real_bench.runtime.container_status(container_id)
    assert (status.state, status.exit_code, status.reason) == (ContainerState.EXITED, 128, "StartError")
    assert "/no/such/program" in status.message


async def test_a_container_of_an_image_that_is_not_here_is_refused(bench: Bench) -> None:
    sandbox = await bench.sandbox()
    with pytest.raises(ImageMissing, match="nowhere"):
        await bench.runtime.create_container(sandbox.id, bench.config(FOREVER, image="nowhere:1"))
    assert await bench.runtime.list_containers(sandbox.id) == ()


async def test_unknown_ids_are_named_errors_and_nothing_to_stop(bench: Bench) -> None:
    with pytest.raises(ContainerNotFound):
        await bench.runtime.container_status("0123456789ab")
    with pytest.raises(SandboxNotFound):
        await bench.runtime.create_container("0123456789ab", bench.config(FOREVER))
    await bench.runtime.stop_container("0123456789ab", 1)
    await bench.runtime.remove_container("0123456789ab")
    await bench.runtime.remove_sandbox("0123456789ab")


async def test_a_removed_container_is_forgotten_even_while_it_runs(bench: Bench) -> None:
    container_id = await bench.start(FOREVER)
    await bench.runtime.remove_container(container_id)
    assert await bench.runtime.list_containers() == ()
    with pytest.raises(ContainerNotFound):
        await bench.runtime.container_status(container_id)


async def test_start_exit_and_removal_wake_whoever_listens(bench: Bench) -> None:
    sandbox = await bench.sandbox()
    stream = bench.runtime.events()
    container_id = await bench.start(Program(exit_after_s=0.2), sandbox)
    first, second = await anext(stream), await anext(stream)
    assert [event.kind for event in (first, second)] == ["started", "exited"]
    assert {event.container_id for event in (first, second)} == {container_id}
    assert {event.pod_uid for event in (first, second)} == {sandbox.config.pod_uid}
    await bench.runtime.remove_container(container_id)
    assert (await anext(stream)).kind == "removed"
    stream.close()
    assert [event async for event in stream] == []


async def test_a_new_object_adopts_what_runs_and_notices_its_end(bench: Bench) -> None:
    sandbox = await bench.sandbox(labels={"app": "web"})
    container_id = await bench.start(Program(prints=("up",)), sandbox)
    await _first_line(bench, container_id)
    before = await bench.runtime.container_status(container_id)
    await bench.reopen()
    assert await bench.runtime.list_sandboxes() == (sandbox,)
    assert await bench.runtime.list_containers() == (before,)
    stream = bench.runtime.events()
    await bench.runtime.stop_container(container_id, 20)
    assert (await anext(stream)).kind == "exited"
    stream.close()
    assert (await bench.runtime.container_status(container_id)).exit_code == 0


async def test_an_exit_that_nobody_watched_is_known_afterwards(bench: Bench) -> None:
    container_id = await bench.start(Program(exit_after_s=0.2, exit_code=7))
    await bench.reopen()
    assert (await ended(bench, container_id)).exit_code == 7
    await bench.reopen()
    assert (await bench.runtime.container_status(container_id)).exit_code == 7


async def _first_line(bench: Bench, container_id: str) -> None:
    """Wait until the program has printed, that is, until it handles signals as it will."""

    async def has_printed() -> bool:
        return [line async for line in bench.runtime.logs(container_id, LogOptions())] != []

    await eventually(has_printed)
