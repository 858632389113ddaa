"""Clients that ask for much: a thousand watchers that idle, two hundred that do not read, objects too large."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress

import httpx

from tests.torture.connection import KINDS, Kind
from tests.torture.scene import Scene
from tests.torture.watchers import Stream

IDLE, SLOW = 1000, 200
_QUIET = Kind("/api/v1/namespaces/default/endpoints", "/registry/services/endpoints/default/")
_MEMORY_BYTES = 400 << 20
_WAKE_UP_S = 5.0
"""A second on a quiet machine; this one may be busy."""


async def crowd(scene: Scene) -> None:
    """1,000 watchers wake up for one event at once; 200 that do not read cost nobody anything, and lose nothing."""
    idle = [await _watch(scene, _QUIET, 0) for _ in range(IDLE)]
    revision = max(scene.workload.seen.revisions.values(), default=1)
    slow = [await _watch(scene, KINDS[0], revision) for _ in range(SLOW)]
    try:
        scene.mark(f"{len(idle)} idle and {len(slow)} slow watchers")
        await scene.until(lambda: False)
        took_s = await _wake_all(scene, idle)
        scene.mark(f"woken in {took_s:.2f} s, {scene.server.memory_bytes >> 20} MiB")
        if took_s > _WAKE_UP_S:
            scene.failures.append(f"an event reached the last of {IDLE} watchers after {took_s:.1f} s")
        if scene.server.memory_bytes > _MEMORY_BYTES:
            scene.failures.append(f"the server takes {scene.server.memory_bytes >> 20} MiB")
    finally:
        for _, writer in (*idle, *slow):
            writer.transport.abort()
    await _resume(scene, revision)


async def _watch(scene: Scene, kind: Kind, revision: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A watch on a socket that takes next to nothing unless it is read."""
    _, _, address = scene.server.url.rpartition("/")
    host, _, port = address.partition(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=connection, limit=4096)
    path = f"{kind.path}?watch=true&resourceVersion={revision or ''}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


async def _wake_all(scene: Scene, watchers: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> float:
    """How long it takes from a write until the last of them has the event."""
    name = b'"name":"wake"'

    async def told(reader: asyncio.StreamReader) -> None:
        seen = b""
        while name not in seen:
            chunk = await reader.read(4096)
            assert chunk, "an idle watch was ended"
            seen += chunk

    began = time.monotonic()
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        body = {"metadata": {"name": "wake"}}
        (await client.post(f"{scene.server.url}{_QUIET.path}", json=body)).raise_for_status()
    await asyncio.gather(*(told(reader) for reader, _ in watchers))
    return time.monotonic() - began


async def _resume(scene: Scene, revision: int) -> None:
    """A slow one comes back with what it saw last, and is told all of the rest."""
    connection = scene.workload.connection("slow")
    operation = connection.operation("watch", KINDS[0].prefix, mode="resume", asked=revision)
    with suppress(TimeoutError):
        async with asyncio.timeout(3):
            await Stream(connection, KINDS[0], operation).read(60)
    if operation.ended != "gone" and not operation.events:
        scene.failures.append("a slow watcher that came back was told nothing")


async def large_objects(scene: Scene) -> None:
    """What is too large is refused as that, and what is not is stored; a list of large ones comes in pages."""
    async with httpx.AsyncClient(base_url=scene.server.url, trust_env=False, verify=False, timeout=60) as client:
        for size, codes in ((1_000_000, {201}), (1_400_000, {413, 422}), (1_600_000, {413, 422}), (3_200_000, {413})):
            for kind in KINDS[:1]:
                body = {"metadata": {"name": f"size-{size}"}, "data": {"payload": "x" * size}}
                answer = await client.post(kind.path, json=body)
                if answer.status_code not in codes:
                    scene.failures.append(f"{size} bytes were answered with {answer.status_code}")
                scene.mark(f"{size} bytes: {answer.status_code}")
        number = 0
        while not scene.is_over or number < 40:
            number += 1
            body = {"metadata": {"name": f"large-{number % 40}"}, "data": {"payload": "x" * 900_000}}
            await client.post(KINDS[0].path, json=body)
            await _pages(scene, client)
            await asyncio.sleep(0.1)


async def _pages(scene: Scene, client: httpx.AsyncClient) -> None:
    token = ""
    while True:
        answer = await client.get(KINDS[0].path, params={"limit": "10", "continue": token})
        if answer.status_code != 200:
            scene.failures.append(f"a page of large objects was answered with {answer.status_code}")
            return
        token = answer.json()["metadata"].get("continue", "")
        if not token:
            return
