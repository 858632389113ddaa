"""Ten bugs, planted one at a time into a server inside the test; the checker has to find each.

Every one was a real bug of somebody's: of etcd, of Kubernetes' watch cache, or of kine. They live here only.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from minikube_py.apiserver import run, watch_stream
from minikube_py.apiserver.lists import Lister, ListPage
from minikube_py.storage import Batch, Compacted, RevisionConflict
from minikube_py.storage.memory import MemoryStorage
from minikube_py.watchcache import cacher
from minikube_py.watchcache.watch_cache import CachedObject, CacheEvent, Subscription, WatchCache

_ENCODER = watch_stream._Encoder
Plant = Callable[[pytest.MonkeyPatch], None]


class SkipsAtCompaction(MemoryStorage):
    """The first event after a compaction is told to nobody."""

    _skips = False

    async def compact(self, revision: int) -> None:
        await super().compact(revision)
        self._skips = True

    async def watch(self, prefix: str, after_revision: int) -> AsyncGenerator[Batch, None]:
        async with aclosing(super().watch(prefix, after_revision)) as batches:
            async for batch in batches:
                if self._skips and batch.events and prefix:
                    self._skips = False
                    yield Batch(batch.events[1:], batch.revision)
                else:
                    yield batch


class ResumesFromTheHeader(MemoryStorage):
    """A stream that breaks goes on from the revision in the answer's header, which is ahead of its events."""

    _random = random.Random(7)

    async def watch(self, prefix: str, after_revision: int) -> AsyncGenerator[Batch, None]:
        async with aclosing(super().watch(prefix, after_revision)) as batches:
            async for batch in batches:
                if prefix and len(batch.events) > 1 and self._random.random() < 0.2:
                    yield Batch(batch.events[:1], batch.revision)
                else:
                    yield batch


class RepliesBeforeCommit(MemoryStorage):
    """A creation is acknowledged as soon as its revision is known, and written a little later."""

    def __init__(self) -> None:
        super().__init__()
        self._late: set[asyncio.Task[int]] = set()

    async def create(self, key: str, value: bytes, ttl_s: int | None = None) -> int:
        if "/default/n" not in key or await self.get(key) is not None:
            return await super().create(key, value, ttl_s)
        self._late.add(asyncio.create_task(self._create_late(key, value, ttl_s)))
        return await self.current_revision() + 1

    async def _create_late(self, key: str, value: bytes, ttl_s: int | None) -> int:
        await asyncio.sleep(0.02)
        with suppress(Exception):
            return await super().create(key, value, ttl_s)
        return 0


class LosesAnUpdate(MemoryStorage):
    """An update that lost the race writes over the winner; the race is long, so that there are some."""

    async def update(self, key: str, value: bytes, expected_revision: int, ttl_s: int | None = None) -> int:
        await asyncio.sleep(0.03)
        try:
            return await super().update(key, value, expected_revision, ttl_s)
        except RevisionConflict as lost:
            if lost.current is None:
                raise
            return await super().update(key, value, lost.current.revision, ttl_s)


class RepeatsAfterReconnect(WatchCache):
    """A watch from a revision begins with the last event up to that revision."""

    def subscribe(self, subscription: Subscription, after_revision: int | None) -> None:
        if after_revision:
            seen = (event.revision for event in reversed(self._ring) if event.revision <= after_revision)
            after_revision = max(self._complete_after, next(seen, after_revision + 1) - 1)
        super().subscribe(subscription, after_revision)


class IgnoresExpiry(WatchCache):
    """A watch from a revision that is too old begins with whatever comes next."""

    def subscribe(self, subscription: Subscription, after_revision: int | None) -> None:
        try:
            super().subscribe(subscription, after_revision)
        except Compacted:
            super().subscribe(subscription, None)


class BookmarksTooEarly(_ENCODER):
    """A bookmark says a revision that is still to come."""

    def bookmark(self, revision: int, *, is_end_of_initial: bool = False) -> bytes:
        return super().bookmark(revision + 3 * (not is_end_of_initial), is_end_of_initial=is_end_of_initial)


class WrongRevisionOfDeletion(_ENCODER):
    """DELETED carries the revision of the last state, not that of the deletion."""

    @staticmethod
    def _shown(kind: str, event: CacheEvent) -> CachedObject:
        shown = _ENCODER._shown(kind, event)
        return shown.at(event.revision - 1) if kind == "DELETED" else shown


class MixesRevisions(Lister):
    """A further page is of the newest state, and says that it is of the first page's."""

    async def _from_store(self, *arguments: Any) -> ListPage:
        *others, revision = arguments
        page = await super()._from_store(*others, -1)  # type: ignore[call-arg]  # whatever stands before it
        return ListPage(page.items, revision, page.continue_token, page.remaining)


@dataclass(frozen=True, slots=True)
class Planted:
    """One bug: how to plant it, and the promises of which one at least must be found broken."""

    name: str
    plant: Plant
    breaks: frozenset[str]
    compaction_interval_s: float = 300.0
    ring_size: int = 0
    restarts: bool = False


def _storage(kind: type[MemoryStorage]) -> Plant:
    async def opened(_url: str) -> MemoryStorage:
        return kind()

    return lambda patch: patch.setattr(run, "open_storage", opened)


def _attribute(module: Any, name: str, value: object) -> Plant:
    return lambda patch: patch.setattr(module, name, value)


PLANTED = (
    Planted("skips an event at compaction", _storage(SkipsAtCompaction), frozenset({"W4", "P5"}), 0.3),
    Planted(
        "repeats after reconnect", _attribute(cacher, "WatchCache", RepeatsAfterReconnect), frozenset({"W2", "W3"})
    ),
    Planted("reuses a revision after a crash", lambda _patch: None, frozenset({"P1", "P3"}), restarts=True),
    Planted("resumes from the header's revision", _storage(ResumesFromTheHeader), frozenset({"W4", "P5"})),
    Planted("bookmarks too early", _attribute(watch_stream, "_Encoder", BookmarksTooEarly), frozenset({"W6"})),
    Planted(
        "answers 200 on an expired revision",
        _attribute(cacher, "WatchCache", IgnoresExpiry),
        frozenset({"W4", "W6"}),
        0.3,
        8,
    ),
    Planted("replies before commit", _storage(RepliesBeforeCommit), frozenset({"P1", "P3", "P4"})),
    Planted("loses an update", _storage(LosesAnUpdate), frozenset({"P6"})),
    Planted(
        "gives a wrong revision in DELETED",
        _attribute(watch_stream, "_Encoder", WrongRevisionOfDeletion),
        frozenset({"W2", "W3", "W1"}),
    ),
    Planted("mixes two revisions in a list", _attribute(run, "Lister", MixesRevisions), frozenset({"P5"})),
)
