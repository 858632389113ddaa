"""B6: what one event costs for each watcher that it is delivered to, in a burst and filtered by node."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from functools import partial

from benchmarks.beside import Measure, beside
from benchmarks.client import Connection
from benchmarks.frame import Figure, Options, Server, until
from benchmarks.pods import PODS, pod

TIMEOUT_S = 300.0
SIDE_BY_SIDE = 16


async def run(options: Options) -> tuple[Figure, ...]:
    watchers, updates = (10, 20) if options.quick else (200, 500)

    async def take(server: Server) -> tuple[float, ...]:
        async with Connection(server.endpoint) as connection:
            for number in range(SIDE_BY_SIDE):
                assert (await connection.request("POST", PODS, pod(number))).code == 201
        burst = await _deliver(server, "", watchers, updates)
        filtered = await _deliver(server, "&fieldSelector=spec.nodeName%3Dnobody", watchers, updates)
        return burst * 1e6 / (watchers * updates), filtered * 1e6 / updates

    measures = (
        Measure("B6", f"burst of {updates} to {watchers} watchers, a delivery", "CPU-us", 11, 1 / 3),
        Measure("B6", f"update beside {watchers} watchers of other nodes", "CPU-us", 3600, 1),
    )
    return await beside(options, measures, take)


async def _deliver(server: Server, query: str, watchers: int, updates: int) -> float:
    """CPU seconds from the first update until every watcher has what is meant for it."""
    seen = [0] * watchers
    opened = asyncio.Semaphore(0)
    async with Connection(server.endpoint) as connection:
        listed = json.loads((await connection.request("GET", PODS)).body)
        path = f"{PODS}?watch=1&resourceVersion={listed['metadata']['resourceVersion']}{query}"
        tasks = [asyncio.create_task(_watch(server, path, seen, number, opened)) for number in range(watchers)]
        try:
            async with asyncio.timeout(TIMEOUT_S):
                for _ in tasks:
                    await opened.acquire()
                before = server.cpu_s()
                await _touch_all(server, updates)
                await until(partial(_all_have, seen, 0 if query else updates), TIMEOUT_S)
                used = server.cpu_s() - before
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    assert seen == [0 if query else updates] * watchers
    return used


async def _all_have(seen: list[int], count: int) -> bool:
    return min(seen) >= count


async def _touch_all(server: Server, updates: int) -> None:
    """That many updates as fast as they go, each client of a pod of its own."""
    numbers = iter(range(updates))

    async def work(path: str) -> None:
        async with Connection(server.endpoint) as connection:
            for number in numbers:
                found = json.loads((await connection.request("GET", path)).body)
                found["metadata"]["labels"]["touched"] = str(number)
                reply = await connection.request("PUT", path, json.dumps(found).encode())
                assert reply.code == 200, reply.body

    await asyncio.gather(*(work(f"{PODS}/pod-{number}") for number in range(SIDE_BY_SIDE)))


async def _watch(server: Server, path: str, seen: list[int], number: int, opened: asyncio.Semaphore) -> None:
    mark, rest = b'"type":"MODIFIED"', b""
    async with Connection(server.endpoint) as connection, aclosing(connection.watch(path)) as pieces:
        async for piece in pieces:
            if not piece:
                opened.release()
                continue
            text = rest + piece
            seen[number] += text.count(mark)
            rest = text[-len(mark) + 1 :]
