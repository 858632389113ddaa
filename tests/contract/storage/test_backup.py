"""A backup put back: nothing lost, nothing besides, and revisions that never go back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from minikube_py.storage import Compacted, RevisionConflict, Storage, StorageError, open_storage
from minikube_py.storage.backup import BEYOND, Backup, Entry, put_back
from minikube_py.storage.interface import RESTORED


async def values(storage: Storage, prefix: str) -> dict[str, bytes]:
    return {item.key: item.value for item in (await storage.snapshot(prefix)).items}


async def test_a_snapshot_knows_what_ends_by_itself(storage: Storage, prefix: str) -> None:
    await storage.create(prefix + "stays", b"1")
    revision = await storage.create(prefix + "ends", b"2", ttl_s=100)
    snapshot = await storage.snapshot(prefix)
    assert [item.key for item in snapshot.items] == [prefix + "ends", prefix + "stays"]
    assert snapshot.revision == revision
    assert snapshot.expires_at.keys() == {prefix + "ends"}
    assert 90 < snapshot.expires_at[prefix + "ends"] - time.time() < 120


async def test_what_was_changed_made_and_deleted_since_is_as_it_was(
    storage: Storage, prefix: str, tmp_path: Path
) -> None:
    for name, value in (("same", b"1"), ("changed", b"\xff\x00 no text"), ("deleted", "ö".encode())):
        await storage.create(prefix + name, value)
    await storage.create(prefix + "ends", b"soon", ttl_s=1000)
    was = await values(storage, prefix)
    file = tmp_path / "backup"
    Backup.of("any", await storage.snapshot(prefix)).write(file)
    assert file.stat().st_mode & 0o777 == 0o600

    later = await storage.update(prefix + "changed", b"2", (await found(storage, prefix + "changed")).revision)
    await storage.delete(prefix + "deleted", (await found(storage, prefix + "deleted")).revision)
    await storage.delete(prefix + "ends", (await found(storage, prefix + "ends")).revision)
    await storage.create(prefix + "new", b"3")
    last = await storage.create(prefix[:-1] + "-another", b"not under the prefix")
    unchanged = await found(storage, prefix + "same")

    restored = await put_back(storage, Backup.read(file), prefix)
    assert await values(storage, prefix) == was
    assert (restored.created, restored.changed, restored.deleted, restored.unchanged) == (2, 1, 1, 1)
    assert restored.revision >= last + 4
    assert await found(storage, prefix + "same") == unchanged
    assert (await storage.snapshot(prefix)).expires_at.keys() == {prefix + "ends"}
    assert await storage.get(prefix[:-1] + "-another") is not None
    with pytest.raises(RevisionConflict):  # who saw a later state
        await storage.update(prefix + "changed", b"4", later)
    with pytest.raises(Compacted):  # who watches from before
        await anext(storage.watch(prefix, last))
    again = await put_back(storage, Backup.read(file), prefix)
    assert (again.created, again.changed, again.deleted) == (0, 0, 0)
    assert again.revision > restored.revision


async def found(storage: Storage, key: str):  # type: ignore[no-untyped-def]
    item = await storage.get(key)
    assert item is not None
    return item


async def test_a_store_that_lost_its_history_goes_on_beyond_the_backup(storage: Storage, prefix: str) -> None:
    revision = await storage.current_revision() + 5000
    restored = await put_back(storage, Backup("any", revision, {prefix + "a": Entry(b"1")}), prefix)
    assert restored.revision > revision + BEYOND
    assert await values(storage, "/minikube-py/restore/") == {}
    assert await values(storage, prefix) == {prefix + "a": b"1"}


async def test_a_lost_history_is_announced_before_anything_is_put_back() -> None:
    storage = await open_storage("memory://")
    await put_back(storage, Backup("any", 5000, {"/a/b": Entry(b"1")}), "/a/")
    announced, put = await found(storage, RESTORED), await found(storage, "/a/b")
    assert announced.create_revision < put.revision < announced.revision
    await storage.close()


async def test_what_has_ended_meanwhile_does_not_come_back(storage: Storage, prefix: str) -> None:
    entries = {prefix + "ended": Entry(b"1", time.time() - 1), prefix + "not": Entry(b"2", time.time() + 1000)}
    restored = await put_back(storage, Backup("any", 1, entries), prefix)
    assert restored.created == 1
    assert await values(storage, prefix) == {prefix + "not": b"2"}


async def test_somebody_else_who_writes_is_noticed() -> None:
    class Meddled:
        """A store into which another writes while a backup is put back."""

        def __init__(self, storage: Storage) -> None:
            self._storage = storage

        def __getattr__(self, name: str) -> object:
            return getattr(self._storage, name)

        async def create(self, key: str, value: bytes, ttl_s: int | None = None) -> int:
            await self._storage.create("/of-another", b"")
            return await self._storage.create(key, value, ttl_s)

    storage = await open_storage("memory://")
    with pytest.raises(StorageError, match=r"somebody else writes to the store \(key '/of-another' is not as it was\)"):
        await put_back(Meddled(storage), Backup("any", 0, {"/a": Entry(b"1")}), "/")  # type: ignore[arg-type]


def test_a_file_that_is_no_good_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "file"
    Backup("etcd", 7, {"/a": Entry(b"1"), "/b": Entry(b"2", 99.5)}).write(file)
    assert Backup.read(file) == Backup("etcd", 7, {"/a": Entry(b"1"), "/b": Entry(b"2", 99.5)})
    good = file.read_bytes()
    lines = good.splitlines(keepends=True)
    newer = json.dumps({**json.loads(lines[0]), "version": 2}).encode() + b"\n"
    for bad, said in (
        (b"", "is no backup of minikube_py"),
        (b"\x00\xff\n", "is no backup of minikube_py"),
        (b"[1]\n", "is no backup of minikube_py"),
        (newer + b"".join(lines[1:]), r"from a newer version of minikube_py \(format 2, this program knows up to 1\)"),
        (lines[0], "is damaged or incomplete"),
        (b"".join(lines[:-1]), "is damaged or incomplete"),
        (good.replace(b'"1"', b'"7"'), "is damaged or incomplete"),
    ):
        file.write_bytes(bad)
        with pytest.raises(StorageError, match=said):
            Backup.read(file)
