"""What becomes of a key, by the outcome of its reconcile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from minikube_py.api.status import Conflict, InternalError
from minikube_py.errors import TerminalError
from minikube_py.machinery.controller import Controller, Result

pytestmark = pytest.mark.looptime

Outcome = Result | Exception


class Given:
    """A source that a test feeds by hand."""

    def __init__(self) -> None:
        self.is_synced = asyncio.Event()
        self.enqueue: Callable[[str], None] = lambda key: None

    def attach(self, enqueue: Callable[[str], None]) -> None:
        self.enqueue = enqueue

    async def synced(self) -> None:
        await self.is_synced.wait()


class Scripted:
    """A reconciler whose outcomes are given, the last one for ever."""

    name = "scripted"

    def __init__(self, *outcomes: Outcome) -> None:
        self.given = Given()
        self.sources = (self.given,)
        self.times: list[float] = []
        self._outcomes = list(outcomes)

    async def reconcile(self, key: str) -> Result:
        self.times.append(asyncio.get_running_loop().time())
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@asynccontextmanager
async def running(reconciler: Scripted) -> AsyncIterator[Controller[str]]:
    controller = Controller(reconciler)
    task = asyncio.create_task(controller.run())
    reconciler.given.is_synced.set()
    yield controller
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_nothing_is_reconciled_before_the_sources_have_told_all() -> None:
    reconciler = Scripted(Result.DONE)
    controller = Controller(reconciler)
    task = asyncio.create_task(controller.run())
    reconciler.given.enqueue("a")
    await asyncio.sleep(10)
    assert reconciler.times == []
    reconciler.given.is_synced.set()
    await asyncio.sleep(10)
    assert reconciler.times == [10]
    task.cancel()


async def test_done_key_is_left_alone() -> None:
    reconciler = Scripted(Result.DONE)
    async with running(reconciler) as controller:
        reconciler.given.enqueue("a")
        await asyncio.sleep(1000)
        assert len(reconciler.times) == 1
        assert controller.queue.is_idle


async def test_result_after_brings_the_key_back_then() -> None:
    reconciler = Scripted(Result.after(7), Result.DONE)
    async with running(reconciler):
        reconciler.given.enqueue("a")
        await asyncio.sleep(1000)
        assert reconciler.times == [0, 7]


@pytest.mark.parametrize("failure", [InternalError("no"), Conflict("stale"), RuntimeError("a mistake")])
async def test_failure_is_retried_until_it_succeeds_and_then_forgotten(failure: Exception) -> None:
    reconciler = Scripted(failure, failure, failure, Result.DONE)
    async with running(reconciler) as controller:
        reconciler.given.enqueue("a")
        await asyncio.sleep(1000)
        assert len(reconciler.times) == 4
        assert controller.queue.failures("a") == 0


async def test_terminal_error_is_not_retried() -> None:
    reconciler = Scripted(TerminalError("never"))
    async with running(reconciler):
        reconciler.given.enqueue("a")
        await asyncio.sleep(1000)
        assert len(reconciler.times) == 1
        reconciler.given.enqueue("a")
        await asyncio.sleep(1)
        assert len(reconciler.times) == 2


async def test_one_failing_key_does_not_stop_the_workers() -> None:
    reconciler = Scripted(RuntimeError("a mistake"), RuntimeError("a mistake"), Result.DONE)
    async with running(reconciler):
        for key in ("a", "b", "c"):
            reconciler.given.enqueue(key)
        await asyncio.sleep(1000)
        assert len(reconciler.times) == 5
