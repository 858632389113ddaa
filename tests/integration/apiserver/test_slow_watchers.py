"""A client that watches and does not read: it is cut off, costs the others nothing, and loses nothing."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from minikube_py.apiserver.connection import STALLED_S
from minikube_py.apiserver.watch_stream import PIECE_BYTES
from tests.support.api_server import api_server
from tests.support.eventually import eventually

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
BIG = {"payload": "x" * 500_000}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with api_server() as client:
        yield client


@asynccontextmanager
async def watching(client: httpx.AsyncClient, version: str) -> AsyncIterator[asyncio.StreamReader]:
    """A watch on a socket that takes next to nothing unless it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (client.base_url.host, client.base_url.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=4096)
    writer.write(f"GET {CONFIG_MAPS}?watch=1&resourceVersion={version} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    await writer.drain()

    async def is_open() -> bool:
        return await open_watches(client) == 1

    try:
        await eventually(is_open)
        yield reader
    finally:
        writer.transport.abort()


async def open_watches(client: httpx.AsyncClient) -> int:
    text = (await client.get("/metrics")).text
    counts = re.findall(r'^apiserver_longrunning_requests\{.*resource="configmaps".*\} ([0-9.]+)$', text, re.MULTILINE)
    return int(sum(map(float, counts)))


async def make(client: httpx.AsyncClient, number: int) -> str:
    body = {"metadata": {"name": f"big-{number}"}, "data": BIG}
    version: str = (await client.post(CONFIG_MAPS, json=body)).json()["metadata"]["resourceVersion"]
    return version


async def test_a_watch_that_nobody_reads_is_cut_off_and_loses_nothing(client: httpx.AsyncClient) -> None:
    async def is_cut_off() -> bool:
        return await open_watches(client) == 0

    version = (await client.get(CONFIG_MAPS)).json()["metadata"]["resourceVersion"]
    text, made = b"", 20
    async with watching(client, version) as reader:
        written = [await make(client, number) for number in range(made)]
        await eventually(is_cut_off, timeout_s=3 * STALLED_S)
        with suppress(ConnectionError):
            while chunk := await reader.read(1 << 20):
                text += chunk
    told = re.findall(rb'"resourceVersion":"(\d+)"[^\n]*\n', text)
    assert 0 < len(told) < made
    query: dict[str, Any] = {"watch": "1", "resourceVersion": int(told[-1])}
    rest: list[str] = []
    async with client.stream("GET", CONFIG_MAPS, params=query, timeout=10) as response:
        lines = response.aiter_lines()
        while len(told) + len(rest) < made:
            rest.append(json.loads(await anext(lines))["object"]["metadata"]["resourceVersion"])
    assert [*(each.decode() for each in told), *rest] == written


async def test_a_watch_that_is_read_slowly_goes_on(client: httpx.AsyncClient) -> None:
    """For longer than one may that takes nothing; all the while there is more to take."""
    version = (await client.get(CONFIG_MAPS)).json()["metadata"]["resourceVersion"]
    clock, size = asyncio.get_running_loop().time, 0
    async with watching(client, version) as reader:
        for number in range(20):
            await make(client, number)
        ends = clock() + 2 * STALLED_S
        while clock() < ends:
            size += len(await reader.readexactly(65536))
            await asyncio.sleep(0.2)
        assert size < 20 * len(BIG["payload"])
        assert await open_watches(client) == 1


async def test_a_large_event_is_sent_in_pieces(client: httpx.AsyncClient) -> None:
    """So that of each client that does not read no more than one of them waits."""
    version = (await client.get(CONFIG_MAPS)).json()["metadata"]["resourceVersion"]
    sizes: list[int] = []
    async with watching(client, version) as reader:
        await make(client, 1)
        await reader.readuntil(b"\r\n\r\n")
        while sum(sizes) < len(BIG["payload"]):
            sizes.append(int(await reader.readline(), 16))
            await reader.readexactly(sizes[-1] + 2)
    assert max(sizes) <= PIECE_BYTES
