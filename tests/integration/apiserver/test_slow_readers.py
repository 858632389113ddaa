"""A client that asks for much and reads nothing: little of the answer waits in the server's memory."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from pathlib import Path

import pytest

from minikube_py.apiserver.connection import ClientConnection
from tests.support.eventually import eventually
from tests.support.secure_api_server import ADMIN_TOKEN, SecureServer, secure_api_server

MAPS = "/api/v1/namespaces/default/configmaps"
MOST_BYTES = 1_000_000


@pytest.mark.parametrize("query", ["", "?watch=1", "?pretty=1"])
async def test_of_a_long_answer_that_is_not_read_little_waits_in_memory(query: str, tmp_path: Path) -> None:
    async with secure_api_server(tmp_path) as server, server.client(token=ADMIN_TOKEN) as admin:
        for number in range(12):
            body = {"metadata": {"name": f"m{number}"}, "data": {"text": "x" * 900_000}}
            (await admin.post(MAPS, json=body)).raise_for_status()
        reader, writer = await _connected(server)
        writer.write(f"GET {MAPS}{query} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {ADMIN_TOKEN}\r\n\r\n".encode())
        assert await reader.read(15) == b"HTTP/1.1 200 OK"
        await eventually(lambda: _unsent() > 0)
        assert (await admin.get("/readyz")).status_code == 200  # nobody else waits for him
        assert _unsent() < MOST_BYTES
        writer.transport.abort()


def _unsent() -> int:
    """Bytes that wait in this process for clients to take them."""
    found = [each for each in gc.get_objects() if isinstance(each, ClientConnection)]
    open_ones = [each.transport for each in found if each.transport and not each.transport.is_closing()]
    return max(transport.get_write_buffer_size() for transport in open_ones)


async def _connected(server: SecureServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that takes next to nothing unless it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    host, port = server.url.removeprefix("https://").split(":")
    await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
    tls: ssl.SSLContext = server.authority.context(None)
    return await asyncio.open_connection(sock=connection, ssl=tls, server_hostname=host, limit=4096)
