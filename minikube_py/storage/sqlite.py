"""SqliteStorage: the contract on one SQLite file, for a cluster that needs no database server.

    write  -> sqlite_writer: one thread, group commit -> events -> RecentEvents -> every watcher
    read   -> a small pool of read connections; WAL lets them see the last commit without waiting for writers
    watch  -> RecentEvents; a watcher that starts or falls behind it is served from the log table until it catches up

sqlite_log.py holds the schema and all SQL, sqlite_writer.py the thread. Exactly one process may have the file open;
the others are refused by name.

Kubernetes: kine (k3s) puts etcd's interface on the same design.
Simplified: no server process and no network protocol between the API server and the table.
"""

import asyncio
import fcntl
import os
import queue
import sqlite3
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from minikube_py.storage.interface import (
    LATEST,
    Batch,
    Event,
    KeyValue,
    Page,
    Snapshot,
    StorageError,
    StorageUnavailable,
    ValueTooLarge,
    encode_key,
)
from minikube_py.storage.recent_events import RecentEvents
from minikube_py.storage.sqlite_log import LogTable, check_schema, connect, prepare_schema
from minikube_py.storage.sqlite_writer import Operation, SqliteWriter

T = TypeVar("T")

_READERS = 2
_RECENT_EVENTS = 2048
_RECENT_BYTES = 8 << 20
_CATCH_UP_EVENTS = 500
_CATCH_UP_BYTES = 4 << 20
_SWEEP_REVISIONS = 256
_MAX_VALUE_BYTES = 256 << 20


class SqliteStorage:
    """Storage in one SQLite file. Open it with `await SqliteStorage.open(path)`."""

    def __init__(self, path: Path, files: "_OpenFiles") -> None:
        self._path = path
        self._files = files
        self._closed = False
        self._free_readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        for connection in files.readers:
            self._free_readers.put(connection)
        self._read_threads = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite-reader")
        newest, _ = LogTable(files.writing).bounds()
        self._newest_seen = newest
        self._recent = RecentEvents(newest, max_events=_RECENT_EVENTS, max_bytes=_RECENT_BYTES)
        self._writer = SqliteWriter(files.writing, path, self._publish)

    @classmethod
    async def open(cls, path: Path) -> "SqliteStorage":
        """Open the file, creating it if it is not there, and keep every other process out.

        Raises: StorageError naming the file and what is wrong with it.
        """
        return cls(path, await asyncio.to_thread(_open_files, path))

    async def get(self, key: str, revision: int = LATEST) -> KeyValue | None:
        encode_key(key)
        if revision == LATEST:
            found = await self._read(lambda log: log.newest(key)[1])
        else:
            found = await self._read(lambda log: log.at(key, revision))
        if found is not None:
            self._newest_seen = max(self._newest_seen, found.revision)
        return found

    async def list(self, prefix: str, *, start: str = "", limit: int = 0, revision: int = LATEST) -> Page:
        encode_key(prefix + start)
        page = await self._read(lambda log: log.list(prefix, start, limit, revision))
        self._newest_seen = max(self._newest_seen, page.revision)
        return page

    async def snapshot(self, prefix: str) -> Snapshot:
        return await self._read(lambda log: log.snapshot(prefix))

    async def create(self, key: str, value: bytes, ttl_s: int | None = None) -> int:
        _require_storable(key, value)
        expires_at = _expires_at(ttl_s)
        return await self._write(lambda log: log.create(key, value, expires_at), expires_at)

    async def update(self, key: str, value: bytes, expected_revision: int, ttl_s: int | None = None) -> int:
        _require_storable(key, value)
        expires_at = _expires_at(ttl_s)
        return await self._write(lambda log: log.replace(key, value, expected_revision, expires_at), expires_at)

    async def delete(self, key: str, expected_revision: int) -> int:
        _require_storable(key)
        return await self._write(lambda log: log.replace(key, None, expected_revision, None))

    async def current_revision(self) -> int:
        self._require_open()
        # A reader may have met a commit that is still on its way to the loop: never answer less than was shown.
        return max(self._recent.revision, self._newest_seen)

    async def watch(self, prefix: str, after_revision: int) -> AsyncGenerator[Batch, None]:
        position = after_revision
        while True:
            if not await self._recent.wait_beyond(position):
                raise StorageUnavailable("the store was closed while it was watched")
            recent = self._recent.since(position)
            if recent is None:
                batch = await self._read(partial(_history, prefix, position))
            else:
                matching = tuple(event for event in recent if event.key.startswith(prefix))
                batch = Batch(matching, self._recent.revision)
            position = batch.revision
            yield batch

    async def compact(self, revision: int) -> None:
        await self._write(lambda log: log.promise_compaction(revision))
        self._recent.discard_through(revision)
        # In slices, so that writers never wait for more than one of them.
        while await self._read(LogTable.unswept):
            await self._write(lambda log: log.sweep(_SWEEP_REVISIONS))

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._recent.close()
        await asyncio.to_thread(self._release)

    def _publish(self, events: Sequence[Event]) -> None:
        if events:
            self._recent.publish(events, events[-1].revision)

    async def _write(self, operation: Operation, expires_at: float | None = None) -> int:
        self._require_open()
        return await self._writer.submit(operation, expires_at)

    async def _read(self, query: Callable[[LogTable], T]) -> T:
        self._require_open()
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self._read_snapshot, query)

    def _read_snapshot(self, query: Callable[[LogTable], T]) -> T:
        """In a reader thread: run a query within one read transaction, that is, on one snapshot."""
        connection = self._free_readers.get()
        try:
            connection.execute("BEGIN")
            return query(LogTable(connection))
        except sqlite3.Error as error:
            raise StorageUnavailable(f"reading {self._path} failed: {error}") from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._free_readers.put(connection)

    def _release(self) -> None:
        self._read_threads.shutdown(wait=True)
        self._writer.stop()
        self._files.close()

    def _require_open(self) -> None:
        if self._closed:
            raise StorageUnavailable("the store is closed")


