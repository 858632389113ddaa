"""Recorders of the ground truth: they follow what a store commits, beside the server that serves it.

Each gives every row once, in order; `Log.gaps` tells when compaction was faster than the recorder.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, closing, suppress
from pathlib import Path

from minikube_py.storage import Storage, StorageError, open_storage
from tests.support.eventually import eventually
from tests.torture.log import Log

_POLL_S = 0.03
_ROWS = "SELECT id, name, value FROM log WHERE id > ? ORDER BY id"


@asynccontextmanager
async def recording(url: str) -> AsyncIterator[Log]:
    """The log of a store of this URL, complete when the block has ended."""
    record = _sqlite if url.startswith("sqlite://") else _etcd
    async with record(url) as log:
        yield log


@asynccontextmanager
async def recording_of(storage: Storage) -> AsyncIterator[Log]:
    """The log of a store that is open in this process."""
    log, position = Log(), 0

    async def follow() -> None:
        nonlocal position
        async with aclosing(storage.watch("", 0)) as batches:
            async for batch in batches:
                for event in batch.events:
                    log.append(event.key, event.revision, event.value)
                position = batch.revision

    following = asyncio.create_task(follow())
    try:
        yield log
        newest = await storage.current_revision()
        await eventually(lambda: following.done() or position >= newest, timeout_s=20)
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


@asynccontextmanager
async def _etcd(url: str) -> AsyncIterator[Log]:
    storage = await open_storage(url)
    try:
        async with recording_of(storage) as log:
            yield log
    finally:
        with suppress(StorageError):
            await storage.close()


@asynccontextmanager
async def _sqlite(url: str) -> AsyncIterator[Log]:
    """Read the file from outside: whoever serves it cannot tell."""
    path, log = Path(url.removeprefix("sqlite://")), Log()
    stop = asyncio.Event()

    async def follow() -> None:
        await eventually(lambda: _is_store(path), timeout_s=30)
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _POLL_S)
            for revision, key, value in await asyncio.to_thread(_rows, path, log.newest):
                log.append(key, revision, value)

    following = asyncio.create_task(follow())
    try:
        yield log
    finally:
        stop.set()
        await following


def _is_store(path: Path) -> bool:
    try:
        return path.exists() and bool(_rows(path, 0))
    except sqlite3.OperationalError:
        return False


def _rows(path: Path, after: int) -> Sequence[tuple[int, str, bytes | None]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(_ROWS, (after,)).fetchall()
