"""Backup: all that a store has under a prefix, as a file; and the way back into a store.

The file is lines of JSON: a header, one line a key, and at last the checksum of all lines before. Putting it back is
nothing but writes, through the same interface that everybody uses:

    plan: what the store has beside what the backup has -> create, update, delete -> look whether all is as it was

So the counter of revisions goes on, and what changes gets a new one: a client that saw a later state finds that its
own is outdated (conflict), and history before the end of the restore is forgotten, so that a watch from before it is
refused (Compacted) and lists again. A store that lost its own history, which begins at 1 again, is first brought beyond
the backup's revision by writes to keys of no meaning.

Kubernetes: `etcdctl snapshot save`, `etcdutl snapshot restore --bump-revision --mark-compacted`
Simplified: the keys and not the database's file, so there is no history in it; all of it is in memory at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikube_py.storage.interface import RESTORED, KeyExists, RevisionConflict, Snapshot, Storage, StorageError

FORMAT = "minikube_py backup"
VERSION = 1

BEYOND = 1000
"""How far beyond the backup's revision a store is brought that has lost its own: what was written since, by guess."""
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What a backup knows of one key."""

    value: bytes
    expires_at: float | None = None
    """When it deletes itself, in seconds since the epoch."""

    def ttl_s(self, now: float) -> int | None:
        """What is left of its life; less than 1: it is over."""
        return None if self.expires_at is None else int(self.expires_at - now)

    def is_alive(self, now: float) -> bool:
        left_s = self.ttl_s(now)
        return left_s is None or left_s >= 1


@dataclass(frozen=True, slots=True)
class Backup:
    store: str
    """The kind of store that it was taken of: sqlite, etcd."""
    revision: int
    entries: Mapping[str, Entry]

    @classmethod
    def of(cls, store: str, snapshot: Snapshot) -> Backup:
        entries = {item.key: Entry(item.value, snapshot.expires_at.get(item.key)) for item in snapshot.items}
        return cls(store, snapshot.revision, entries)

    def write(self, path: Path) -> None:
        """Write the file, which then is there as a whole or, as before, not at all. Secrets are in it: it is 0600."""
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                lines = b"".join(_line(document) for document in self._documents())
                file.write(lines + _line({"sha256": hashlib.sha256(lines).hexdigest()}))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def _documents(self) -> Iterable[dict[str, Any]]:
        yield {
            "format": FORMAT,
            "version": VERSION,
            "store": self.store,
            "revision": self.revision,
            "keys": len(self.entries),
        }
        for key, entry in self.entries.items():
            # Any bytes survive this, and those that are text stay readable.
            document: dict[str, Any] = {"key": key, "value": entry.value.decode("utf-8", "surrogateescape")}
            yield document if entry.expires_at is None else {**document, "expiresAt": entry.expires_at}

    @classmethod
    def read(cls, path: Path) -> Backup:
        """Raises: StorageError for a file that is no backup, or damaged, or from a newer version; OSError."""
        lines = path.read_bytes().splitlines(keepends=True)
        header = _document(lines[0]) if lines else {}
        if header.get("format") != FORMAT:
            raise StorageError(f"{path} is no backup of minikube_py")
        if header["version"] > VERSION:
            raise StorageError(
                f"{path} is a backup from a newer version of minikube_py (format {header['version']}, this program "
                f"knows up to {VERSION}): upgrade minikube_py"
            )
        if _document(lines[-1]).get("sha256") != hashlib.sha256(b"".join(lines[:-1])).hexdigest():
            raise StorageError(f"{path} is damaged or incomplete: its checksum is not that of its lines")
        entries = {}
        for line in lines[1:-1]:
            document = _document(line)
            value = document["value"].encode("utf-8", "surrogateescape")
            entries[document["key"]] = Entry(value, document.get("expiresAt"))
        return cls(header["store"], header["revision"], entries)


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode() + b"\n"


def _document(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Restored:
    """What it took, and the revision at which the store goes on; watches from before it list again."""

    created: int
    changed: int
    deleted: int
    unchanged: int
    revision: int


async def put_back(storage: Storage, backup: Backup, prefix: str) -> Restored:
    """Make `prefix` what it was. Called again after an interruption, it goes on.

    Raises: StorageError when somebody else writes meanwhile, or the store refuses.
    """
    before = await storage.snapshot(prefix)
    if before.revision < backup.revision:
        await _bring_beyond(storage, backup.revision + BEYOND, prefix)
        # Who comes back now, at a revision of the lost history, must not take what is put back for what came next.
        await _announce(storage)
    now = time.time()
    wanted = {key: entry for key, entry in backup.entries.items() if entry.is_alive(now)}
    there = {item.key: item for item in before.items}
    gone = [there[key] for key in there.keys() - wanted.keys()]
    new = wanted.keys() - there.keys()
    changed = [there[key] for key in wanted.keys() & there.keys() if there[key].value != wanted[key].value]
    try:
        await _all_at_once(storage.delete(item.key, item.revision) for item in gone)
        await _all_at_once(
            storage.update(item.key, wanted[item.key].value, item.revision, wanted[item.key].ttl_s(now))
            for item in changed
        )
        await _all_at_once(storage.create(key, wanted[key].value, wanted[key].ttl_s(now)) for key in new)
    except (KeyExists, RevisionConflict) as error:
        raise _somebody_writes(str(error)) from error
    after = await storage.snapshot(prefix)
    _check(wanted, after)
    revision = await _announce(storage)
    await storage.compact(revision)
    return Restored(len(new), len(changed), len(gone), len(wanted) - len(new) - len(changed), revision)


async def _announce(storage: Storage) -> int:
    """Tell an API server that runs all the while: what it knows is from before."""
    former = await storage.get(RESTORED)
    if former is None:
        return await storage.create(RESTORED, b"")
    return await storage.update(RESTORED, b"", former.revision)


def _check(wanted: Mapping[str, Entry], after: Snapshot) -> None:
    """Nothing is lost, and nothing is there besides. Raises: StorageError."""
    found, now = {item.key: item.value for item in after.items}, time.time()
    for key in sorted(wanted.keys() | found.keys()):
        entry = wanted.get(key)
        if entry is None or (found.get(key) != entry.value and entry.is_alive(now)):
            raise _somebody_writes(f"key {key!r} is not as it was")


def _somebody_writes(why: str) -> StorageError:
    return StorageError(f"somebody else writes to the store ({why}): end its API server, then restore again")


async def _bring_beyond(storage: Storage, revision: int, prefix: str) -> None:
    """Write until the store's counter is there: a store has no other way to count."""
    missing = revision - (await storage.snapshot(prefix)).revision

    async def chain(number: int, length: int) -> None:
        key = f"/minikube-py/restore/{os.getpid()}-{number}"
        if length >= 2:
            at = await storage.create(key, b"")
            for _ in range(length - 2):
                at = await storage.update(key, b"", at)
            await storage.delete(key, at)

    await asyncio.gather(*(chain(number, max(2, -(-missing // _AT_ONCE))) for number in range(_AT_ONCE)))


async def _all_at_once(writes: Iterable[Awaitable[int]]) -> None:
    """All of them, some side by side; the first failure is raised, when those under way have ended."""
    left = iter(writes)

    async def worker() -> None:
        for write in left:
            await write

    done = await asyncio.gather(*(worker() for _ in range(_AT_ONCE)), return_exceptions=True)
    for outcome in done:
        if isinstance(outcome, BaseException):
            raise outcome
