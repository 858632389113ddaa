"""The store full, the store gone: a Status that names the cause, reads go on, and so do writes once there is room."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.api_server import api_server
from tests.support.api_server_process import ApiServerProcess
from tests.support.eventually import eventually
from tests.support.processes import EtcdServer

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


async def test_full_disk_is_said_loses_nothing_and_is_over_when_there_is_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(500_000))
    async with api_server(storage=f"sqlite://{small_disk / 'store.db'}") as client:
        acknowledged = []
        for number in range(2000):
            body = {"metadata": {"name": f"c{number}"}, "data": {"x": "x" * 4000}}
            answer = await client.post(CONFIG_MAPS, json=body)
            if answer.status_code != 201:
                break
            acknowledged.append(f"c{number}")
        status = answer.json()
        assert (status["kind"], status["code"], status["reason"]) == ("Status", 507, "InsufficientStorage")
        assert "store.db" in status["message"]
        assert "free some space" in status["message"]
        assert acknowledged

        async def names() -> list[str]:
            items = (await client.get(CONFIG_MAPS)).json()["items"]
            return sorted(item["metadata"]["name"] for item in items)

        assert await names() == sorted(acknowledged)
        ballast.unlink()
        assert (await client.post(CONFIG_MAPS, json={"metadata": {"name": "after"}})).status_code == 201
        assert await names() == sorted([*acknowledged, "after"])


@pytest.mark.etcd
async def test_store_gone_is_said_and_over_when_it_is_back(tmp_path: Path) -> None:
    etcd = EtcdServer(tmp_path / "etcd")
    etcd.start()
    await eventually(etcd.is_healthy, timeout_s=20)
    server = ApiServerProcess(etcd.endpoint, tmp_path / "apiserver.log")
    try:
        await server.start()
        async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as client:
            (await client.post(CONFIG_MAPS, json={"metadata": {"name": "before"}})).raise_for_status()
            etcd.kill()
            refused = await client.post(CONFIG_MAPS, json={"metadata": {"name": "during"}})
            status = refused.json()
            assert (status["kind"], status["code"], status["reason"]) == ("Status", 503, "ServiceUnavailable")
            assert "store" in status["message"]
            assert (await client.get("/livez")).status_code == 200
            await eventually(lambda: _code(client, "/readyz", 500), timeout_s=20)

            etcd.start()
            await eventually(lambda: _code(client, "/readyz", 200), timeout_s=30)
            assert (await client.get(f"{CONFIG_MAPS}/before")).status_code == 200

            async def accepted() -> bool:
                answer = await client.post(CONFIG_MAPS, json={"metadata": {"name": "after"}})
                return answer.status_code in (201, 409)

            await eventually(accepted, timeout_s=20)
        assert "Traceback" not in await asyncio.to_thread((tmp_path / "apiserver.log").read_text)
    finally:
        server.kill()
        etcd.stop()


async def _code(client: httpx.AsyncClient, path: str, code: int) -> bool:
    return (await client.get(path)).status_code == code
