"""The queue, on virtual time: who is next, and what un-sticks the others."""

from __future__ import annotations

import asyncio

from minikube_py.api.model import replace
from minikube_py.scheduler.queue import LONGEST_WAIT_S, SchedulingQueue
from tests.unit.scheduler.objects import pod


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def popped(queue: SchedulingQueue) -> str | None:
    """The next pod's name, or None when none is due."""
    try:
        return (await asyncio.wait_for(queue.pop(), 0.01)).metadata.name
    except TimeoutError:
        return None


async def test_higher_priority_goes_first_then_who_came_first() -> None:
    queue = SchedulingQueue(Clock())
    for one in (pod("a"), pod("b"), pod("urgent", priority=10)):
        queue.put(one)
    assert [await popped(queue), await popped(queue), await popped(queue)] == ["urgent", "a", "b"]


async def test_a_pod_that_fits_nowhere_waits_for_what_could_help() -> None:
    clock = Clock()
    queue, one = SchedulingQueue(clock), pod("p")
    queue.put(one)
    assert await popped(queue) == "p"
    queue.no_fit(one, frozenset(["pod gone"]))
    queue.changed("node changed")
    clock.now_s += 60
    assert await popped(queue) is None
    queue.changed("pod gone")
    clock.now_s += 1
    assert await popped(queue) == "p"


async def test_a_change_during_the_decision_is_not_missed() -> None:
    clock = Clock()
    queue, one = SchedulingQueue(clock), pod("p")
    queue.put(one)
    await popped(queue)
    queue.changed("pod gone")
    queue.no_fit(one, frozenset(["pod gone"]))
    clock.now_s += 1
    assert await popped(queue) == "p"


async def test_the_wait_doubles_up_to_ten_seconds() -> None:
    clock = Clock()
    queue, one = SchedulingQueue(clock), pod("p")
    queue.put(one)
    waits = []
    for _ in range(6):
        assert await popped(queue) == "p"
        queue.failed(one)
        began = clock.now_s
        while not queue.has_due():
            clock.now_s += 0.5
        waits.append(clock.now_s - began)
    assert waits == [1, 2, 4, 8, 10, 10]


async def test_nothing_waits_longer_than_five_minutes() -> None:
    clock = Clock()
    queue, one = SchedulingQueue(clock), pod("p")
    queue.put(one)
    await popped(queue)
    queue.no_fit(one, frozenset())
    clock.now_s += LONGEST_WAIT_S - 1
    assert await popped(queue) is None
    clock.now_s += 1
    assert await popped(queue) == "p"


async def test_a_status_update_does_not_wake_a_waiting_pod_but_a_changed_spec_does() -> None:
    queue, one = SchedulingQueue(Clock()), pod("p", cpu="8")
    queue.put(one)
    await popped(queue)
    queue.no_fit(one, frozenset())
    queue.put(replace(one, status=replace(one.status, message="waiting")))
    assert await popped(queue) is None
    queue.put(pod("p", cpu="1"))
    assert await popped(queue) == "p"


async def test_a_removed_pod_is_not_handed_out() -> None:
    queue = SchedulingQueue(Clock())
    queue.put(pod("a"))
    queue.put(pod("b"))
    queue.remove(pod("a"))
    assert await popped(queue) == "b"
    assert await popped(queue) is None
