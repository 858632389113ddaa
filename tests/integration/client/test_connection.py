"""Connections that are kept, closed behind one's back, ended early, or filled faster than they are read."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

import pytest

from minikube_py.api.status import Unavailable
from minikube_py.client.connection import BUFFERED_BYTES
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.client.request import Request
from minikube_py.client.transport import Transport
from tests.support.eventually import eventually
from tests.support.loopback_server import listening

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def transport_to(port: int) -> Transport:
    return Transport(ClientConfig(server=f"http://127.0.0.1:{port}"), user_agent="test")


class Counting:
    """Answers request after request on each connection; counts both."""

    def __init__(self, answer: bytes, requests_per_connection: int = 1000) -> None:
        self._answer = answer
        self._limit = requests_per_connection
        self.connections = 0
        self.requests = 0
        self.closed = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(asyncio.IncompleteReadError):
            for _ in range(self._limit):
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                writer.write(self._answer)
                await writer.drain()
        self.closed += 1

    def has_closed(self, count: int) -> bool:
        return self.closed == count


async def test_connection_is_used_again() -> None:
    server = Counting(OK)
    async with listening(server) as port, transport_to(port) as transport:
        for _ in range(5):
            await transport.send(Request("POST", "/x"))
    assert (server.connections, server.requests) == (1, 5)


async def test_connection_that_the_server_closed_is_not_used_for_a_write() -> None:
    server = Counting(OK, requests_per_connection=1)
    async with listening(server) as port, transport_to(port) as transport:
        for sent in range(5):
            await transport.send(Request("POST", "/x"))
            await eventually(partial(server.has_closed, sent + 1))
    assert (server.connections, server.requests) == (5, 5)


async def test_connection_is_closed_when_the_server_says_so() -> None:
    server = Counting(OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
    async with listening(server) as port, transport_to(port) as transport:
        for _ in range(3):
            await transport.send(Request("POST", "/x"))
    assert server.connections == 3


async def test_body_without_a_length_ends_with_the_connection() -> None:
    server = Counting(b"HTTP/1.1 200 OK\r\n\r\n[1,2]", requests_per_connection=1)
    async with listening(server) as port, transport_to(port) as transport:
        assert (await transport.send(Request("GET", "/x"))).json() == [1, 2]


async def test_answer_that_is_not_http_is_named() -> None:
    server = Counting(b"SSH-2.0-OpenSSH_9\r\n\r\n")
    async with listening(server) as port, transport_to(port) as transport:
        with pytest.raises(Unavailable, match="does not speak HTTP"):
            await transport.send(Request("POST", "/x"))


async def test_request_that_is_given_up_closes_its_connection() -> None:
    silent = Counting(b"")
    async with listening(silent) as port, transport_to(port) as transport:
        asking = asyncio.create_task(transport.send(Request("GET", "/x")))
        await eventually(lambda: silent.requests == 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await eventually(lambda: silent.closed == 1)


async def test_reader_that_does_not_keep_up_stops_the_sender() -> None:
    line = b"x" * 65535 + b"\n"
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(line) * 1000))
        for _ in range(1000):
            writer.write(line)
            await writer.drain()
            written += len(line)

    async with (
        listening(flood) as port,
        transport_to(port) as transport,
        transport.lines(Request("GET", "/x"), idle_timeout_s=10) as lines,
    ):
        assert await anext(lines) == line[:-1]
        seen = -1

        def is_stuck() -> bool:
            nonlocal seen
            before, seen = seen, written
            return before == written > BUFFERED_BYTES

        await eventually(is_stuck)
        assert written < len(line) * 1000
        count = 1
        async for _ in lines:
            count += 1
    assert count == 1000
