"""What the queue promises: no key is lost, and none is handled twice at once."""

from __future__ import annotations

import asyncio
import random

import pytest

from minikube_py.machinery.backoff import BackoffPolicy
from minikube_py.machinery.work_queue import WorkQueue

pytestmark = pytest.mark.looptime


async def test_key_added_many_times_is_taken_once() -> None:
    queue: WorkQueue[str] = WorkQueue("test")
    for key in ("a", "b", "a", "a"):
        queue.add(key)
    assert [await queue.get(), await queue.get()] == ["a", "b"]
    assert len(queue) == 0


async def test_same_key_is_never_processed_twice_at_once() -> None:
    queue: WorkQueue[int] = WorkQueue("test")
    randomness, busy, taken = random.Random(7), set[int](), list[int]()

    async def work() -> None:
        while True:
            key = await queue.get()
            assert key not in busy
            busy.add(key)
            await asyncio.sleep(randomness.random())
            busy.discard(key)
            taken.append(key)
            queue.done(key)

    workers = [asyncio.create_task(work()) for _ in range(5)]
    for _ in range(300):
        queue.add(randomness.randrange(4))
        await asyncio.sleep(randomness.random() / 10)
    await asyncio.sleep(60)
    assert queue.is_idle
    assert set(taken) == {0, 1, 2, 3}
    for worker in workers:
        assert not worker.done()
        worker.cancel()


async def test_key_added_while_processed_comes_again_after_done() -> None:
    queue: WorkQueue[str] = WorkQueue("test")
    queue.add("a")
    key = await queue.get()
    queue.add("a")
    queue.add("a")
    assert len(queue) == 0
    queue.done(key)
    assert await queue.get() == "a"
    queue.done("a")
    assert queue.is_idle


async def test_delayed_key_comes_when_its_time_has_come(looptime: float) -> None:
    queue: WorkQueue[str] = WorkQueue("test")
    queue.add_after("late", 30)
    queue.add_after("soon", 5)
    assert await queue.get() == "soon"
    assert looptime == 5
    assert await queue.get() == "late"
    assert looptime == 30


async def test_of_two_delays_of_one_key_the_earlier_counts(looptime: float) -> None:
    queue: WorkQueue[str] = WorkQueue("test")
    queue.add_after("a", 30)
    queue.add_after("a", 5)
    queue.add_after("a", 10)
    assert await queue.get() == "a"
    queue.done("a")
    assert looptime == 5
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 100)


async def test_delay_doubles_with_each_failure_until_the_key_is_forgotten(looptime: float) -> None:
    queue: WorkQueue[str] = WorkQueue("test", retry=BackoffPolicy(initial_s=1, cap_s=5))
    came_at = []
    for _ in range(5):
        queue.add_rate_limited("a")
        queue.done(await queue.get())
        came_at.append(float(looptime))
    assert came_at == [1, 3, 7, 12, 17]
    assert queue.failures("a") == 5
    queue.forget("a")
    queue.add_rate_limited("a")
    await queue.get()
    assert looptime == 18


async def test_closed_queue_leaves_no_timer_behind() -> None:
    queue: WorkQueue[str] = WorkQueue("test")
    queue.add_after("a", 5)
    queue.close()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 10)


def test_delay_stays_at_the_cap_however_many_failures() -> None:
    policy = BackoffPolicy(initial_s=0.1, cap_s=3)
    assert [policy.delay_s(n) for n in (0, 1, 5, 5000)] == [0.1, 0.2, 3, 3]


def test_jitter_adds_to_the_delay_as_the_injected_randomness_says() -> None:
    policy = BackoffPolicy(initial_s=10, cap_s=10, jitter=0.5)
    delays = [policy.delay_s(0, random.Random(seed)) for seed in range(50)]
    assert all(10 <= delay <= 15 for delay in delays)
    assert policy.delay_s(0, random.Random(3)) == policy.delay_s(0, random.Random(3))
    assert len(set(delays)) == 50
