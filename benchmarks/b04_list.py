"""B4: what listing pods costs for each pod, as JSON, as JSON in gzip, and as the Table that kubectl asks for."""

from __future__ import annotations

import gzip
import json

from benchmarks.beside import Measure, beside
from benchmarks.client import Connection
from benchmarks.frame import Figure, Options, Server
from benchmarks.pods import PODS, count_of, create_pods

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

FORMS = (("application/json", "identity", "items"), ("application/json", "gzip", "items"), (TABLE, "identity", "rows"))


async def run(options: Options) -> tuple[Figure, ...]:
    count, times = count_of(options), 10

    async def take(server: Server) -> tuple[float, ...]:
        await create_pods(server, count)
        async with Connection(server.endpoint) as connection:
            # What the server still has to do about the creations is no part of a list.
            await connection.request("GET", PODS)
        costs = []
        for accept, encoding, rows in FORMS:
            before = server.cpu_s()
            async with Connection(server.endpoint) as connection:
                for _ in range(times):
                    reply = await connection.request("GET", PODS, accept=accept, encoding=encoding)
            costs.append((server.cpu_s() - before) * 1e6 / (count * times))
            body = gzip.decompress(reply.body) if encoding == "gzip" else reply.body
            assert len(json.loads(body)[rows]) == count
        return tuple(costs)

    measures = (
        Measure("B4", f"list 1 of {count} pods, JSON", "CPU-us", 70, 1 / 20),
        Measure("B4", f"list 1 of {count} pods, JSON as gzip", "CPU-us", 48, 1 / 20),
        Measure("B4", f"list 1 of {count} pods, Table", "CPU-us", 43, 1 / 8),
    )
    return await beside(options, measures, take)
