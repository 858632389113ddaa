"""Watch: the events of a kind, one JSON document a line, for as long as the client listens.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go, KEP-956 (bookmarks), KEP-3157 (initial events)
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass

import orjson

from minikube_py.api.definition import Ago
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.api.status import Expired
from minikube_py.apiserver.lists import Lister, check_fields
from minikube_py.apiserver.negotiation import Rendering
from minikube_py.apiserver.options import ListOptions
from minikube_py.apiserver.table import IncludeObject, partial_metadata, table, table_of_rows
from minikube_py.storage.interface import Compacted
from minikube_py.watchcache.cacher import Cacher
from minikube_py.watchcache.watch_cache import CachedObject, CacheEvent, Subscription

BOOKMARK_INTERVAL_S = 30.0
PIECE_BYTES = 32 << 10
SHORTEST_TIMEOUT_S = 1800
"""A watch whose client names no timeout ends between one and two times this, so that they do not all end at once."""


@dataclass(frozen=True, slots=True)
class WatchRequest:
    resource: type[Resource]
    namespace: str
    options: ListOptions
    rendering: Rendering
    include: IncludeObject = "Metadata"


class WatchStreamer:
    def __init__(self, cacher: Cacher, lister: Lister) -> None:
        self._cacher = cacher
        self._lister = lister
        self._random = random.Random()

    async def open(self, request: WatchRequest) -> AsyncGenerator[bytes, None]:
        """Begin to watch; the events come from the iterator.

        A revision that is too old is told in the stream, as an ERROR event with code 410, as upstream does.
        Raises: BadRequest, Timeout.
        """
        options = request.options
        check_fields(request.resource, options)
        cache = self._cacher.of(request.resource)
        prefix = f"{cache.prefix}{request.namespace}/" if request.namespace else cache.prefix
        subscription = Subscription(prefix, options.labels, options.fields)
        initial: list[CachedObject] = []
        try:
            if wants_state(options):
                await self._lister.fresh_revision(options)
                initial = cache.select(subscription, prefix)
                cache.subscribe(subscription, None)
            else:
                if options.revision == 0:
                    await self._cacher.catch_up()
                cache.subscribe(subscription, options.revision or None)
        except Compacted as compacted:
            text = f"too old resource version: {options.revision} ({compacted.revision})"
            return _one(_line("ERROR", orjson.dumps(Expired(text).to_status())))
        return self._events(request, subscription, initial, self._cacher.revision)

    async def _events(
        self, request: WatchRequest, subscription: Subscription, initial: list[CachedObject], revision: int
    ) -> AsyncGenerator[bytes, None]:
        options, encoder = request.options, _Encoder(request)
        timeout_s = options.timeout_s or self._random.uniform(SHORTEST_TIMEOUT_S, 2 * SHORTEST_TIMEOUT_S)
        clock = asyncio.get_running_loop().time
        deadline, bookmark_at = clock() + timeout_s, clock() + BOOKMARK_INTERVAL_S
        cache = self._cacher.of(request.resource)
        try:
            for piece in _pieces(encoder.encode("ADDED", CacheEvent(item.revision, item, None)) for item in initial):
                yield piece
            initial.clear()
            if options.bookmarks and wants_state(options):
                yield encoder.bookmark(revision, is_end_of_initial=True)
            while not subscription.is_closed and clock() < deadline:
                seen = self._cacher.revision
                events = await subscription.take(min(deadline, bookmark_at) - clock())
                if events:
                    for piece in _pieces(encoder.encode(kind, event) for kind, event in events):
                        yield piece
                elif options.bookmarks and not subscription.is_closed and seen >= subscription.after:
                    # Nothing waits, so everything up to what the cache had reached before has been delivered.
                    yield encoder.bookmark(seen)
                    bookmark_at = clock() + BOOKMARK_INTERVAL_S
                else:
                    bookmark_at = clock() + BOOKMARK_INTERVAL_S
        finally:
            cache.unsubscribe(subscription)


def wants_state(options: ListOptions) -> bool:
    """Whether the watch begins with the objects that are there already."""
    return options.revision == 0 if options.send_initial_events is None else options.send_initial_events


class _Encoder:
    """Watch events as bytes. Plain JSON frames are kept on the event, so all watchers share one encoding."""

    def __init__(self, request: WatchRequest) -> None:
        self._resource = request.resource
        self._form = request.rendering.form
        self._include = request.include
        self._columns_sent = False

    def encode(self, kind: str, event: CacheEvent) -> bytes:
        if self._form == "object":
            frame = event.frames.get(kind)
            if frame is None:
                frame = event.frames[kind] = _line(kind, self._shown(kind, event).data)
            return frame
        return _line(kind, self._in_form(self._shown(kind, event)))

    @staticmethod
    def _shown(kind: str, event: CacheEvent) -> CachedObject:
        """What a watcher is shown: for an object that left its selector, the last state that was inside."""
        if kind == "DELETED" and event.current is not None and event.previous is not None:
            return event.previous.at(event.revision)
        return event.shown

    def _in_form(self, item: CachedObject) -> bytes:
        if self._form != "Table":
            return partial_metadata(item)
        with_columns, self._columns_sent = not self._columns_sent, True
        metadata = {"resourceVersion": str(item.revision)}
        shown = table(self._resource, [item], include=self._include, with_columns=with_columns, list_metadata=metadata)
        return bytes(shown)

    def bookmark(self, revision: int, *, is_end_of_initial: bool = False) -> bytes:
        definition = self._resource.definition
        metadata: dict[str, Json] = {"resourceVersion": str(revision)}
        if is_end_of_initial:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        document: dict[str, Json] = {"kind": definition.kind, "apiVersion": definition.api_version}
        if self._form == "PartialObjectMetadata":
            document = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        elif self._form == "Table":
            row_object = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
            cells = [column.cell(self._resource()) for column in definition.columns]
            shown = ["<unknown>" if isinstance(cell, Ago) else cell for cell in cells]
            row = orjson.dumps({"cells": shown, "object": row_object})
            at = {"resourceVersion": str(revision)}
            row_text = table_of_rows(self._resource, [row], with_columns=False, list_metadata=at)
            return _line("BOOKMARK", bytes(row_text))
        document["metadata"] = metadata
        return _line("BOOKMARK", orjson.dumps(document))


def _pieces(frames: Iterable[bytes]) -> Iterator[bytes]:
    """What is sent at once: small frames together, of a large one a part; so a slow client keeps little for himself."""
    together: list[bytes] = []
    size = 0
    for frame in frames:
        if together and size + len(frame) > PIECE_BYTES:
            yield b"".join(together)
            together, size = [], 0
        if len(frame) > PIECE_BYTES:
            yield from (frame[start : start + PIECE_BYTES] for start in range(0, len(frame), PIECE_BYTES))
        else:
            together.append(frame)
            size += len(frame)
    if together:
        yield b"".join(together)


def _line(kind: str, data: bytes) -> bytes:
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), data)


async def _one(line: bytes) -> AsyncGenerator[bytes, None]:
    yield line
