"""kill -9 of the API server and of its store under write load: what was acknowledged is there afterwards.

Kubernetes: the promise of etcd's and the API server's robustness tests (etcd-io/etcd, tests/robustness)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.api_server_process import ApiServerProcess
from tests.support.eventually import eventually
from tests.support.processes import EtcdServer

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
WRITERS = 8
ACKNOWLEDGED_BEFORE_A_KILL = 150


class WriteLoad:
    """Writers that each create objects, and update every other one, for as long as the block lasts."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.acknowledged: dict[str, str] = {}
        """Object -> the resourceVersion of its last acknowledged write."""
        self.unanswered: set[str] = set()
        """Objects of which one write got no answer: it happened or it did not."""
        self.codes: dict[int, int] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with httpx.AsyncClient(base_url=self._url, trust_env=False, timeout=10) as client:
            writers = [asyncio.create_task(self._write(client, number)) for number in range(WRITERS)]
            try:
                yield
            finally:
                for writer in writers:
                    writer.cancel()
                await asyncio.gather(*writers, return_exceptions=True)

    async def more(self, count: int) -> None:
        """Wait for that many further acknowledged objects."""
        wanted = len(self.acknowledged) + count
        await eventually(lambda: len(self.acknowledged) >= wanted, timeout_s=60)

    async def _write(self, client: httpx.AsyncClient, writer: int) -> None:
        number = 0
        while True:
            number += 1
            name = f"w{writer}-{number}"
            body = {"metadata": {"name": name}, "data": {"round": "1"}}
            created = await self._send(client, "POST", CONFIG_MAPS, name, body)
            if created and number % 2:
                body["data"] = {"round": "2"}
                await self._send(client, "PUT", f"{CONFIG_MAPS}/{name}", name, body)

    async def _is_up(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get("/livez")).status_code == 200
        except httpx.TransportError:
            return False

    async def _send(self, client: httpx.AsyncClient, method: str, path: str, name: str, body: object) -> bool:
        # Unanswered until it is answered: the writer may be cancelled in between.
        self.unanswered.add(name)
        try:
            answer = await client.request(method, path, json=body)
        except httpx.TransportError:
            await eventually(lambda: self._is_up(client), timeout_s=60)
            return False
        self.codes[answer.status_code] = self.codes.get(answer.status_code, 0) + 1
        if answer.status_code not in (200, 201):
            assert answer.json()["kind"] == "Status"
            return False
        self.acknowledged[name] = answer.json()["metadata"]["resourceVersion"]
        self.unanswered.discard(name)
        return True


async def assert_nothing_was_lost(url: str, load: WriteLoad) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        items = (await client.get(CONFIG_MAPS)).json()["items"]
    stored = {item["metadata"]["name"]: item for item in items}
    lost = [name for name in load.acknowledged if name not in stored]
    assert lost == []
    versions = {name: stored[name]["metadata"]["resourceVersion"] for name in load.acknowledged}
    sure = load.acknowledged.keys() - load.unanswered
    assert {name: versions[name] for name in sure} == {name: load.acknowledged[name] for name in sure}
    assert all(int(versions[name]) >= int(version) for name, version in load.acknowledged.items())
    unexpected = stored.keys() - load.acknowledged.keys() - load.unanswered
    assert unexpected <= {"kube-root-ca.crt"}, "objects that nobody wrote"


async def kill_thrice(server: ApiServerProcess, kill: Callable[[], None], restart: Callable[[], object]) -> WriteLoad:
    load = WriteLoad(server.url)
    async with load.running():
        for _ in range(3):
            await load.more(ACKNOWLEDGED_BEFORE_A_KILL)
            kill()
            outcome = restart()
            if asyncio.iscoroutine(outcome):
                await outcome
        await load.more(ACKNOWLEDGED_BEFORE_A_KILL)
    assert load.unanswered or set(load.codes) - {200, 201}, "no kill met a write under way"
    return load


@pytest.mark.timeout(180)
@pytest.mark.parametrize("store", ["sqlite", pytest.param("etcd", marks=pytest.mark.etcd)])
async def test_api_server_killed_under_write_load_loses_no_acknowledged_write(tmp_path: Path, store: str) -> None:
    etcd = EtcdServer(tmp_path / "etcd") if store == "etcd" else None
    url = f"sqlite://{tmp_path / 'store.db'}"
    if etcd is not None:
        etcd.start()
        await eventually(etcd.is_healthy, timeout_s=20)
        url = etcd.endpoint
    server = ApiServerProcess(url, tmp_path / "apiserver.log")
    try:
        await server.start()
        load = await kill_thrice(server, server.kill, server.start)
        await assert_nothing_was_lost(server.url, load)
    finally:
        server.kill()
        if etcd is not None:
            etcd.stop()


@pytest.mark.etcd
@pytest.mark.timeout(180)
async def test_etcd_killed_under_write_load_loses_no_acknowledged_write(tmp_path: Path) -> None:
    etcd = EtcdServer(tmp_path / "etcd")
    etcd.start()
    await eventually(etcd.is_healthy, timeout_s=20)
    server = ApiServerProcess(etcd.endpoint, tmp_path / "apiserver.log")
    try:
        await server.start()
        load = await kill_thrice(server, etcd.kill, etcd.start)
        await assert_nothing_was_lost(server.url, load)
        assert set(load.codes) <= {200, 201, 503, 504, 409}, load.codes
        assert "Traceback" not in (tmp_path / "apiserver.log").read_text()
    finally:
        server.kill()
        etcd.stop()
