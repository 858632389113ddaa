"""The log table: the whole SQLite store is one append-only table, and this file holds all of its SQL.

    id              the revision: AUTOINCREMENT never hands one out twice, not even after the newest row is compacted
    name            the key
    prev_revision   the row of the same name that this one replaces; 0 for the first
    create_revision the row that created the key; 0 when it is this one
    value           NULL is a deletion
    expires_at      seconds since the epoch, for keys with a time to live

`UNIQUE (name, prev_revision)` makes compare-and-swap a constraint of the database: two rows can never replace the same
row. The rows of one name form a chain, so this single index also finds the newest row of a name (the one with the
largest `prev_revision`) and lists names in order.

Compaction deletes the rows that a row at or before the compacted revision has replaced, and deletions themselves. It
works through the log in slices: `compacted` is the promise to readers, `swept` how far the deleting has come.

Kubernetes: kine's docs/flow.md and pkg/drivers/generic describe this schema.
Simplified: kine also keeps the old value in each row; here an event reads it from the row that it replaces.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from minikube_py.storage.interface import (
    LATEST,
    Compacted,
    Event,
    FutureRevision,
    KeyExists,
    KeyValue,
    Page,
    RevisionConflict,
    Snapshot,
    StorageError,
    prefix_end,
)

SCHEMA_VERSION = 1
APPLICATION_ID = 0x6D6B7079

_SCHEMA = """
CREATE TABLE log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    prev_revision INTEGER NOT NULL,
    create_revision INTEGER NOT NULL,
    value BLOB,
    expires_at REAL,
    UNIQUE (name, prev_revision)
);
CREATE INDEX log_expiry ON log (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE compaction (compacted INTEGER NOT NULL, swept INTEGER NOT NULL);
INSERT INTO compaction VALUES (0, 0);
INSERT INTO sqlite_sequence VALUES ('log', 0);
"""

_NEWEST = "SELECT id, create_revision, value FROM log WHERE name = ? ORDER BY prev_revision DESC LIMIT 1"
_AT = "SELECT id, create_revision, value FROM log WHERE name = ? AND id <= ? ORDER BY prev_revision DESC LIMIT 1"
_APPEND = "INSERT INTO log (name, prev_revision, create_revision, value, expires_at) VALUES (?, ?, ?, ?, ?)"
_BOUNDS = "SELECT seq, compacted FROM sqlite_sequence, compaction WHERE name = 'log'"

# Both walk the index in name order and stop at LIMIT; a row is in the snapshot if it is its name's newest until then.
_SNAPSHOT = """
    FROM log WHERE name >= :start AND name < :end AND value IS NOT NULL AND id =
    (SELECT id FROM log AS row WHERE row.name = log.name AND row.id <= :revision ORDER BY prev_revision DESC LIMIT 1)
"""
_LIST = f"SELECT name, id, create_revision, value {_SNAPSHOT} ORDER BY name LIMIT :limit"
_COUNT = f"SELECT COUNT(*) {_SNAPSHOT}"

_EVENTS = """
    SELECT log.id, log.name, log.value, previous.value, log.create_revision
    FROM log LEFT JOIN log AS previous ON previous.id = log.prev_revision
    WHERE log.id > :after AND +log.name >= :start AND +log.name < :end ORDER BY log.id
"""
_SWEEP_REPLACED = """
    DELETE FROM log WHERE id IN
    (SELECT prev_revision FROM log WHERE id > :first AND id <= :last AND prev_revision != 0)
"""
_SWEEP_DELETIONS = "DELETE FROM log WHERE id > :first AND id <= :last AND value IS NULL"
_SWEPT = "UPDATE compaction SET swept = :last"
_EXPIRING = """
    SELECT name, id, expires_at FROM log WHERE expires_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM log AS later WHERE later.name = log.name AND later.prev_revision = log.id)
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection with which every acknowledged commit is on the disk. It changes nothing in the file."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5, cached_statements=64)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -16384")
    return connection


