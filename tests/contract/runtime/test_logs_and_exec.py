"""Logs, commands inside containers, ports of pods, usage."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from minikube_py.runtime.abilities import ExecTimeout, LogOptions, PortForward, Session
from minikube_py.runtime.interface import ContainerNotFound, RuntimeFault
from tests.contract.runtime.bench import Bench, Program
from tests.contract.runtime.test_lifecycle import ended
from tests.support.eventually import eventually


async def read(bench: Bench, container_id: str, options: LogOptions) -> list[bytes]:
    return [line.data async for line in bench.runtime.logs(container_id, options)]


async def test_logs_come_in_order_and_tail_takes_the_last(bench: Bench) -> None:
    container_id = await bench.start(Program(prints=("one", "two", "three"), exit_after_s=0))
    await ended(bench, container_id)
    assert await read(bench, container_id, LogOptions()) == [b"one\n", b"two\n", b"three\n"]
    assert await read(bench, container_id, LogOptions(tail=2)) == [b"two\n", b"three\n"]
    assert await read(bench, container_id, LogOptions(tail=0)) == []
    assert await read(bench, container_id, LogOptions(tail=99)) == [b"one\n", b"two\n", b"three\n"]


async def test_logs_since_a_moment_leave_out_what_is_older(bench: Bench) -> None:
    container_id = await bench.start(Program(prints=("old",), exit_after_s=0))
    await ended(bench, container_id)
    now = datetime.now(UTC)
    assert await read(bench, container_id, LogOptions(since=now - timedelta(hours=1))) == [b"old\n"]
    assert await read(bench, container_id, LogOptions(since=now + timedelta(hours=1))) == []


async def test_following_ends_with_the_container(bench: Bench) -> None:
    container_id = await bench.start(Program(prints=("first",), exit_after_s=0.3))
    async with asyncio.timeout(10):
        assert await read(bench, container_id, LogOptions(follow=True)) == [b"first\n"]


async def test_following_shows_lines_as_they_are_written(real_bench: Bench) -> None:
    script = "for i in 1 2 3; do echo $i; echo e$i >&2; sleep 0.2; done; printf unfinished"
    config = real_bench.config(Program(), command=("sh", "-c", script))
    sandbox = await real_bench.sandbox()
    container_id = await real_bench.runtime.create_container(sandbox.id, config)
    await real_bench.runtime.start_container(container_id)
    lines = [line async for line in real_bench.runtime.logs(container_id, LogOptions(follow=True))]
    assert [line.data for line in lines if line.stream == "stdout"][:3] == [b"1\n", b"2\n", b"3\n"]
    assert [line.data for line in lines if line.stream == "stderr"] == [b"e1\n", b"e2\n", b"e3\n"]
    assert lines[-1].data.rstrip() == b"unfinished"
    stamps = [line.timestamp for line in lines]
    assert stamps == sorted(stamps)
    assert all(stamp.endswith("Z") for stamp in stamps)


async def test_a_line_longer_than_any_buffer_is_the_same_line_again(real_bench: Bench) -> None:
    script = "head -c 100000 /dev/zero | tr '\\0' x; echo; echo last"
    assert await real_bench.output_of(script) == "x" * 100000 + "\nlast\n"


async def test_logs_survive_a_restart_of_the_runtime(bench: Bench) -> None:
    container_id = await bench.start(Program(prints=("kept",), exit_after_s=0))
    await ended(bench, container_id)
    await bench.reopen()
    assert await read(bench, container_id, LogOptions()) == [b"kept\n"]


async def test_logs_of_an_unknown_container_are_a_named_error(bench: Bench) -> None:
    with pytest.raises(ContainerNotFound):
        await read(bench, "0123456789ab", LogOptions())


async def test_a_commands_output_and_exit_code_come_back(bench: Bench) -> None:
    container_id = await bench.start(Program(answers={"sh -c echo out; exit 3": (3, "out\n")}))
    result = await bench.runtime.exec_sync(container_id, ["sh", "-c", "echo out; exit 3"], 10)
    assert (result.exit_code, result.stdout, result.stderr) == (3, b"out\n", b"")


async def test_a_command_that_takes_too_long_is_killed(bench: Bench) -> None:
    container_id = await bench.start(Program())
    with pytest.raises(ExecTimeout, match=r"0\.5s"):
        await bench.runtime.exec_sync(container_id, ["sleep", "777"], 0.5)
    if bench.is_real:

        async def is_gone() -> bool:
            found = await bench.runtime.exec_sync(container_id, ["ps"], 10)
            return b"sleep 777" not in found.stdout

        await eventually(is_gone)


async def test_no_command_runs_in_a_container_that_has_ended(bench: Bench) -> None:
    container_id = await bench.start(Program(exit_after_s=0))
    await ended(bench, container_id)
    with pytest.raises(RuntimeFault, match="not running"):
        await bench.runtime.exec_sync(container_id, ["true"], 10)


async def test_a_command_runs_as_the_container_does(real_bench: Bench) -> None:
    container_id = await real_bench.start(Program(), env={"COLOUR": "blue"}, working_dir="/tmp")
    result = await real_bench.runtime.exec_sync(container_id, ["sh", "-c", "echo $COLOUR; pwd; echo err >&2"], 10)
    assert result.stdout == b"blue\n/tmp\n"
    assert result.stderr == b"err\n"


async def test_what_is_typed_reaches_the_command_until_stdin_is_closed(real_bench: Bench) -> None:
    container_id = await real_bench.start(Program())
    session = await real_bench.runtime.exec(container_id, ["cat"], tty=False, stdin=True)
    await session.write(b"hello ")
    await session.write(b"there")
    await session.close_stdin()
    assert b"".join([data async for _, data in session.output()]) == b"hello there"
    assert await session.exit_code() == 0
    await session.close()


async def test_much_output_is_not_lost(real_bench: Bench) -> None:
    container_id = await real_bench.start(Program())
    result = await real_bench.runtime.exec_sync(container_id, ["head", "-c", "3000000", "/dev/zero"], 30)
    assert len(result.stdout) == 3_000_000


async def test_a_terminal_session_knows_its_size_and_echoes(real_bench: Bench) -> None:
    container_id = await real_bench.start(Program())
    session = await real_bench.runtime.exec(container_id, ["sh"], tty=True, stdin=True)
    await session.resize(123, 45)

    async def asked_size() -> bool:
        await session.write(b"stty size\n")
        return b"45 123" in await _read_some(session)

    await eventually(asked_size)
    await session.write(b"exit 4\n")
    async for _ in session.output():
        continue
    assert await session.exit_code() == 4
    await session.close()


async def test_who_attaches_sees_what_is_printed_and_is_heard(real_bench: Bench) -> None:
    script = "while read word; do echo heard $word; done; echo done >&2; exit 3"
    container_id = await real_bench.start(Program(), command=("sh", "-c", script), stdin=True, stdin_once=True)
    session = await real_bench.runtime.attach(container_id, stdin=True)
    await session.write(b"one\n")
    output = aiter(session.output())
    assert await anext(output) == ("stdout", b"heard one\n")
    await session.close_stdin()
    assert [piece async for piece in output] == [("stderr", b"done\n")]
    await session.close()
    assert (await ended(real_bench, container_id)).exit_code == 3
    with pytest.raises(RuntimeFault, match="is not running"):
        await real_bench.runtime.attach(container_id, stdin=True)


async def test_who_attaches_is_there_until_the_container_ends(bench: Bench) -> None:
    container_id = await bench.start(Program(exit_after_s=0.5, exit_code=1))
    session = await bench.runtime.attach(container_id, stdin=False)
    assert [piece async for piece in session.output()] == []
    await session.close()


async def test_a_container_outlives_those_who_leave_it(real_bench: Bench) -> None:
    script = "while read word; do echo heard $word; done"
    container_id = await real_bench.start(Program(), command=("sh", "-c", script), stdin=True)
    for word in (b"one", b"two"):
        session = await real_bench.runtime.attach(container_id, stdin=True)
        await session.write(word + b"\n")
        output = aiter(session.output())
        assert await anext(output) == ("stdout", b"heard " + word + b"\n")
        reading = asyncio.ensure_future(anext(output, None))
        await session.close()
        assert await reading is None


async def test_a_containers_own_terminal_is_joined(real_bench: Bench) -> None:
    container_id = await real_bench.start(Program(), command=("sh",), stdin=True, tty=True)
    session = await real_bench.runtime.attach(container_id, stdin=True)
    await session.resize(123, 45)

    async def asked_size() -> bool:
        await session.write(b"stty size\n")
        return b"45 123" in await _read_some(session)

    await eventually(asked_size)
    await session.close()


async def test_closing_a_session_ends_its_command(real_bench: Bench) -> None:
    container_id = await real_bench.start(Program())
    session = await real_bench.runtime.exec(
        container_id, ["sh", "-c", "echo up; exec sleep 888"], tty=False, stdin=True
    )
    await anext(aiter(session.output()))
    await session.close()

    async def is_gone() -> bool:
        found = await real_bench.runtime.exec_sync(container_id, ["ps"], 10)
        return b"sleep 888" not in found.stdout

    await eventually(is_gone)


async def test_a_port_of_the_pods_loopback_is_reached(real_bench: Bench) -> None:
    runtime = real_bench.runtime
    assert isinstance(runtime, PortForward)
    sandbox = await real_bench.sandbox()
    serve = "echo hello > /tmp/index.html; exec httpd -f -p 127.0.0.1:8080 -h /tmp"
    config = real_bench.config(Program(), command=("sh", "-c", serve))
    await runtime.start_container(await runtime.create_container(sandbox.id, config))

    async def answer() -> bytes:
        try:
            reader, writer = await runtime.port_forward(sandbox.id, 8080)
        except RuntimeFault:
            return b""
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        text = await reader.read()
        writer.close()
        return text

    assert (await eventually(answer)).endswith(b"hello\n")
    with pytest.raises(RuntimeFault, match=r"port 81 .*refused"):
        await runtime.port_forward(sandbox.id, 81)


async def test_usage_counts_what_a_container_does(real_bench: Bench) -> None:
    container_id = await real_bench.start(Program())
    await real_bench.runtime.exec_sync(
        container_id, ["sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"], 30
    )
    (usage,) = await real_bench.runtime.stats()
    assert usage.container_id == container_id
    assert usage.cpu_usage_ns > 1_000_000
    assert usage.memory_usage_bytes > 0


async def _read_some(session: Session) -> bytes:
    """What the session prints within a moment."""
    collected = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            async for _, data in session.output():
                collected += data
    return collected
