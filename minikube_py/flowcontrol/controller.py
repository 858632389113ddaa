"""FlowController: lets requests through, each when it is its turn.

A request takes its seats at once where its level has room and nobody waits; else it goes to one of its flow's queues.
The seats of all levels together are what upstream's two limits of requests in flight are.

There is one more thing to share here, which upstream leaves to Go's scheduler: the event loop. Most requests never
wait for anything, so they would run one after the other in the order of their sockets, and who opens many sockets would
get most of the server, without ever needing two seats. So a *turn* of the loop starts requests at once for 10 ms only;
who comes later in it waits in the queues too, and the next turns take from these in fair order.

Kubernetes: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/{apf_controller,apf_filter}.go
Simplified: a request that waits is not noticed to be gone before its turn; Retry-After is always one second.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from minikube_py.access.authorization.authorizer import Action
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.flowcontrol.flow_schema import FlowSchema
from minikube_py.api.kinds.flowcontrol.priority_level_configuration import PriorityLevelConfiguration
from minikube_py.api.status import TooManyRequests
from minikube_py.flowcontrol.defaults import MANDATORY_LEVELS, MANDATORY_SCHEMAS
from minikube_py.flowcontrol.level import Level, Queue, Waiter
from minikube_py.flowcontrol.matching import matches

T = TypeVar("T")

SEATS = 400 + 200
"""Upstream's --max-requests-inflight and --max-mutating-requests-inflight."""
LONGEST_WAIT_S = 15.0
"""A quarter of a request's time."""
_TURN_S = 0.010
_REMEMBERED_FLOWS = 10_000
_WAIT_BUCKETS = (0.0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, math.inf)


@dataclass(slots=True)
class Counts:
    """What happened to the requests of one schema in one level."""

    dispatched: int = 0
    executing: int = 0
    seats: int = 0
    waiting: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    """By reason."""
    waits: list[int] = field(default_factory=lambda: [0] * len(_WAIT_BUCKETS))
    """How many of those that were queued waited no longer than each of the buckets, and not the one before."""
    waited_s: float = 0.0

    def waited(self, seconds: float) -> None:
        self.waits[next(number for number, most in enumerate(_WAIT_BUCKETS) if seconds <= most)] += 1
        self.waited_s += seconds

    def buckets(self) -> Iterator[tuple[str, int]]:
        """The histogram: who was not queued waited for nothing."""
        total = self.dispatched - sum(self.waits)
        for most, count in zip(_WAIT_BUCKETS, self.waits, strict=True):
            total += count
            yield ("+Inf" if math.isinf(most) else str(most)), total


@dataclass(frozen=True, slots=True)
class Flow:
    """Requests that are fair to each other's: those of one schema, by user or namespace where it says so."""

    level: Level
    hand: tuple[Queue, ...]
    counts: Counts
    headers: tuple[tuple[bytes, bytes], ...]
    """By which an answer says how it was classified."""


