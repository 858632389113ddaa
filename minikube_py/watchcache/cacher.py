"""Cacher: the watch caches of all kinds, fed by one stream from the store. Kinds may come and go while it runs.

Invariant: the caches change in revision order, so `Cacher.revision` says how far *every* kind is.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go
Simplified: one stream over all kinds, not one each.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import TypeVar

from minikube_py.api.resource import Resource
from minikube_py.api.status import NotFound, not_found
from minikube_py.storage.interface import Batch, Compacted, KeyValue, Storage, StorageUnavailable
from minikube_py.watchcache.watch_cache import CachedObject, WatchCache

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Resource)


def _kind(resource: type[Resource]) -> tuple[str, str]:
    return resource.definition.api_version, resource.definition.plural


async def _nothing() -> None:
    return None


class Cacher:
    """The caches of all kinds, fed by one stream from the store. `run` it for as long as the server lives."""

    def __init__(self, storage: Storage, resources: Iterable[type[Resource]]) -> None:
        self._storage = storage
        self._caches: dict[type[Resource], WatchCache] = {}
        self._by_kind: dict[tuple[str, str], WatchCache] = {}
        self._by_prefix: dict[str, list[WatchCache]] = {}
        for resource in resources:
            if resource.definition.verbs:
                self._add(resource)
        self.before_advance: Callable[[], Awaitable[None]] = _nothing
        """Called with new changes in the caches, before anybody hears that they have come so far; must not wait for
        the caches itself."""
        self.revision = 0
        """What the caches hold is the state at this one, at any moment."""
        self._announced = 0
        self._moved = asyncio.Condition()
        self.is_synced = asyncio.Event()

    def _add(self, resource: type[Resource]) -> WatchCache:
        cache = self._caches[resource] = self._by_kind[_kind(resource)] = WatchCache(resource)
        self._by_prefix.setdefault(cache.prefix, []).append(cache)
        return cache

    async def begin(self, resources: Iterable[type[Resource]]) -> None:
        """Follow more kinds, from what the store has of them on. Raises: StorageError."""
        for resource in resources:
            cache = self._add(resource)
            page = await self._storage.list(cache.prefix)
            cache.reset(page.items, page.revision)

    def end(self, resources: Iterable[type[Resource]]) -> None:
        """Follow these kinds no longer; who watches them has to come back."""
        for resource in resources:
            cache = self._caches.pop(resource)
            if self._by_kind[_kind(resource)] is cache:
                del self._by_kind[_kind(resource)]
            left = self._by_prefix[cache.prefix]
            left.remove(cache)
            if not left:
                del self._by_prefix[cache.prefix]
            cache.end_watches()

    def of(self, resource: type[Resource]) -> WatchCache:
        """The cache of a kind; for a request that began before its schema was changed, that of the kind as it is now.

        Raises: NotFound for a kind that has just ceased to be served.
        """
        cache = self._caches.get(resource, self._by_kind.get(_kind(resource)))
        if cache is None:
            raise NotFound("the server could not find the requested resource", details={})
        return cache

    def get(self, resource: type[Resource], namespace: str, name: str) -> CachedObject | None:
        """One object, as far as this server has seen."""
        return self.of(resource).get(resource.definition.key(namespace, name))

    async def newest(self, resource: type[Resource], namespace: str, name: str) -> CachedObject:
        """One object with everything written before this call. Raises: NotFound, StorageUnavailable."""
        await self.catch_up()
        item = self.get(resource, namespace, name)
        if item is None:
            raise not_found(resource.definition, name)
        return item

    async def find(self, resource: type[T], namespace: str, name: str) -> T | None:
        """One object, whichever version this server has seen; None only when there is none in the store either."""
        item = self.get(resource, namespace, name)
        if item is None:
            await self.catch_up()
            item = self.get(resource, namespace, name)
        return item.as_object(resource) if item is not None else None

    def objects(self, resource: type[T], namespace: str = "") -> list[T]:
        """All objects of a kind, or those of one namespace, as far as this server has seen; by name."""
        cache = self.of(resource)
        return [
            item.as_object(resource)
            for item in cache.below(f"{cache.prefix}{namespace}/" if namespace else cache.prefix)
        ]

    def end_watches(self) -> None:
        for cache in self._caches.values():
            cache.end_watches()

    async def run(self) -> None:
        """Follow the store until cancelled; starts over from a list when history was compacted under it."""
        while True:
            try:
                await self._relist()
                await self._follow()
            except Compacted:
                log.warning("watch cache fell behind the store's compaction; listing again")
            except StorageUnavailable as error:
                self.is_synced.clear()
                log.warning("store unavailable; trying again", extra={"error": str(error)})
                await asyncio.sleep(1)

    async def _relist(self) -> None:
        page = await self._storage.list("/registry/")
        by_prefix: dict[str, list[KeyValue]] = {prefix: [] for prefix in self._by_prefix}
        for item in page.items:
            prefix = self._prefix_of(item.key)
            if prefix:
                by_prefix[prefix].append(item)
        for prefix, items in by_prefix.items():
            for cache in self._by_prefix[prefix]:
                cache.reset(items, page.revision)
        self.revision = max(self.revision, page.revision)
        await self._announce()
        self.is_synced.set()

    async def _follow(self) -> None:
        async with aclosing(self._storage.watch("/registry/", self.revision)) as batches:
            async for batch in batches:
                self._apply(batch)
                await self._announce()

    def _apply(self, batch: Batch) -> None:
        for event in batch.events:
            for cache in self._by_prefix.get(self._prefix_of(event.key), ()):
                cache.apply(event)
        self.revision = max(self.revision, batch.revision)

    def _prefix_of(self, key: str) -> str:
        """The kind's prefix of a key: `/registry/pods/` or `/registry/apps/deployments/`."""
        parts = key.split("/", 4)
        for length in (3, 4):
            prefix = "/".join(parts[:length]) + "/"
            if prefix in self._by_prefix:
                return prefix
        return ""

    async def _announce(self) -> None:
        """Tell who waits how far the caches are."""
        revision = self.revision
        await self.before_advance()
        async with self._moved:
            self._announced = revision
            self._moved.notify_all()

    async def catch_up(self, *, timeout_s: float = 10.0) -> int:
        """Wait until the caches hold everything written before this call; the revision they are at.

        Raises: StorageUnavailable, also when they do not follow the store: an old state is no answer.
        """
        revision = await self._storage.current_revision()
        if not await self.wait_for(revision, timeout_s=timeout_s):
            raise StorageUnavailable(
                f"the store is at revision {revision}, and its events have come up to {self.revision} only: "
                "see whether it answers, then try again"
            )
        return self.revision

    async def wait_for(self, revision: int, *, timeout_s: float) -> bool:
        """Wait until it was announced that the caches have reached `revision`; False if it was not in time."""
        if self._announced >= revision:
            return True
        try:
            async with asyncio.timeout(timeout_s), self._moved:
                await self._moved.wait_for(lambda: self._announced >= revision)
        except TimeoutError:
            return False
        return True
