"""Recorders of the ground truth: what a store commits, row by row, seen from beside the server.

sqlite   a trigger copies each row of the log, in the transaction that writes it, to a table that is never compacted
etcd     a watch of all keys, on a connection of its own
memory   a watch of the store itself
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, closing, suppress
from pathlib import Path

from minikube_py.storage import Storage, StorageError
from minikube_py.storage import etcd_wire as wire
from minikube_py.storage.etcd_connection import EtcdConnection
from tests.support.eventually import eventually
from tests.torture.log import Log

_BEGIN_COPY = """
BEGIN IMMEDIATE;
CREATE TABLE torture AS SELECT id, name, value FROM log;
CREATE TRIGGER torture_copy AFTER INSERT ON log
BEGIN INSERT INTO torture VALUES (NEW.id, NEW.name, NEW.value); END;
COMMIT;
"""
_COPY = "SELECT name, id, value FROM torture ORDER BY rowid"


@asynccontextmanager
async def recording(url: str) -> AsyncIterator[Log]:
    """The log of a store that is being served, complete when the block has ended."""
    record = _sqlite if url.startswith("sqlite://") else _etcd
    async with record(url) as log:
        yield log


@asynccontextmanager
async def recording_of(storage: Storage) -> AsyncIterator[Log]:
    """The log of a store that is open in this process."""
    log = Log()

    async def follow() -> None:
        async with aclosing(storage.watch("", 0)) as batches:
            async for batch in batches:
                for event in batch.events:
                    log.append(event.key, event.revision, event.value)

    async with _until_complete(log, follow, storage.current_revision):
        yield log


@asynccontextmanager
async def _etcd(url: str) -> AsyncIterator[Log]:
    connection, log = EtcdConnection(url.split(",")), Log()

    async def follow() -> None:
        while True:
            request = wire.WatchCreateRequest(key=b"\0", range_end=b"\0", start_revision=log.newest + 1)
            with suppress(StorageError):
                async with aclosing(connection.watch(request)) as answers:
                    async for answer in answers:
                        for event in answer.events:
                            value = event.kv.value if event.type == wire.PUT else None
                            log.append(event.kv.key.decode(), event.kv.mod_revision, value)
            await asyncio.sleep(0.1)

    async def newest() -> int:
        answer = await connection.read(wire.RANGE, wire.RangeRequest(key=b"\0", count_only=True))
        return answer.header.revision

    try:
        async with _until_complete(log, follow, newest):
            yield log
    finally:
        await connection.close()


@asynccontextmanager
async def _until_complete(
    log: Log, follow: Callable[[], Awaitable[None]], newest: Callable[[], Awaitable[int]]
) -> AsyncIterator[None]:
    following = asyncio.ensure_future(follow())
    try:
        yield
        last = await newest()
        await eventually(lambda: following.done() or log.newest >= last, timeout_s=30)
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


@asynccontextmanager
async def _sqlite(url: str) -> AsyncIterator[Log]:
    path, log = Path(url.removeprefix("sqlite://")), Log()
    await asyncio.to_thread(_begin_copy, path)
    yield log
    for key, revision, value in await asyncio.to_thread(_copy, path):
        log.append(key, revision, value)


def _begin_copy(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as connection:
        connection.executescript(_BEGIN_COPY)


def _copy(path: Path) -> list[tuple[str, int, bytes | None]]:
    with closing(sqlite3.connect(path, timeout=20)) as connection:
        return connection.execute(_COPY).fetchall()
