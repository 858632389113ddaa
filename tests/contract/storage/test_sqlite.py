"""What only the SQLite store promises: about its file, its disk and the process that holds it."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikube_py.storage import StorageError, StorageFull, open_storage
from minikube_py.storage.sqlite_log import SCHEMA_VERSION
from tests.contract.storage.watching import events_through, first_events, write_some

_ACKNOWLEDGED_BEFORE_THE_KILL = 500
_REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _start_write_load(path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.contract.storage.write_load", str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_REPOSITORY)


async def test_kill_in_the_middle_of_writes_loses_no_acknowledged_one(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for crash in range(3):
        load = _start_write_load(path.with_suffix(f".{crash}"))
        assert load.stdout is not None
        acknowledged = [load.stdout.readline() for _ in range(_ACKNOWLEDGED_BEFORE_THE_KILL)]
        load.kill()
        acknowledged += load.stdout.readlines()
        load.stdout.close()
        load.wait()
        expected = {
            key: int(revision) for revision, key in (line.split() for line in acknowledged if line[-1:] == "\n")
        }
        assert len(expected) >= _ACKNOWLEDGED_BEFORE_THE_KILL

        storage = await open_storage(f"sqlite://{path.with_suffix(f'.{crash}')}")
        page = await storage.list("/load/")
        stored = {item.key: item.revision for item in page.items}
        assert {key: stored.get(key) for key in expected} == expected
        assert all(item.value == item.key.encode() * 20 for item in page.items)
        events = await events_through(storage, "/load/", 0, page.revision)
        assert [event.revision for event in events] == list(range(1, page.revision + 1))
        await storage.close()


async def test_full_disk_refuses_writes_loses_nothing_and_recovers(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200_000))
    storage = await open_storage(f"sqlite://{small_disk / 'store.db'}")
    acknowledged: dict[str, int] = {}

    async def fill_the_disk() -> None:
        for number in range(10_000):
            acknowledged[f"/{number}"] = await storage.create(f"/{number}", bytes(2000))

    with pytest.raises(StorageFull, match=r"store\.db"):
        await fill_the_disk()
    assert acknowledged
    assert {item.key: item.revision for item in (await storage.list("/")).items} == acknowledged

    ballast.unlink()
    acknowledged["/after"] = await storage.create("/after", b"")
    assert {item.key: item.revision for item in (await storage.list("/")).items} == acknowledged
    await storage.close()

    storage = await open_storage(f"sqlite://{small_disk / 'store.db'}")
    assert {item.key: item.revision for item in (await storage.list("/")).items} == acknowledged
    await storage.close()


async def test_value_that_does_not_fit_leaves_its_neighbours_alone(small_disk: Path) -> None:
    storage = await open_storage(f"sqlite://{small_disk / 'store.db'}")
    large = storage.create("/large", bytes(2_000_000))
    small = [storage.create(f"/small/{number}", b"") for number in range(10)]
    first, *others = await asyncio.gather(large, *small, return_exceptions=True)
    assert isinstance(first, StorageFull)
    assert len({revision for revision in others if isinstance(revision, int)}) == 10
    assert await storage.get("/large") is None
    await storage.close()


async def test_database_from_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    storage = await open_storage(f"sqlite://{path}")
    await storage.create("/a", b"")
    await storage.close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="newer version"):
        await open_storage(f"sqlite://{path}")
    assert path.read_bytes() == before


async def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="not one of minikube_py's"):
        await open_storage(f"sqlite://{path}")
    assert path.read_bytes() == before


async def test_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database " * 100)
    with pytest.raises(StorageError, match=r"notes\.txt.*not a database"):
        await open_storage(f"sqlite://{path}")


async def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file or directory"):
        await open_storage(f"sqlite://{tmp_path / 'nowhere' / 'store.db'}")


async def test_second_process_is_refused_by_name_until_the_first_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    load = _start_write_load(path)
    try:
        assert load.stdout is not None
        assert load.stdout.readline()
        with pytest.raises(StorageError, match=rf"already open in another process \(.*pid {load.pid}\)"):
            await open_storage(f"sqlite://{path}")
    finally:
        load.kill()
        load.communicate()
    storage = await open_storage(f"sqlite://{path}")
    assert (await storage.list("/load/")).items
    await storage.close()


async def test_second_opener_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    storage = await open_storage(f"sqlite://{tmp_path / 'store.db'}")
    with pytest.raises(StorageError, match=f"pid {os.getpid()}"):
        await open_storage(f"sqlite://{tmp_path / 'store.db'}")
    await storage.close()


async def test_watcher_far_behind_is_served_from_the_table(tmp_path: Path) -> None:
    storage = await open_storage(f"sqlite://{tmp_path / 'store.db'}")
    more_than_memory_keeps = 9000
    past = await asyncio.gather(*(storage.create(f"/a/{n}", b"") for n in range(more_than_memory_keeps)))
    watching = asyncio.create_task(first_events(storage, "/a/", 0, more_than_memory_keeps + 30))
    present = await write_some(storage, "/a/b/", 30)
    assert [event.revision for event in await watching] == past + present
    await storage.close()


async def test_interrupted_compaction_is_finished_by_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    storage = await open_storage(f"sqlite://{path}")
    revisions = await write_some(storage, "/a/", 100)
    kept = (await storage.list("/a/")).items
    await storage.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE compaction SET compacted = ?", (revisions[90],))
    connection.close()

    storage = await open_storage(f"sqlite://{path}")
    await storage.compact(revisions[-1])
    assert (await storage.list("/a/")).items == kept
    await storage.close()
    with sqlite3.connect(path) as connection:
        (rows,) = connection.execute("SELECT COUNT(*) FROM log").fetchone()
    connection.close()
    assert rows == len(kept)
