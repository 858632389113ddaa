"""RecentEvents: the newest events of a store, kept once and read by all of its watchers.

A writer publishes in commit order; each watcher keeps nothing but its own position and takes what came after it. So a
slow watcher costs no memory and delays nobody: when it has fallen behind what is kept here, `since` says so and the
store serves it from its history instead.

Kubernetes: the ring in staging/src/k8s.io/apiserver/pkg/storage/cacher/watch_cache.go; kine's pkg/broadcaster.
Simplified: those give every watcher a bounded queue of its own and drop the watcher whose queue is full.
"""

import asyncio
from collections import deque
from collections.abc import Iterable

from minikube_py.storage.interface import Event


class RecentEvents:
    """Events after `oldest` up to `revision`, bounded in number and in bytes (0 = unbounded)."""

    def __init__(self, revision: int, *, max_events: int = 0, max_bytes: int = 0) -> None:
        self.revision = revision
        self.oldest = revision
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._closed = False

    def publish(self, events: Iterable[Event], revision: int) -> None:
        """Append events that are all later than the ones before, and wake the watchers."""
        for event in events:
            self._events.append(event)
            self._bytes += _size(event)
        self.revision = max(self.revision, revision)
        while self._is_over_its_bounds():
            self._drop_oldest()
        self._wake()

    def since(self, revision: int) -> list[Event] | None:
        """Return the events after `revision`, or None when some of them are no longer kept."""
        if revision < self.oldest:
            return None
        newest: list[Event] = []
        for event in reversed(self._events):
            if event.revision <= revision:
                break
            newest.append(event)
        newest.reverse()
        return newest

    def discard_through(self, revision: int) -> None:
        """Forget events up to and including `revision`."""
        while self._events and self._events[0].revision <= revision:
            self._drop_oldest()
        self.oldest = max(self.oldest, revision)

    def skip_to(self, revision: int) -> None:
        """Go on at `revision` without the events up to it: watchers that need them must look elsewhere."""
        self._events.clear()
        self._bytes = 0
        self.oldest = self.revision = max(self.revision, revision)
        self._wake()

    async def wait_beyond(self, revision: int) -> bool:
        """Wait until something later than `revision` was published; False when the store has closed."""
        while self.revision <= revision and not self._closed:
            await self._changed.wait()
        return not self._closed

    def close(self) -> None:
        """Send every waiting watcher away."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        # Setting wakes everyone who waits now; clearing at once makes the next wait wait for the next change.
        self._changed.set()
        self._changed.clear()

    def _is_over_its_bounds(self) -> bool:
        too_many = 0 < self._max_events < len(self._events)
        too_large = 0 < self._max_bytes < self._bytes
        return bool(self._events) and (too_many or too_large)

    def _drop_oldest(self) -> None:
        event = self._events.popleft()
        self._bytes -= _size(event)
        self.oldest = event.revision


def _size(event: Event) -> int:
    return len(event.value or b"") + len(event.previous or b"")