class FlowController:
    def __init__(self, seats: int = SEATS) -> None:
        self._seats = seats
        self._schemas: tuple[FlowSchema, ...] = ()
        self._levels: dict[str, Level] = {}
        self._leaving: list[Level] = []
        """Levels that are no more, or are another now, as long as requests are in them."""
        self._flows: dict[tuple[object, ...], Flow] = {}
        self.counts: dict[tuple[str, str], Counts] = {}
        """By names of schema and level."""
        self._waiting = 0
        self._is_turn_begun = False
        self._turn_ends = 0.0
        self.configure((), ())

    @property
    def levels(self) -> Iterable[Level]:
        return self._levels.values()

    def configure(self, schemas: Iterable[FlowSchema], levels: Iterable[PriorityLevelConfiguration]) -> None:
        """From now on these count; what is mandatory does also when it is missing."""
        wanted = {level.metadata.name: level for level in (*MANDATORY_LEVELS, *levels)}
        known = {schema.metadata.name: schema for schema in (*MANDATORY_SCHEMAS, *schemas)}
        shares = {name: _shares(level) for name, level in wanted.items()}
        before, self._levels = self._levels, {}
        for name, configuration in wanted.items():
            seats = math.ceil(self._seats * shares[name] / sum(shares.values()))
            level = before.get(name)
            if level is None or (level.spec, level.uid) != (configuration.spec, configuration.metadata.uid):
                level = Level(configuration, seats)
            level.seats = seats
            self._levels[name] = level
        replaced = [level for name, level in before.items() if self._levels.get(name) is not level]
        self._leaving = [level for level in (*self._leaving, *replaced) if level.waiting]
        by_precedence = sorted(known.values(), key=lambda each: (each.spec.matching_precedence, each.metadata.name))
        self._schemas = tuple(each for each in by_precedence if _level_of(each) in self._levels)
        self._flows.clear()

    def flow(self, user: UserInfo, asked: Action) -> Flow:
        """Where a request belongs."""
        what = (asked.verb, asked.group, asked.resource, asked.subresource, asked.namespace, asked.path)
        key = (user.username, user.groups, what)
        found = self._flows.get(key)
        if found is None:
            if len(self._flows) >= _REMEMBERED_FLOWS:
                self._flows.clear()
            found = self._flows[key] = self._classified(user, asked)
        return found

    def _classified(self, user: UserInfo, asked: Action) -> Flow:
        # Who is in no group at all is nobody's in particular: as everybody else, he ends in the last one.
        schema = next((each for each in self._schemas if matches(each, user, asked)), self._schemas[-1])
        level, name = self._levels[_level_of(schema)], schema.metadata.name
        method = schema.spec.distinguisher_method
        by = {"ByUser": user.username, "ByNamespace": asked.namespace}.get(method.type if method else "", "")
        headers = (
            (b"x-kubernetes-pf-flowschema-uid", schema.metadata.uid.encode()),
            (b"x-kubernetes-pf-prioritylevel-uid", level.uid.encode()),
        )
        hand = level.hand(f"{name}\0{by}") if level.has_queues else ()
        return Flow(level, hand, self.counts.setdefault((name, level.name), Counts()), headers)

    async def run(self, flow: Flow, seats: int, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work when it is its turn. Raises: TooManyRequests."""
        level, counts = flow.level, flow.counts
        seats = level.width(seats)
        if level.is_exempt or self._may_start(level, seats):
            level.seats_used += seats
        else:
            await self._wait(flow, seats)
        counts.dispatched += 1
        counts.executing += 1
        counts.seats += seats
        try:
            return await work()
        finally:
            counts.executing -= 1
            counts.seats -= seats
            self._give_back(level, seats)

    def _may_start(self, level: Level, seats: int) -> bool:
        if level.waiting or not level.has_room(seats):
            return False
        if self._is_turn_begun:
            return time.perf_counter() < self._turn_ends or not level.has_queues
        self._begin_turn()
        return True

    async def _wait(self, flow: Flow, seats: int) -> None:
        """Until its seats are taken for it. Raises: TooManyRequests."""
        level, counts = flow.level, flow.counts
        if not flow.hand:
            raise _rejected(counts, "concurrency-limit")
        waiter = Waiter(seats, asyncio.get_running_loop().create_future())
        queue = level.enqueue(flow.hand, waiter)
        if queue is None:
            raise _rejected(counts, "queue-full")
        if not self._is_turn_begun:
            self._begin_turn()
        counts.waiting += 1
        self._waiting += 1
        try:
            await asyncio.wait((waiter.called,), timeout=LONGEST_WAIT_S)
        except asyncio.CancelledError:
            if waiter.called.done():
                self._give_back(level, seats)
            else:
                level.withdraw(queue, waiter)
            raise
        finally:
            counts.waiting -= 1
            self._waiting -= 1
        if not waiter.called.done():
            level.withdraw(queue, waiter)
            raise _rejected(counts, "time-out")
        counts.waited(waiter.called.result() - waiter.since)

    def _give_back(self, level: Level, seats: int) -> None:
        level.seats_used -= seats
        if level.waiting:
            if not self._is_turn_begun:
                self._begin_turn()
            if time.perf_counter() < self._turn_ends:
                level.start_next()

    def _begin_turn(self) -> None:
        self._is_turn_begun = True
        self._turn_ends = time.perf_counter() + _TURN_S
        asyncio.get_running_loop().call_soon(self._next_turn)

    def _next_turn(self) -> None:
        """The loop has come round: each level starts one that waits; where seats are free, others in further turns."""
        self._is_turn_begun = False
        if not self._waiting:
            return
        has_started = [level.start_next() for level in (*self._levels.values(), *self._leaving) if level.waiting]
        if any(has_started):
            self._begin_turn()


def _rejected(counts: Counts, reason: str) -> TooManyRequests:
    counts.rejected[reason] = counts.rejected.get(reason, 0) + 1
    return TooManyRequests("Too many requests, please try again later.", retry_after_s=1)


def _level_of(schema: FlowSchema) -> str:
    return schema.spec.priority_level_configuration.name


def _shares(level: PriorityLevelConfiguration) -> int:
    shares = level.spec.limited or level.spec.exempt
    return (shares.nominal_concurrency_shares or 0) if shares else 0