def prepare_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables in an empty file; refuse, and leave as it is, a file that is not ours or of a newer version.

    Raises: StorageError.
    """
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if tables == 0:
        stamp = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} {stamp} COMMIT;")
    check_schema(connection, path)
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StorageError(f"{path} is on a file system on which SQLite has no write-ahead log: name another file")


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raises: StorageError for a file that is not ours or of a newer version."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        raise StorageError(f"{path} is a SQLite database, but not one of minikube_py's: name another file")
    if version > SCHEMA_VERSION:
        raise StorageError(
            f"{path} is a database from a newer version of minikube_py (schema {version}, this program knows up to "
            f"{SCHEMA_VERSION}): upgrade minikube_py, or name another file"
        )


class LogTable:
    """The SQL of the log, over one connection. Transactions are the caller's business."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def bounds(self) -> tuple[int, int]:
        """Return the newest revision ever given and the compacted one."""
        newest, compacted = self._connection.execute(_BOUNDS).fetchone()
        return newest, compacted

    def newest(self, key: str) -> tuple[int, KeyValue | None]:
        """Return the id of the newest row of a name (0: none) and the live key in it, if it is no deletion."""
        row = self._connection.execute(_NEWEST, (key,)).fetchone()
        if row is None:
            return 0, None
        return row[0], _live(key, row)

    def at(self, key: str, revision: int) -> KeyValue | None:
        """Return a key as it was at a revision. Raises: Compacted, FutureRevision."""
        self._require_readable(revision)
        row = self._connection.execute(_AT, (key, revision)).fetchone()
        return None if row is None else _live(key, row)

    def list(self, prefix: str, start: str, limit: int, revision: int) -> Page:
        """Return one page of the state at `revision` (0: newest). Raises: Compacted, FutureRevision."""
        snapshot = self._require_readable(revision)
        names = {"start": max(prefix, start), "end": _end(prefix), "revision": snapshot}
        # One more than asked for tells whether anything is left; -1 is SQLite's "no limit".
        rows = self._connection.execute(_LIST, {**names, "limit": limit + 1 if limit else -1}).fetchall()
        more = bool(limit) and len(rows) > limit
        items = tuple(KeyValue(name, value, created or id, id) for name, id, created, value in rows[: limit or None])
        remaining = 0
        if more:
            (remaining,) = self._connection.execute(_COUNT, {**names, "start": rows[limit][0]}).fetchone()
        return Page(items, snapshot, more, remaining)

    def snapshot(self, prefix: str) -> Snapshot:
        """Return the newest state of a prefix, and when which of its keys will die."""
        page = self.list(prefix, "", 0, LATEST)
        expiries = {name: expires_at for name, _, expires_at in self.expiring() if name.startswith(prefix)}
        return Snapshot(page.items, page.revision, expiries)

    def events(self, prefix: str, after_revision: int) -> Iterator[Event]:
        """Yield the events of a prefix after a revision, in order. Raises: Compacted."""
        _, compacted = self.bounds()
        if after_revision < compacted:
            raise Compacted(after_revision)
        names = {"after": after_revision, "start": prefix, "end": _end(prefix)}
        for id, name, value, previous, create_revision in self._connection.execute(_EVENTS, names):
            yield Event(name, value, previous, id, created=create_revision == 0)

    def create(self, key: str, value: bytes, expires_at: float | None) -> Event:
        """Append the first row of a key's life. Raises: KeyExists."""
        replaced, current = self.newest(key)
        if current is not None:
            raise KeyExists(key)
        cursor = self._connection.execute(_APPEND, (key, replaced, 0, value, expires_at))
        return Event(key, value, None, cursor.lastrowid or 0, created=True)

    def replace(self, key: str, value: bytes | None, expected_revision: int, expires_at: float | None) -> Event:
        """Append a row in place of the one at `expected_revision`; value None deletes. Raises: RevisionConflict."""
        replaced, current = self.newest(key)
        if current is None or replaced != expected_revision:
            raise RevisionConflict(key, expected_revision, current)
        cursor = self._connection.execute(_APPEND, (key, replaced, current.create_revision, value, expires_at))
        return Event(key, value, current.value, cursor.lastrowid or 0, created=False)

    def expiring(self) -> Sequence[tuple[str, int, float]]:
        """Return name, revision and expiry of every key with a time to live."""
        return self._connection.execute(_EXPIRING).fetchall()

    def promise_compaction(self, revision: int) -> None:
        """From the next commit on, refuse reads before `revision`. Raises: FutureRevision."""
        newest, compacted = self.bounds()
        if revision > newest:
            raise FutureRevision(revision)
        self._connection.execute("UPDATE compaction SET compacted = ?", (max(revision, compacted),))

    def unswept(self) -> int:
        """Return how many revisions the compaction promised to clear and has not yet."""
        (unswept,) = self._connection.execute("SELECT compacted - swept FROM compaction").fetchone()
        return int(unswept)

    def sweep(self, revisions: int) -> None:
        """Delete what compaction no longer needs, at most this many revisions' worth."""
        compacted, swept = self._connection.execute("SELECT compacted, swept FROM compaction").fetchone()
        slice_of_log = {"first": swept, "last": min(swept + revisions, compacted)}
        for statement in (_SWEEP_REPLACED, _SWEEP_DELETIONS, _SWEPT):
            self._connection.execute(statement, slice_of_log)

    def _require_readable(self, revision: int) -> int:
        newest, compacted = self.bounds()
        if revision > newest:
            raise FutureRevision(revision)
        if revision and revision < compacted:
            raise Compacted(revision)
        return revision or newest


def _end(prefix: str) -> str | bytes:
    """Return the end of a prefix's range; to SQLite every text is smaller than any bytes, so bytes mean no end."""
    return prefix_end(prefix) or b""


def _live(key: str, row: tuple[int, int, bytes | None]) -> KeyValue | None:
    id, create_revision, value = row
    return None if value is None else KeyValue(key, value, create_revision or id, id)
