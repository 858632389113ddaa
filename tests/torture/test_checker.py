"""The checker finds ten planted bugs, and nothing where there is none.

Kubernetes: etcd-io/etcd, tests/robustness (each bug that it found once is kept alive the same way)
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

import pytest

from minikube_py.apiserver import run, watch_stream
from minikube_py.storage import Storage
from minikube_py.watchcache import watch_cache
from tests.support.api_server import api_server
from tests.support.eventually import eventually
from tests.support.processes import free_port
from tests.torture.checker import check
from tests.torture.history import History
from tests.torture.log import Log
from tests.torture.planted import PLANTED, Planted
from tests.torture.recording import recording, recording_of
from tests.torture.violation import Violation
from tests.torture.workload import Traffic, Workload

SEED = 20
FEW_NAMES = Traffic(writers=6, readers=3, watchers=6, names=8, has_large=False)
ACKNOWLEDGED = 150
STREAMS = 20


@asynccontextmanager
async def recorded_server(patch: pytest.MonkeyPatch, compaction_interval_s: float) -> AsyncIterator[tuple[str, Log]]:
    """A server on a store in memory, and the log of what it commits."""
    opened: list[Storage] = []
    opens = getattr(run, "open_storage")  # noqa: B009  # what is there now: the product's own, or a planted one

    async def open_and_remember(url: str) -> Storage:
        opened.append(await opens(url))
        return opened[-1]

    patch.setattr(run, "open_storage", open_and_remember)
    async with api_server(compaction_interval_s=compaction_interval_s) as client, recording_of(opened[0]) as log:
        yield str(client.base_url), log


async def traffic(workload: Workload, acknowledged: int) -> None:
    """So many writes, and so many streams that were told of some: the faster the machine, the fewer to a write."""
    history = workload.history
    async with workload.running(settle_s=3):
        await eventually(
            lambda: history.acknowledged_writes >= acknowledged and history.streams >= STREAMS, timeout_s=50
        )


def lose_the_newest_rows(path: Path) -> None:
    """What a store does to itself that counts on from its newest live row, or that did not wait for its disk."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM log WHERE id > (SELECT max(id) - 5 FROM log)")
        connection.execute("UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM log)")


async def violations_over_a_crash(folder: Path) -> list[Violation]:
    url, port = f"sqlite://{folder / 'store.db'}", free_port()
    workload = Workload([f"http://127.0.0.1:{port}"], FEW_NAMES, SEED)
    async with AsyncExitStack() as until_the_end:
        async with api_server(storage=url, port=port):
            log = await until_the_end.enter_async_context(recording(url))
            await until_the_end.enter_async_context(workload.running(settle_s=3))
            await eventually(lambda: workload.history.acknowledged_writes >= ACKNOWLEDGED, timeout_s=50)
        lose_the_newest_rows(folder / "store.db")
        async with api_server(storage=url, port=port):
            await eventually(lambda: workload.history.acknowledged_writes >= 2 * ACKNOWLEDGED, timeout_s=50)
            await workload.settle(3)
    return check(workload.history, log)


async def violations(patch: pytest.MonkeyPatch, planted: Planted) -> list[Violation]:
    planted.plant(patch)
    if planted.ring_size:
        patch.setattr(watch_cache, "RING_SIZE", planted.ring_size)
    async with recorded_server(patch, compaction_interval_s=planted.compaction_interval_s) as (url, log):
        workload = Workload([url], FEW_NAMES, SEED)
        await traffic(workload, ACKNOWLEDGED)
    return check(workload.history, log)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name.replace(" ", "-"))
async def test_a_planted_bug_is_found(planted: Planted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(watch_stream, "BOOKMARK_INTERVAL_S", 0.05)
    if planted.restarts:
        found = await violations_over_a_crash(tmp_path)
    else:
        found = await violations(monkeypatch, planted)
    assert {violation.promise for violation in found} & planted.breaks, [str(violation) for violation in found[:5]]


async def test_nothing_is_found_where_nothing_was_planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(watch_stream, "BOOKMARK_INTERVAL_S", 0.05)
    async with recorded_server(monkeypatch, compaction_interval_s=0.3) as (url, log):
        workload = Workload([url], FEW_NAMES, SEED)
        await traffic(workload, 2 * ACKNOWLEDGED)
    assert [str(violation) for violation in check(workload.history, log)] == []
    workload.history.write(tmp_path / "history.jsonl")
    assert check(History.read(tmp_path / "history.jsonl"), log) == []
