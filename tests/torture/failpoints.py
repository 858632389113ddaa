"""Failpoints: places in the server at which a test kills it, the n-th time that it comes there.

They are put around the product's functions from outside, in the server's process; the product knows nothing of them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, NoReturn

from minikube_py.apiserver.lists import Lister
from minikube_py.apiserver.subresources.finalize import FinalizeSubresource
from minikube_py.apiserver.watch_stream import WatchStreamer
from minikube_py.storage import etcd_wire
from minikube_py.storage.etcd_connection import EtcdConnection
from minikube_py.storage.sqlite_log import LogTable
from minikube_py.storage.sqlite_writer import SqliteWriter

MARKER = "failpoint reached"


class Countdown:
    """Ends the process, as kill -9 does, when it is reached the n-th time."""

    def __init__(self, name: str, count: int) -> None:
        self._name, self._left = name, count

    def is_over(self) -> bool:
        self._left -= 1
        return self._left <= 0

    def reach(self) -> None:
        if self.is_over():
            self.kill()

    def kill(self) -> NoReturn:
        sys.stderr.write(f"{MARKER}: {self._name}\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("killed")


def _put(owner: object, name: str, function: object) -> None:
    setattr(owner, name, function)


class _Connection:
    """The writer's SQLite connection, with a point on either side of a commit."""

    def __init__(self, connection: Any, before: Callable[[], None] | None, after: Callable[[], None] | None) -> None:
        self._connection, self._before, self._after = connection, before, after

    def execute(self, sql: str, *parameters: Any) -> Any:
        is_commit = sql == "COMMIT"
        if is_commit and self._before:
            self._before()
        answer = self._connection.execute(sql, *parameters)
        if is_commit and self._after:
            self._after()
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def _around_commit(before: Callable[[], None] | None, after: Callable[[], None] | None) -> None:
    begin: Any = SqliteWriter.__init__

    def opened(self: SqliteWriter, connection: Any, *others: Any) -> None:
        begin(self, _Connection(connection, before, after), *others)

    send: Any = EtcdConnection.write

    async def write(self: EtcdConnection, method: Any, request: Any) -> Any:
        if method is etcd_wire.TXN and before:
            before()
        answer = await send(self, method, request)
        if method is etcd_wire.TXN and after:
            after()
        return answer

    _put(SqliteWriter, "__init__", opened)
    _put(EtcdConnection, "write", write)


def _before_commit(countdown: Countdown) -> None:
    _around_commit(countdown.reach, None)


def _after_commit(countdown: Countdown) -> None:
    _around_commit(None, countdown.reach)


def _in_a_watch(countdown: Countdown) -> None:
    """Half of the bytes of an event are sent."""
    events: Any = WatchStreamer._events

    async def halved(self: WatchStreamer, *arguments: Any) -> AsyncGenerator[bytes, None]:
        async with aclosing(events(self, *arguments)) as chunks:
            async for chunk in chunks:
                if countdown.is_over():
                    yield chunk[: len(chunk) // 2]
                    countdown.kill()
                yield chunk

    _put(WatchStreamer, "_events", halved)


def _in_a_compaction(countdown: Countdown) -> None:
    sweep: Any = LogTable.sweep

    def swept(self: LogTable, revisions: int) -> None:
        sweep(self, revisions)
        countdown.reach()

    send: Any = EtcdConnection.write

    async def write(self: EtcdConnection, method: Any, request: Any) -> Any:
        answer = await send(self, method, request)
        if method is etcd_wire.COMPACT:
            countdown.reach()
        return answer

    _put(LogTable, "sweep", swept)
    _put(EtcdConnection, "write", write)


def _in_pages(countdown: Countdown) -> None:
    read: Any = Lister._from_store

    async def paged(self: Lister, *arguments: Any) -> Any:
        page = await read(self, *arguments)
        countdown.reach()
        return page

    _put(Lister, "_from_store", paged)


def _in_finalize(countdown: Countdown) -> None:
    """The namespace's last finalizer is taken off, and nobody is told."""
    handle: Any = FinalizeSubresource.handle

    async def finalized(self: FinalizeSubresource, *arguments: Any) -> Any:
        answer = await handle(self, *arguments)
        countdown.reach()
        return answer

    _put(FinalizeSubresource, "handle", finalized)


FAILPOINTS: dict[str, Callable[[Countdown], None]] = {
    "before-commit": _before_commit,
    "after-commit": _after_commit,
    "watch-send": _in_a_watch,
    "compaction": _in_a_compaction,
    "list-page": _in_pages,
    "finalize": _in_finalize,
}


def install(name: str, count: int) -> None:
    FAILPOINTS[name](Countdown(name, count))
