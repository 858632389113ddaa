"""A head without an end is refused before it fills the memory, and one that comes too slowly is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from minikube_py.apiserver import connection
from minikube_py.apiserver.connection import LONGEST_HEAD_BYTES
from tests.support.api_server import api_server


@asynccontextmanager
async def connected(client: httpx.AsyncClient) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("line", [b"X-A: " + b"a" * 4000 + b"\r\n", b"a" * 4000], ids=["many lines", "one line"])
async def test_a_head_without_an_end_is_refused(line: bytes) -> None:
    async with api_server() as client, connected(client) as (reader, writer):
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: a\r\nX-B: ")
        sent = 0
        with suppress(ConnectionError):
            while sent < 20 * LONGEST_HEAD_BYTES and not reader._buffer:  # type: ignore[attr-defined]
                writer.write(line)
                sent += len(line)
                await writer.drain()
                await asyncio.sleep(0)
        assert sent < 20 * LONGEST_HEAD_BYTES
        assert (await reader.read(100)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("begun", [b"", b"GET /readyz HTT", b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\nGET /read"])
async def test_who_does_not_come_to_the_end_of_a_head_is_not_waited_for(
    begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_S", 0.2)
    async with api_server() as client, connected(client) as (reader, writer):
        writer.write(begun)
        async with asyncio.timeout(10):
            text = await _to_the_end(reader)
        assert text.startswith(b"HTTP/1.1 200 ") if b"\r\n\r\n" in begun else not text


async def test_between_two_requests_there_may_be_a_longer_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    async with api_server() as client, connected(client) as (reader, writer):
        monkeypatch.setattr(connection, "HEAD_S", 0.2)
        for _ in range(2):
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            assert await reader.readexactly(2) == b"ok"
            await asyncio.sleep(0.5)  # the pause is the matter


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    text = b""
    with suppress(ConnectionError):
        while piece := await reader.read(1000):
            text += piece
    return text
