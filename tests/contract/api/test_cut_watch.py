"""A watch that is cut after any byte goes on where it was: nothing is lost, nothing is told twice (W5)."""

from __future__ import annotations

import pytest

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.status import ApiError
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from tests.contract.api.cutting import Cutter, cutting
from tests.contract.api.objects import Objects
from tests.support.api_server import api_server

Told = list[tuple[str, str]]


async def follow(client: Client, start: int, count: int) -> Told:
    """What a client is told that resumes after whatever it has read whole."""
    position, seen = str(start), Told()
    while len(seen) < count:
        try:
            async with client.watch(ConfigMap, namespace="default", resource_version=position) as events:
                async for event in events:
                    seen.append((str(event.type), event.revision))
                    position = event.revision
                    if len(seen) == count:
                        break
        except ApiError:
            continue
    return seen


async def cut_at(cutter: Cutter, byte: int | None, start: int, count: int) -> Told:
    cutter.left, cutter.passed, cutter.has_cut = byte, 0, False
    client = Client.connect(ClientConfig(cutter.url))
    try:
        return await follow(client, start, count)
    finally:
        await client.close()


@pytest.mark.timeout(240)
async def test_a_watch_that_is_cut_at_any_byte_goes_on_where_it_was() -> None:
    async with api_server() as http:
        objects = Objects(http, "default")
        start = await objects.create("start")
        await objects.create("a")
        await objects.update("a", k="v")
        await objects.delete("a")
        async with cutting(http.base_url.host, http.base_url.port or 0) as cutter:
            whole = await cut_at(cutter, None, start, 3)
            length = cutter.passed
            assert [kind for kind, _ in whole] == ["ADDED", "MODIFIED", "DELETED"]
            for byte in range(1, length):
                assert await cut_at(cutter, byte, start, 3) == whole, f"cut after {byte} of {length} bytes"
                assert cutter.has_cut
