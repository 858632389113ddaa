"""B3: what reading one pod costs, 32 clients side by side."""

from __future__ import annotations

import asyncio
import json

from benchmarks.beside import Measure, beside
from benchmarks.client import Connection
from benchmarks.frame import Figure, Options, Server
from benchmarks.pods import PODS, create_pods

CLIENTS = 32


async def run(options: Options) -> tuple[Figure, ...]:
    reads = 10 if options.quick else 300

    async def take(server: Server) -> tuple[float, ...]:
        await create_pods(server, CLIENTS)
        before = server.cpu_s()
        await asyncio.gather(*(_read(server, number, reads) for number in range(CLIENTS)))
        return ((server.cpu_s() - before) * 1000 / (CLIENTS * reads),)

    return await beside(options, (Measure("B3", "get 1 pod", "CPU-ms", 0.95, 1 / 5),), take)


async def _read(server: Server, number: int, times: int) -> None:
    async with Connection(server.endpoint) as connection:
        for _ in range(times):
            reply = await connection.request("GET", f"{PODS}/pod-{number}")
            assert reply.code == 200, reply.body
        assert json.loads(reply.body)["metadata"]["name"] == f"pod-{number}"
