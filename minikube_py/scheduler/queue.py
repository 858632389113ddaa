"""The scheduling queue: which pod is next, and what those wait for that fitted nowhere.

    active ──pop──> a cycle ──no fit──> unschedulable ──the change it waits for──> backoff ──time──> active
                                                      └───── five minutes ─────────────────────────────┘

A pod's wait doubles with each try, from one second to ten.

Kubernetes: pkg/scheduler/backend/queue/scheduling_queue.go, KEP-4247 (queueing hints)
Simplified: a change un-sticks by its kind, not by looking at the objects.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.machinery.backoff import BackoffPolicy
from minikube_py.machinery.store import Key, key_of
from minikube_py.scheduler.framework import ClusterChange

RETRY = BackoffPolicy(initial_s=1.0, cap_s=10.0)
LONGEST_WAIT_S = 300.0
"""A pod that nothing un-sticks is tried again after this long all the same."""


@dataclass(slots=True)
class _Entry:
    pod: Pod
    arrival: int
    attempts: int = 0
    waits_for: frozenset[ClusterChange] = field(default_factory=frozenset)
    since_s: float = 0.0
    is_active: bool = False


class SchedulingQueue:
    """Pods without a node. One task pops; informers put and remove."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or asyncio.get_running_loop().time
        self._entries: dict[Key, _Entry] = {}
        self._active: list[tuple[int, int, Key]] = []
        self._delayed: list[tuple[float, int, Key]] = []
        self._stuck: dict[Key, None] = {}
        """In the order in which they got stuck: only the first is asked whether its time has come."""
        self._in_cycle: Key | None = None
        self._missed: set[ClusterChange] = set()
        self._arrivals = itertools.count()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, pod: Pod) -> None:
        """A pod appeared, or changed; a changed one is tried again, for the change may be what it needs."""
        key = key_of(pod)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(pod, next(self._arrivals))
        elif entry.pod.metadata.uid != pod.metadata.uid:
            entry.attempts = 0
        elif entry.pod.spec == pod.spec and entry.pod.metadata.labels == pod.metadata.labels:
            entry.pod = pod
            return
        entry.pod = pod
        if key != self._in_cycle:
            self._activate(key, entry)

    def remove(self, pod: Pod) -> None:
        key = key_of(pod)
        self._entries.pop(key, None)
        self._stuck.pop(key, None)

    def _activate(self, key: Key, entry: _Entry) -> None:
        self._stuck.pop(key, None)
        if not entry.is_active:
            entry.is_active = True
            heapq.heappush(self._active, (-(entry.pod.spec.priority or 0), entry.arrival, key))
            self._wake.set()

    async def pop(self) -> Pod:
        """The next pod: highest priority first, then the one that came first. Follow with `placed` or `no_fit`."""
        while True:
            next_s = self._release_due()
            while self._active:
                _, arrival, key = heapq.heappop(self._active)
                entry = self._entries.get(key)
                if entry is None or entry.arrival != arrival or not entry.is_active:
                    continue
                entry.is_active = False
                entry.attempts += 1
                self._in_cycle = key
                self._missed.clear()
                return entry.pod
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), next_s)
            except TimeoutError:
                continue

    def has_due(self) -> bool:
        """Whether `pop` would return at once."""
        self._release_due()
        return bool(self._active)

    def _release_due(self) -> float | None:
        """Make active what has waited long enough; the seconds until the next is due."""
        now = self._clock()
        while self._stuck:
            first = next(iter(self._stuck))
            if now - self._entries[first].since_s < LONGEST_WAIT_S:
                break
            self._activate(first, self._entries[first])
        while self._delayed and self._delayed[0][0] <= now:
            _, arrival, key = heapq.heappop(self._delayed)
            entry = self._entries.get(key)
            if entry is not None and entry.arrival == arrival and key not in self._stuck:
                self._activate(key, entry)
        if self._delayed:
            return max(self._delayed[0][0] - now, 0.0)
        return LONGEST_WAIT_S if self._stuck else None

    def placed(self, pod: Pod) -> None:
        """The pod has been given a node: it stays known until that is confirmed (`remove`) or refused (`failed`)."""
        if self._in_cycle == key_of(pod):
            self._in_cycle = None

    def no_fit(self, pod: Pod, waits_for: frozenset[ClusterChange]) -> None:
        """The pod fits nowhere; a change that came while the decision was made counts."""
        key, self._in_cycle = key_of(pod), None
        entry = self._entries.get(key)
        if entry is None or entry.is_active:
            return
        entry.waits_for, entry.since_s = waits_for, self._clock()
        if waits_for & self._missed:
            self._delay(key, entry)
        else:
            self._stuck[key] = None

    def failed(self, pod: Pod) -> None:
        """Something went wrong that time may heal: the binding was refused, the API server was away."""
        key = key_of(pod)
        if self._in_cycle == key:
            self._in_cycle = None
        entry = self._entries.get(key)
        if entry is not None and not entry.is_active:
            self._delay(key, entry)

    def _delay(self, key: Key, entry: _Entry) -> None:
        self._stuck.pop(key, None)
        due = self._clock() + RETRY.delay_s(entry.attempts - 1)
        heapq.heappush(self._delayed, (due, entry.arrival, key))
        self._wake.set()

    def changed(self, change: ClusterChange) -> None:
        """Something happened in the cluster: whoever waits for it gets another try."""
        self._missed.add(change)
        for key in [k for k in self._stuck if change in self._entries[k].waits_for]:
            self._delay(key, self._entries[key])
