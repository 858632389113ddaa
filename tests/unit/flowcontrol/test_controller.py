"""Who is served next: seats, queues, turns of the event loop, and refusals."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.access.authorization.authorizer import Action
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.flowcontrol.flow_schema import FlowSchema
from minikube_py.api.kinds.flowcontrol.priority_level_configuration import PriorityLevelConfiguration
from minikube_py.api.status import TooManyRequests
from minikube_py.flowcontrol.controller import FlowController
from minikube_py.flowcontrol.defaults import LEVELS, SCHEMAS
from minikube_py.flowcontrol.level import deal

GET = Action("get", "", "pods", namespace="default", name="p")


def user(name: str, *groups: str) -> UserInfo:
    return UserInfo(username=name, groups=(*groups, "system:authenticated"))


def level(name: str, *, shares: int = 1, queues: int = 8, hand: int = 1, length: int = 50) -> Any:
    queuing = {"queues": queues, "handSize": hand, "queueLengthLimit": length}
    response = {"type": "Queue", "queuing": queuing} if queues else {"type": "Reject"}
    limited = {"nominalConcurrencyShares": shares, "limitResponse": response}
    return PriorityLevelConfiguration.from_dict(
        {"metadata": {"name": name}, "spec": {"type": "Limited", "limited": limited}}
    )


def schema(name: str, **spec: Any) -> FlowSchema:
    every = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
    rules = [{"subjects": [{"kind": "User", "user": {"name": "*"}}], "resourceRules": [every]}]
    body = {"priorityLevelConfiguration": {"name": name}, "matchingPrecedence": 10, "rules": rules, **spec}
    return FlowSchema.from_dict({"metadata": {"name": name}, "spec": body})


def one_seat(**settings: Any) -> FlowController:
    """Everybody is in one level that has one seat, by user."""
    controller = FlowController(seats=1)
    controller.configure([schema("s", distinguisherMethod={"type": "ByUser"})], [level("s", shares=1000, **settings)])
    assert {each.name: each.seats for each in controller.levels}["s"] == 1
    return controller


class Work:
    """Work that goes on until it is let go, and notes the order in which it began."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.gate = asyncio.Event()

    def of(self, name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self.begun.append(name)
            await self.gate.wait()

        return work


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_the_seats_of_all_levels_are_those_of_both_limits_by_share() -> None:
    controller = FlowController()
    controller.configure(SCHEMAS, LEVELS)
    assert {each.name: each.seats for each in controller.levels} == {
        "exempt": 0,
        "catch-all": 13,
        "system": 74,
        "node-high": 98,
        "leader-election": 25,
        "workload-high": 98,
        "workload-low": 245,
        "global-default": 49,
    }


async def test_who_finds_no_seat_waits_for_one() -> None:
    controller, work = one_seat(), Work()
    flow = controller.flow(user("a"), GET)
    tasks = [asyncio.create_task(controller.run(flow, 1, work.of(name))) for name in ("first", "second")]
    await settled()
    assert work.begun == ["first"]
    counts = controller.counts["s", "s"]
    assert (counts.executing, counts.waiting) == (1, 1)
    work.gate.set()
    await asyncio.gather(*tasks)
    assert work.begun == ["first", "second"]
    assert (counts.executing, counts.seats, counts.waiting, counts.dispatched) == (0, 0, 0, 2)


async def test_a_user_with_many_requests_does_not_go_before_one_with_few() -> None:
    controller, work = one_seat(queues=64), Work()
    bad, good = controller.flow(user("bad"), GET), controller.flow(user("good"), GET)
    tasks = [asyncio.create_task(controller.run(bad, 1, work.of("bad"))) for _ in range(20)]
    await settled()
    tasks.append(asyncio.create_task(controller.run(good, 1, work.of("good"))))
    await settled()
    work.gate.set()
    await asyncio.gather(*tasks)
    assert work.begun.index("good") <= 2


async def test_wide_requests_count_for_more() -> None:
    controller = FlowController(seats=4)
    controller.configure([schema("s", distinguisherMethod={"type": "ByUser"})], [level("s", shares=1000, queues=64)])
    work = Work()
    first = asyncio.create_task(controller.run(controller.flow(user("c"), GET), 4, work.of("first")))
    await settled()
    tasks = [
        asyncio.create_task(controller.run(controller.flow(user(name), GET), seats, work.of(name)))
        for name, seats in [("wide", 4)] * 3 + [("thin", 1)] * 6
    ]
    await settled()
    assert work.begun == ["first"]
    work.gate.set()
    await asyncio.gather(first, *tasks)
    assert work.begun.index("wide", work.begun.index("wide") + 1) > work.begun.index("thin") + 3


async def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    controller, work = one_seat(queues=1, length=2), Work()
    flow = controller.flow(user("a"), GET)
    tasks = [asyncio.create_task(controller.run(flow, 1, work.of("in"))) for _ in range(3)]
    await settled()
    with pytest.raises(TooManyRequests) as refused:
        await controller.run(flow, 1, work.of("out"))
    assert (refused.value.message, refused.value.retry_after_s) == ("Too many requests, please try again later.", 1)
    assert controller.counts["s", "s"].rejected == {"queue-full": 1}
    work.gate.set()
    await asyncio.gather(*tasks)
    assert work.begun == ["in"] * 3


async def test_a_level_without_queues_refuses_at_once() -> None:
    controller, work = one_seat(queues=0), Work()
    flow = controller.flow(user("a"), GET)
    task = asyncio.create_task(controller.run(flow, 1, work.of("in")))
    await settled()
    with pytest.raises(TooManyRequests):
        await controller.run(flow, 1, work.of("out"))
    assert controller.counts["s", "s"].rejected == {"concurrency-limit": 1}
    work.gate.set()
    await task


@pytest.mark.looptime
async def test_nobody_waits_for_ever() -> None:
    controller, work = one_seat(), Work()
    flow = controller.flow(user("a"), GET)
    task = asyncio.create_task(controller.run(flow, 1, work.of("in")))
    await settled()
    with pytest.raises(TooManyRequests):
        await controller.run(flow, 1, work.of("out"))
    assert controller.counts["s", "s"].rejected == {"time-out": 1}
    assert controller.counts["s", "s"].waiting == 0
    work.gate.set()
    await task


async def test_who_gives_up_leaves_no_seat_and_no_place_taken() -> None:
    controller, work = one_seat(), Work()
    flow = controller.flow(user("a"), GET)
    tasks = [asyncio.create_task(controller.run(flow, 1, work.of(name))) for name in ("a", "b", "c")]
    await settled()
    tasks[1].cancel()
    await settled()
    tasks[0].cancel()
    await settled()
    assert work.begun == ["a", "c"]
    work.gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert [each.seats_used for each in controller.levels] == [0, 0, 0]


async def test_the_exempt_never_wait() -> None:
    controller, work = one_seat(queues=0), Work()
    admin = controller.flow(user("root", "system:masters"), GET)
    tasks = [asyncio.create_task(controller.run(admin, 1, work.of("in"))) for _ in range(30)]
    await settled()
    assert len(work.begun) == 30
    work.gate.set()
    await asyncio.gather(*tasks)


async def test_work_that_never_waits_is_shared_by_turns_of_the_loop() -> None:
    """There are seats for all: it is the event loop that there is one of."""
    controller = FlowController()
    controller.configure([schema("s", distinguisherMethod={"type": "ByUser"})], [level("s", shares=1000, queues=64)])
    served: list[str] = []

    async def busy(name: str) -> None:
        until = time.perf_counter() + 0.004
        while time.perf_counter() < until:
            pass
        served.append(name)

    async def request(name: str) -> None:
        await controller.run(controller.flow(user(name), GET), 1, lambda: busy(name))

    tasks = [asyncio.create_task(request("bad")) for _ in range(60)]
    tasks.append(asyncio.create_task(request("good")))
    await asyncio.gather(*tasks)
    assert served.count("bad") == 60
    assert served.index("good") < 20


async def test_what_waits_is_served_also_when_its_level_is_configured_anew_or_gone() -> None:
    controller, work = one_seat(), Work()
    flow = controller.flow(user("a"), GET)
    tasks = [asyncio.create_task(controller.run(flow, 1, work.of(name))) for name in ("first", "second")]
    await settled()
    controller.configure([schema("s")], [level("s", shares=1000, queues=2)])
    assert controller.flow(user("a"), GET).level is not flow.level
    controller.configure((), ())
    assert controller.flow(user("a"), GET).level.name == "catch-all"
    work.gate.set()
    await asyncio.gather(*tasks)
    assert work.begun == ["first", "second"]


def test_a_schema_whose_level_is_missing_is_passed_over() -> None:
    controller = FlowController()
    controller.configure([schema("lost"), schema("s", matchingPrecedence=20)], [level("s")])
    assert controller.flow(user("a"), GET).level.name == "s"


@given(st.integers(0, 2**64 - 1), st.integers(1, 200), st.integers(1, 12))
def test_a_hand_has_different_cards_of_the_deck(value: int, cards: int, size: int) -> None:
    hand = deal(value, cards, size)
    assert len(set(hand)) == len(hand) == min(size, cards)
    assert all(0 <= card < cards for card in hand)
