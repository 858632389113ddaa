"""Many connections from one address do not keep those from another waiting."""

from __future__ import annotations

import asyncio
import gc
import socket
from pathlib import Path

import pytest

from minikube_py.apiserver.connection import ClientConnection
from tests.support.bad_user import BadUser
from tests.support.secure_api_server import ADMIN_TOKEN, BOB_TOKEN, SecureServer, secure_api_server

CROWD = 30


async def test_who_comes_from_another_address_does_not_wait_behind_a_crowd(tmp_path: Path) -> None:
    """The crowd says nothing, so that each of it holds its place as long as it may."""
    async with secure_api_server(tmp_path) as server:
        port = int(server.url.rpartition(":")[2])
        crowd = [socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0)) for _ in range(CROWD)]
        answered: list[str] = []
        asking = [
            _ask(server, "127.0.0.2", BOB_TOKEN, answered),
            _ask(server, "127.0.0.1", ADMIN_TOKEN, answered),
        ]
        await asyncio.gather(*asking)
        assert answered == ["127.0.0.1", "127.0.0.2"]
        for connection in crowd:
            connection.close()


async def _ask(server: SecureServer, host: str, token: str, answered: list[str]) -> None:
    user = BadUser(server.url, token, server.authority.context(None), host=host)
    await user.once("health", "/readyz")
    assert user.codes["health", 200] == 1
    answered.append(host)


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\n\r\n"])
async def test_who_does_not_finish_a_handshake_keeps_nobody_from_theirs(said: bytes, tmp_path: Path) -> None:
    async with secure_api_server(tmp_path) as server:
        port = int(server.url.rpartition(":")[2])
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in silent:
            writer.write(said)
        async with server.client(token=ADMIN_TOKEN) as client:
            assert (await client.get("/readyz")).status_code == 200
        for _, writer in silent:
            writer.transport.abort()


async def test_what_is_small_is_sent_at_once(tmp_path: Path) -> None:
    """Else the second half of an answer waits until the client has acknowledged the first: 40 ms."""
    async with secure_api_server(tmp_path) as server, server.client(token=ADMIN_TOKEN) as client:
        assert (await client.get("/readyz")).status_code == 200
        served = [each for each in gc.get_objects() if isinstance(each, ClientConnection)]
        sockets = [each.transport.get_extra_info("socket") for each in served if not each.transport.is_closing()]
        assert sockets
        assert all(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in sockets)
