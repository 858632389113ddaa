"""MemoryStorage: the whole contract in plain Python structures; for tests, labs and a cluster that may forget.

Each key has the list of its versions, each write is one event. Everything happens on the event loop between two
awaits, so every operation is atomic without a lock. This is the file to read first to learn what a store promises.

Kubernetes: etcd's server/storage/mvcc (treeIndex: key -> generations of revisions; watchableStore).
Simplified: nothing is written down, so a restart begins with an empty store.
"""

import asyncio
import time
from bisect import bisect_left, insort
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from minikube_py.storage.interface import (
    LATEST,
    Batch,
    Compacted,
    Event,
    FutureRevision,
    KeyExists,
    KeyValue,
    Page,
    RevisionConflict,
    Snapshot,
    StorageUnavailable,
    encode_key,
    prefix_end,
)
from minikube_py.storage.recent_events import RecentEvents


@dataclass(frozen=True, slots=True)
class _Version:
    """What a write left at a key; `value` None is a deletion."""

    value: bytes | None
    create_revision: int
    revision: int


class MemoryStorage:
    """Storage in this process's memory."""

    def __init__(self) -> None:
        self._history: dict[str, list[_Version]] = {}
        self._keys: list[str] = []
        self._events = RecentEvents(0)
        self._compacted = 0
        self._expiries: dict[str, asyncio.TimerHandle] = {}
        self._closed = False

    async def get(self, key: str, revision: int = LATEST) -> KeyValue | None:
        return self._at(key, self._readable(revision))

    async def list(self, prefix: str, *, start: str = "", limit: int = 0, revision: int = LATEST) -> Page:
        snapshot = self._readable(revision)
        end = prefix_end(prefix)
        first = bisect_left(self._keys, max(prefix, start))
        last = len(self._keys) if end is None else bisect_left(self._keys, end)
        found = [item for key in self._keys[first:last] if (item := self._at(key, snapshot)) is not None]
        items = found[:limit] if limit else found
        remaining = len(found) - len(items)
        return Page(tuple(items), snapshot, more=remaining > 0, remaining=remaining)

    async def snapshot(self, prefix: str) -> Snapshot:
        page = await self.list(prefix)
        wall_clock_s = time.time() - asyncio.get_running_loop().time()
        expiries = {key: timer.when() + wall_clock_s for key, timer in self._expiries.items()}
        return Snapshot(
            page.items, page.revision, {key: due for key, due in expiries.items() if key.startswith(prefix)}
        )

    async def create(self, key: str, value: bytes, ttl_s: int | None = None) -> int:
        self._require_open()
        encode_key(key)
        if self._at(key, self._events.revision) is not None:
            raise KeyExists(key)
        return self._write(key, value, ttl_s)

    async def update(self, key: str, value: bytes, expected_revision: int, ttl_s: int | None = None) -> int:
        self._require_revision(key, expected_revision)
        return self._write(key, value, ttl_s)

    async def delete(self, key: str, expected_revision: int) -> int:
        self._require_revision(key, expected_revision)
        return self._write(key, None, None)

    async def current_revision(self) -> int:
        self._require_open()
        return self._events.revision

    async def watch(self, prefix: str, after_revision: int) -> AsyncGenerator[Batch, None]:
        position = after_revision
        while True:
            if position < self._compacted:
                raise Compacted(position)
            if not await self._events.wait_beyond(position):
                raise StorageUnavailable("the store was closed while it was watched")
            events = self._events.since(position)
            if events is None:
                raise Compacted(position)
            position = self._events.revision
            yield Batch(tuple(event for event in events if event.key.startswith(prefix)), position)

    async def compact(self, revision: int) -> None:
        self._require_open()
        if revision > self._events.revision:
            raise FutureRevision(revision)
        if revision <= self._compacted:
            return
        self._compacted = revision
        self._events.discard_through(revision)
        self._history = {key: kept for key, versions in self._history.items() if (kept := _kept(versions, revision))}
        self._keys = sorted(self._history)

    async def close(self) -> None:
        self._closed = True
        self._events.close()
        for timer in self._expiries.values():
            timer.cancel()
        self._expiries.clear()

    def _write(self, key: str, value: bytes | None, ttl_s: int | None) -> int:
        revision = self._events.revision + 1
        current = self._at(key, self._events.revision)
        if key not in self._history:
            self._history[key] = []
            insort(self._keys, key)
        create_revision = revision if current is None else current.create_revision
        self._history[key].append(_Version(value, create_revision, revision))
        previous = None if current is None else current.value
        self._events.publish([Event(key, value, previous, revision, created=current is None)], revision)
        self._renew_expiry(key, revision, ttl_s)
        return revision

    def _renew_expiry(self, key: str, revision: int, ttl_s: int | None) -> None:
        former = self._expiries.pop(key, None)
        if former is not None:
            former.cancel()
        if ttl_s is not None:
            self._expiries[key] = asyncio.get_running_loop().call_later(ttl_s, self._expire, key)

    def _expire(self, key: str) -> None:
        self._write(key, None, None)

    def _at(self, key: str, revision: int) -> KeyValue | None:
        for version in reversed(self._history.get(key, ())):
            if version.revision <= revision:
                if version.value is None:
                    return None
                return KeyValue(key, version.value, version.create_revision, version.revision)
        return None

    def _readable(self, revision: int) -> int:
        self._require_open()
        if revision == LATEST:
            return self._events.revision
        if revision > self._events.revision:
            raise FutureRevision(revision)
        if revision < self._compacted:
            raise Compacted(revision)
        return revision

    def _require_revision(self, key: str, expected_revision: int) -> None:
        self._require_open()
        current = self._at(key, self._events.revision)
        if current is None or current.revision != expected_revision:
            raise RevisionConflict(key, expected_revision, current)

    def _require_open(self) -> None:
        if self._closed:
            raise StorageUnavailable("the store is closed")


def _kept(versions: list[_Version], compacted: int) -> list[_Version]:
    """Return the versions that reads at or after `compacted` can still meet."""
    superseded = [version for version in versions if version.revision <= compacted]
    later = versions[len(superseded) :]
    if superseded and superseded[-1].value is not None:
        return [superseded[-1], *later]
    return later
