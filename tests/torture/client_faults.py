"""Clients that ask for much: a thousand watchers that idle, two hundred that do not read, objects too large."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from math import ceil

import httpx

from tests.support.eventually import eventually
from tests.torture.connection import KINDS, Kind
from tests.torture.idle_watchers import IdleWatchers, idle_watchers
from tests.torture.scene import Scene
from tests.torture.watchers import Stream

IDLE, SLOW = 1000, 200
_QUIET = "/api/v1/namespaces/default/endpoints"
_MEMORY_BYTES = 400 << 20
_WAKE_UP_S = 1.0
_CUT_OFF_S = 5.0
_SLOW_BYTES = 10 << 20
"""By so much more may the server's memory grow when two hundred do not read what it has to tell them."""
_BURST, _BURST_BYTES = 170, 30_000
"""More than the kernel takes for a client that reads nothing (the first two or three megabytes)."""
_LARGE, _LARGE_BYTES, _LARGE_PAGE = 200, 1_000_000, 10
_LARGE_SHARE = 1.25
"""The memory that a server needs for so many large objects: each of them once, and a few on their way."""


async def crowd(scene: Scene) -> None:
    """1,000 watchers wake up for one event at once; 200 that do not read cost nobody anything, and lose nothing."""
    host, _, port = scene.server.url.rpartition("/")[2].partition(":")
    async with (
        idle_watchers(host, int(port), _QUIET, IDLE) as idle,
        httpx.AsyncClient(base_url=scene.server.url, trust_env=False, timeout=60) as client,
    ):
        await scene.until(lambda: False)
        await _wake(scene, client, idle, "under load")
        async with scene.quiet():
            took_s = await _wake(scene, client, idle, "in quiet")
            if took_s > _WAKE_UP_S:
                scene.failures.append(f"an event reached the last of {IDLE} watchers after {took_s:.1f} s")
            await _slow_watchers(scene, client)
    if scene.server.memory_bytes > _MEMORY_BYTES:
        scene.failures.append(f"the server takes {scene.server.memory_bytes >> 20} MiB")


async def _wake(scene: Scene, client: httpx.AsyncClient, idle: IdleWatchers, when: str) -> float:
    """How long it takes from a write until the last of them has the event."""
    name = f"wake-{when.replace(' ', '-')}"
    began = time.monotonic()
    (await client.post(_QUIET, json={"metadata": {"name": name}})).raise_for_status()
    took_s = await idle.told(name) - began
    scene.mark(f"{IDLE} woken {when} in {took_s:.2f} s")
    return took_s


@dataclass(frozen=True, slots=True)
class _Burst:
    """What a number of writes did to the server and to who wrote."""

    grown_bytes: int
    slow_answer_s: float
    """Of a hundred answers the slowest but one."""


async def _slow_watchers(scene: Scene, client: httpx.AsyncClient) -> None:
    """The same writes with nobody, and with 200 who do not read: those are cut off, and nobody else notices."""
    path, others = KINDS[0].path, await _open_watches(client)
    alone = await _burst(scene, client, "alone")
    revision = int((await client.get(path, params={"limit": "1"})).json()["metadata"]["resourceVersion"])
    slow = [await _watch(scene, KINDS[0], revision) for _ in range(SLOW)]
    try:
        await eventually(lambda: _has_watches(client, others + SLOW), timeout_s=30)
        beside = await _burst(scene, client, "beside")
        began = time.monotonic()
        await eventually(lambda: _has_watches(client, others), timeout_s=60)
        cut_s = time.monotonic() - began
    finally:
        for _, writer in slow:
            writer.transport.abort()
    grown = beside.grown_bytes - alone.grown_bytes
    scene.mark(
        f"{SLOW} slow watchers cut off {cut_s:.1f} s after the last write, memory {grown / (1 << 20):+.1f} MiB, "
        f"p99 {1000 * alone.slow_answer_s:.0f} -> {1000 * beside.slow_answer_s:.0f} ms"
    )
    if cut_s > _CUT_OFF_S:
        scene.failures.append(f"W11: who does not read was cut off after {cut_s:.1f} s")
    if grown > _SLOW_BYTES:
        scene.failures.append(f"W11: {SLOW} slow watchers cost {grown >> 20} MiB")
    await _resume(scene, revision)


