"""SqliteWriter: the one thread that writes, and the group commit that makes it fast.

A commit costs an fsync, whatever is in it. So everything that was asked for during the last fsync goes into the next
transaction: alone, a writer waits for one fsync; sixty writers at once wait for one too.

    event loop:  submit(operation) -> future ... publish(events), then the futures are answered
    this thread: take all that is queued -> BEGIN -> each operation -> COMMIT (fsync) -> hand back to the loop

Invariants: a reply and its event leave only after the commit; events are published in commit order; an operation that
loses its compare-and-swap wrote nothing, so its neighbours in the transaction are not disturbed. When the disk is
full the transaction is rolled back and nothing of it happened. Any other failure of the database leaves the outcome
unknown, and the writer stops for good rather than write on over it.

Kubernetes: etcd commits its raft proposals in batches the same way (server/storage/backend/batch_tx.go).
"""

import asyncio
import contextlib
import heapq
import logging
import queue
import sqlite3
import threading
import time
from asyncio import Future
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from minikube_py.storage.interface import Event, RevisionConflict, StorageError, StorageFull, StorageUnavailable
from minikube_py.storage.sqlite_log import LogTable

logger = logging.getLogger(__name__)

Operation = Callable[[LogTable], Event | None]
"""A piece of a transaction; it answers with the event that it wrote, if any, and raises before it writes."""

_MAX_OPERATIONS = 512
_EXPIRY_RETRY_S = 1.0
_NOTHING_WRITTEN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}


@dataclass(frozen=True, slots=True, order=True)
class _Expiry:
    """At `due` (monotonic seconds) the key dies, unless it has left `revision` by then."""

    due: float
    key: str
    revision: int

    def __call__(self, log: LogTable) -> Event | None:
        try:
            return log.replace(self.key, None, self.revision, None)
        except RevisionConflict:
            return None


@dataclass(frozen=True, slots=True)
class _Request:
    operation: Operation
    reply: Future[int] | None
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one request: the event it wrote (None: it had nothing to write), or its error."""

    request: _Request
    result: Event | StorageError | None


class SqliteWriter:
    """Runs operations in grouped transactions; calls `publish` on the loop with the events of each commit."""

    def __init__(self, connection: sqlite3.Connection, path: Path, publish: Callable[[Sequence[Event]], None]) -> None:
        self._connection = connection
        self._log = LogTable(connection)
        self._path = path
        self._publish = publish
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._failure: StorageUnavailable | None = None
        self._expiries: list[_Expiry] = []
        # A daemon, because a program that ends without closing its store must still end.
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def submit(self, operation: Operation, expires_at: float | None = None) -> int:
        """Run an operation in the next transaction and return, once that is on the disk, the revision it wrote.

        `expires_at`: when (seconds since the epoch) to delete the key that it wrote.
        Raises: the operation's StorageError, StorageFull, StorageUnavailable.
        """
        reply: Future[int] = self._loop.create_future()
        self._queue.put(_Request(operation, reply, expires_at))
        return await reply

    def stop(self) -> None:
        """Commit what was submitted, end the thread and wait for that (blocks)."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        for key, revision, expires_at in self._log.expiring():
            heapq.heappush(self._expiries, _Expiry(_monotonic(expires_at), key, revision))
        is_open = True
        while is_open:
            batch, is_open = self._next_batch()
            if batch:
                self._loop.call_soon_threadsafe(self._hand_back, self._transact(batch))

    def _next_batch(self) -> tuple[list[_Request], bool]:
        """Wait for a request or an expiry and take everything that is there; False when told to stop."""
        batch: list[_Request] = []
        timeout_s = max(0.0, self._expiries[0].due - time.monotonic()) if self._expiries else None
        try:
            request = self._queue.get(timeout=timeout_s)
            while request is not None:
                batch.append(request)
                if len(batch) == _MAX_OPERATIONS:
                    return batch, True
                request = self._queue.get_nowait()
        except queue.Empty:
            return batch + self._due_expiries(), True
        return batch, False

    def _due_expiries(self) -> list[_Request]:
        due: list[_Request] = []
        now = time.monotonic()
        while self._expiries and self._expiries[0].due <= now and len(due) < _MAX_OPERATIONS:
            due.append(_Request(heapq.heappop(self._expiries), None))
        return due

    def _transact(self, batch: Sequence[_Request]) -> list[_Outcome]:
        if self._failure is not None:
            return [_Outcome(request, self._failure) for request in batch]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [_Outcome(request, self._attempt(request.operation)) for request in batch]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            return self._give_up(batch, error)
        for outcome in outcomes:
            if outcome.request.expires_at is not None and isinstance(outcome.result, Event):
                event = outcome.result
                heapq.heappush(
                    self._expiries, _Expiry(_monotonic(outcome.request.expires_at), event.key, event.revision)
                )
        return outcomes

    def _attempt(self, operation: Operation) -> Event | StorageError | None:
        try:
            return operation(self._log)
        except StorageError as error:
            return error

    def _give_up(self, batch: Sequence[_Request], error: sqlite3.Error) -> list[_Outcome]:
        """Roll back and name the failure; after anything but a lack of space or a busy file, stop writing for good."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")
        failure: StorageError
        if error.sqlite_errorcode in _NOTHING_WRITTEN and not self._connection.in_transaction:
            if len(batch) > 1:
                # One large value must not take its small neighbours down with it; all of it was rolled back.
                return [outcome for request in batch for outcome in self._transact([request])]
            failure = StorageFull(f"no space left for {self._path}: free some space on its disk, then try again")
        elif error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            failure = StorageUnavailable(
                f"another program keeps {self._path} locked for writing: end it, then try again"
            )
        else:
            failure = self._failure = StorageUnavailable(
                f"writing {self._path} failed ({error}), so whether the last writes happened is unknown: "
                "check the disk, then restart"
            )
            logger.error("the store stopped writing", extra={"path": str(self._path), "cause": str(error)})
        for request in batch:
            if isinstance(request.operation, _Expiry):
                again = replace(request.operation, due=time.monotonic() + _EXPIRY_RETRY_S)
                heapq.heappush(self._expiries, again)
        return [_Outcome(request, failure) for request in batch]

    def _hand_back(self, outcomes: Sequence[_Outcome]) -> None:
        """On the event loop: publish first, so that whoever gets a reply finds its event already published."""
        self._publish([outcome.result for outcome in outcomes if isinstance(outcome.result, Event)])
        for outcome in outcomes:
            reply = outcome.request.reply
            if reply is None or reply.done():
                continue
            if isinstance(outcome.result, StorageError):
                reply.set_exception(outcome.result)
            else:
                reply.set_result(0 if outcome.result is None else outcome.result.revision)


def _monotonic(epoch_s: float) -> float:
    """Translate wall clock time, which survives a restart, to the clock that nobody sets."""
    return time.monotonic() + epoch_s - time.time()
