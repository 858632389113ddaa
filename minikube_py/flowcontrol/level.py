"""A priority level: how many of its requests run at once (seats), and which of those that wait is next (queues).

Each flow has a hand of a few queues, dealt by its name, and waits in the shortest of them; the queues are served in
turn. So a flow that sends much fills its own few queues, and most others share none, or not all, of them with it.

Kubernetes: pkg/util/flowcontrol/fairqueuing/queueset, pkg/util/shufflesharding
Simplified: the work of a request is the number of its seats, not seats times seconds; a level lends no seats.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from minikube_py.api.kinds.flowcontrol.priority_level_configuration import PriorityLevelConfiguration
from minikube_py.api.kinds.flowcontrol.priority_level_spec import QueuingConfiguration

_BURST_S = 1.0


@dataclass(slots=True, eq=False)
class Waiter:
    """A request in a queue; `called` is done when its seats have been taken for it."""

    seats: int
    called: asyncio.Future[float]
    """Its result is the time, as `since` is."""
    since: float = field(default_factory=time.monotonic)


@dataclass(slots=True, eq=False)
class Queue:
    waiting: deque[Waiter] = field(default_factory=deque)
    next_start: float = 0.0
    """The level's virtual time at which the first that waits is due: what was served from here, one after another."""


class Level:
    def __init__(self, configuration: PriorityLevelConfiguration, seats: int) -> None:
        self.name = configuration.metadata.name
        self.uid = configuration.metadata.uid
        self.spec = configuration.spec
        limited = configuration.spec.limited
        self.is_exempt = configuration.spec.type == "Exempt"
        queuing = limited.limit_response.queuing if limited else None
        self._queuing = queuing or QueuingConfiguration()
        self._queues = tuple(Queue() for _ in range(self._queuing.queues))
        self._busy: list[Queue] = []
        self._now = 0.0
        """Virtual time: when the request that was started last was due."""
        self.seats = seats
        self.seats_used = 0
        self.waiting = 0

    @property
    def has_queues(self) -> bool:
        return bool(self._queues)

    def hand(self, flow: str) -> tuple[Queue, ...]:
        """The queues that requests of this flow may wait in."""
        value = int.from_bytes(hashlib.sha256(flow.encode()).digest()[:8], "little")
        return tuple(self._queues[index] for index in deal(value, len(self._queues), self._queuing.hand_size))

    def width(self, seats: int) -> int:
        """What a request that wants so many seats gets: nobody waits for more than there are."""
        return min(seats, self.seats) or seats

    def has_room(self, seats: int) -> bool:
        return self.seats_used + seats <= self.seats

    def enqueue(self, hand: Iterable[Queue], waiter: Waiter) -> Queue | None:
        """The queue that it waits in now; None when that is full.

        A burst is no overload: as long as seats are free and the queue moves, it may be longer than its limit.
        """
        queue = min(hand, key=lambda each: len(each.waiting))
        if len(queue.waiting) >= self._queuing.queue_length_limit:
            is_moving = queue.waiting[0].since > waiter.since - _BURST_S
            if not (is_moving and self.has_room(waiter.seats)):
                return None
        if not queue.waiting:
            self._busy.append(queue)
            queue.next_start = max(queue.next_start, self._now)
        queue.waiting.append(waiter)
        self.waiting += 1
        return queue

    def withdraw(self, queue: Queue, waiter: Waiter) -> None:
        queue.waiting.remove(waiter)
        self._shrunk(queue)

    def _shrunk(self, queue: Queue) -> None:
        self.waiting -= 1
        if not queue.waiting:
            self._busy.remove(queue)

    def start_next(self) -> bool:
        """Give seats to the request that is due; False when none waits or its seats are not free."""
        if not self._busy:
            return False
        queue = min(self._busy, key=lambda each: each.next_start)
        waiter = queue.waiting[0]
        if not self.has_room(waiter.seats):
            return False
        queue.waiting.popleft()
        self._shrunk(queue)
        self._now = queue.next_start
        queue.next_start += waiter.seats
        self.seats_used += waiter.seats
        waiter.called.set_result(time.monotonic())
        return True


def deal(value: int, cards: int, hand_size: int) -> tuple[int, ...]:
    """`hand_size` different numbers below `cards`, as good as dealt at random by `value`."""
    hand: list[int] = []
    for left in range(cards, max(cards - hand_size, 0), -1):
        value, card = divmod(value, left)
        for taken in sorted(hand):
            card += card >= taken
        hand.append(card)
    return tuple(hand)