async def _burst(scene: Scene, client: httpx.AsyncClient, name: str) -> _Burst:
    before = most = scene.server.memory_bytes
    took: list[float] = []
    for number in range(_BURST):
        body = {"metadata": {"name": f"burst-{name}-{number}"}, "data": {"payload": "x" * _BURST_BYTES}}
        began = time.monotonic()
        (await client.post(KINDS[0].path, json=body)).raise_for_status()
        took.append(time.monotonic() - began)
        most = max(most, scene.server.memory_bytes)
    return _Burst(most - before, sorted(took)[ceil(0.99 * len(took)) - 1])


async def _open_watches(client: httpx.AsyncClient) -> int:
    text = (await client.get("/metrics")).text
    counts = re.findall(r'^apiserver_longrunning_requests\{.*resource="configmaps".*\} ([0-9.]+)$', text, re.MULTILINE)
    return int(sum(map(float, counts)))


async def _has_watches(client: httpx.AsyncClient, count: int) -> bool:
    return await _open_watches(client) == count


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


async def _resume(scene: Scene, revision: int) -> None:
    """A slow one comes back with what it saw last, and is told all of the rest: the checker sees whether it was."""
    connection = scene.workload.connection("slow")
    operation = connection.operation("watch", KINDS[0].prefix, mode="resume", asked=revision)
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            await Stream(connection, KINDS[0], operation).read(60)
    if operation.ended != "gone" and len(operation.events) < _BURST:
        scene.failures.append(f"a slow watcher that came back was told {len(operation.events)} of {_BURST} events")


async def large_objects(scene: Scene) -> None:
    """What is too large is refused as that, and what is not is stored; a list of large ones comes in pages."""
    path = "/api/v1/namespaces/large/configmaps"
    async with httpx.AsyncClient(base_url=scene.server.url, trust_env=False, timeout=60) as client:
        (await client.post("/api/v1/namespaces", json={"metadata": {"name": "large"}})).raise_for_status()
        for size, codes in ((1_000_000, {201}), (1_400_000, {413, 422}), (1_600_000, {413, 422}), (3_200_000, {413})):
            code = await _create(client, path, f"size-{size}", size)
            if code not in codes:
                scene.failures.append(f"{size} bytes were answered with {code}")
            scene.mark(f"{size} bytes: {code}")
        await scene.until(lambda: False)
        async with scene.quiet():
            await _many_large(scene, client, path)


async def _many_large(scene: Scene, client: httpx.AsyncClient, path: str) -> None:
    before = scene.server.memory_bytes
    for number in range(_LARGE):
        if (code := await _create(client, path, f"large-{number}", _LARGE_BYTES)) != 201:
            scene.failures.append(f"a large object was answered with {code}")
    most, token, count = scene.server.memory_bytes, "", 0
    while True:
        answer = await client.get(path, params={"limit": str(_LARGE_PAGE), "continue": token})
        if answer.status_code != 200:
            scene.failures.append(f"a page of large objects was answered with {answer.status_code}")
            return
        most = max(most, scene.server.memory_bytes)
        count += len(answer.json()["items"])
        token = answer.json()["metadata"].get("continue", "")
        if not token:
            break
    scene.mark(f"{count} large objects listed, memory {before >> 20} -> {most >> 20} MiB")
    if count != _LARGE + 1:
        scene.failures.append(f"{count} large objects were listed, and not {_LARGE + 1}")
    if most - before > _LARGE_SHARE * _LARGE * _LARGE_BYTES:
        scene.failures.append(f"{_LARGE} large objects cost {(most - before) >> 20} MiB")


async def _create(client: httpx.AsyncClient, path: str, name: str, size: int) -> int:
    return (await client.post(path, json={"metadata": {"name": name}, "data": {"payload": "x" * size}})).status_code
