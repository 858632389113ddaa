"""B1: what a created pod costs the API server and its store, 16 clients side by side."""

from __future__ import annotations

import json

from benchmarks.beside import Measure, beside
from benchmarks.client import Connection
from benchmarks.frame import Figure, Options, Server
from benchmarks.pods import PODS, count_of, create_pods


async def run(options: Options) -> tuple[Figure, ...]:
    count = count_of(options)

    async def take(server: Server) -> tuple[float, ...]:
        before = server.cpu_s()
        await create_pods(server, count)
        cost_ms = (server.cpu_s() - before) * 1000 / count
        async with Connection(server.endpoint) as connection:
            stored = json.loads((await connection.request("GET", PODS)).body)["items"]
        assert {pod["metadata"]["name"] for pod in stored} == {f"pod-{number}" for number in range(count)}
        return (cost_ms,)

    return await beside(options, (Measure("B1", f"create 1 of {count} pods", "CPU-ms", 3.6, 1 / 3),), take)