def _history(prefix: str, after_revision: int, log: LogTable) -> Batch:
    """Read one bounded batch of old events from the table. Raises: Compacted."""
    newest, _ = log.bounds()
    events: list[Event] = []
    size_bytes = 0
    for event in log.events(prefix, after_revision):
        events.append(event)
        size_bytes += len(event.value or b"") + len(event.previous or b"")
        if len(events) == _CATCH_UP_EVENTS or size_bytes > _CATCH_UP_BYTES:
            return Batch(tuple(events), event.revision)
    return Batch(tuple(events), newest)


def _require_storable(key: str, value: bytes = b"") -> None:
    """Refuse here what SQLite would refuse in the middle of other people's transaction."""
    encode_key(key)
    if len(value) > _MAX_VALUE_BYTES:
        raise ValueTooLarge(f"a value of {len(value)} bytes is larger than the store takes ({_MAX_VALUE_BYTES})")


def _expires_at(ttl_s: int | None) -> float | None:
    return None if ttl_s is None else time.time() + ttl_s


class _OpenFiles:
    """The lock and every connection, closed together."""

    def __init__(self, path: Path) -> None:
        with ExitStack() as opened:
            opened.callback(os.close, _lock_exclusively(path))
            self.writing = opened.enter_context(closing(connect(path)))
            prepare_schema(self.writing, path)
            self.readers = [opened.enter_context(closing(connect(path))) for _ in range(_READERS)]
            self.close = opened.pop_all().close


def read_snapshot(path: Path, prefix: str) -> Snapshot:
    """What is in the file, whoever else has it open: readers see the last commit, and keep nobody waiting (blocks).

    Raises: StorageError naming the file and what is wrong with it.
    """
    if not path.exists():
        raise StorageError(f"there is no store at {path}")
    try:
        with closing(connect(path)) as connection:
            check_schema(connection, path)
            connection.execute("BEGIN")
            return LogTable(connection).snapshot(prefix)
    except sqlite3.Error as error:
        raise StorageError(f"cannot read {path} as a store: {error}") from error


def _open_files(path: Path) -> _OpenFiles:
    try:
        return _OpenFiles(path)
    except sqlite3.Error as error:
        raise StorageError(f"cannot use {path} as the store: {error}") from error


def _lock_exclusively(path: Path) -> int:
    """Take the lock beside the file, which the kernel releases when this process dies, and write who holds it."""
    lock_path = path.with_name(path.name + ".lock")
    try:
        lock = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(f"cannot use {path} as the store: {lock_path}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 200).decode(errors="replace").strip()
        os.close(lock)
        raise StorageError(
            f"{path} is already open in another process ({holder}): end that one first, or name another file"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{Path(sys.argv[0]).name}, pid {os.getpid()}\n".encode(), 0)
    return lock
