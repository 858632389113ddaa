"""WorkQueue: keys that somebody should look at, each once however often it was added.

Three sets say it all, and a key is never lost nor handled twice at once:

- `_waiting`: in line, each key once (the order is that of the first `add`);
- `_processing`: taken by `get`, not yet `done`;
- `_dirty`: added again while being processed; `done` puts it back in line.

Beside them stand two ways to come later: `add_after` (a timer a key, the earlier one wins) and `add_rate_limited`
(`add_after` with a delay that doubles with each failure of this key, until `forget`).

Kubernetes: staging/src/k8s.io/client-go/util/workqueue/{queue,delaying_queue,default_rate_limiters}.go
Simplified: no overall limit of retries a second; the cap of a key's delay is two minutes, not seventeen.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable
from typing import Generic, TypeVar

from minikube_py.machinery import metrics
from minikube_py.machinery.backoff import BackoffPolicy

K = TypeVar("K", bound=Hashable)

RETRY = BackoffPolicy(initial_s=0.005, cap_s=120.0)


class WorkQueue(Generic[K]):
    """A queue of keys for several workers of one event loop."""

    def __init__(self, name: str, *, retry: BackoffPolicy = RETRY) -> None:
        self._retry = retry
        self._waiting: dict[K, float] = {}
        self._processing: dict[K, float] = {}
        self._dirty: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._is_filled = asyncio.Event()
        self._metrics = metrics.queue(name)

    def __len__(self) -> int:
        """How many keys are in line now."""
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in line or being processed; keys may still be due later."""
        return not self._waiting and not self._processing

    def add(self, key: K) -> None:
        """Put the key in line, or see to it that it is processed once more if it is being processed."""
        if key in self._processing:
            self._dirty.add(key)
        elif key not in self._waiting:
            self._waiting[key] = time.monotonic()
            self._is_filled.set()
            self._metrics.added(len(self._waiting))

    def add_after(self, key: K, delay_s: float) -> None:
        """Add the key later; of several delays the one that ends first counts."""
        if delay_s <= 0:
            self.add(key)
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + delay_s
        timer = self._timers.get(key)
        if timer is not None and timer.when() <= due:
            return
        if timer is not None:
            timer.cancel()
        self._timers[key] = loop.call_at(due, self._due, key)

    def add_rate_limited(self, key: K) -> None:
        """Add the key after a delay that grows with each failure since `forget`."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self._metrics.retried()
        self.add_after(key, self._retry.delay_s(failures))

    def forget(self, key: K) -> None:
        """Count the key's failures from nothing again."""
        self._failures.pop(key, None)

    def failures(self, key: K) -> int:
        return self._failures.get(key, 0)

    async def get(self) -> K:
        """Take the next key; no other `get` returns it until `done(key)`."""
        while not self._waiting:
            self._is_filled.clear()
            await self._is_filled.wait()
        key = next(iter(self._waiting))
        added_at = self._waiting.pop(key)
        self._processing[key] = time.monotonic()
        self._metrics.taken(self._processing[key] - added_at, len(self._waiting))
        return key

    def done(self, key: K) -> None:
        """Say that the key was processed, with or without success."""
        self._metrics.done(time.monotonic() - self._processing.pop(key))
        if key in self._dirty:
            self._dirty.discard(key)
            self.add(key)

    def close(self) -> None:
        """Forget what is due later, so that no timer outlives the queue."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _due(self, key: K) -> None:
        del self._timers[key]
        self.add(key)
