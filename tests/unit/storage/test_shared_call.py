"""One call for many who ask, and nobody is answered for a moment before he asked."""

from __future__ import annotations

import asyncio
import gc

import pytest

from minikube_py.storage.shared_call import SharedCall


class Clock:
    """A question whose answer is given when it is let go, and is of the moment when it was asked."""

    def __init__(self) -> None:
        self.now = 0
        self.calls = 0
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()

    async def read(self) -> int:
        self.calls += 1
        self.asked.set()
        read = self.now
        await self.let_go.wait()
        return read


async def test_who_comes_while_a_call_is_under_way_waits_for_the_next() -> None:
    clock = Clock()
    ask = SharedCall(clock.read)
    early = asyncio.create_task(ask())
    await clock.asked.wait()
    clock.now = 1
    late = [asyncio.create_task(ask()) for _ in range(5)]
    await asyncio.sleep(0)
    clock.let_go.set()
    assert [await early, *await asyncio.gather(*late)] == [0, 1, 1, 1, 1, 1]
    assert clock.calls == 2


async def test_a_call_that_fails_fails_for_those_who_waited_and_for_nobody_else() -> None:
    answers = iter((OSError("gone"), 7))

    async def read() -> int:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    ask = SharedCall(read)
    first = await asyncio.gather(ask(), ask(), return_exceptions=True)
    assert [str(error) for error in first] == ["gone", "gone"]
    assert await ask() == 7


async def test_who_gives_up_does_not_end_the_call_of_the_others() -> None:
    clock = Clock()
    ask = SharedCall(clock.read)
    impatient, patient = asyncio.create_task(ask()), asyncio.create_task(ask())
    await asyncio.sleep(0)
    impatient.cancel()
    clock.let_go.set()
    assert await patient == 0
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_failure_that_nobody_waits_for_any_more_is_no_error_of_the_program(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked, let_go = asyncio.Event(), asyncio.Event()

    async def read() -> int:
        asked.set()
        await let_go.wait()
        raise OSError("gone")

    impatient = asyncio.create_task(SharedCall(read)())
    await asked.wait()
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    let_go.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
    assert caplog.text == ""
