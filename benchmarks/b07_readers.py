"""B7: the memory that many readers of one large list cost at once."""

from __future__ import annotations

import asyncio
import json

from benchmarks.beside import Measure, beside
from benchmarks.client import Connection
from benchmarks.frame import Figure, Options, Server, peak_rss_bytes, reset_peak_rss

READERS = 32
OBJECT_BYTES = 10_000
PATH = "/api/v1/namespaces/bench/configmaps"


async def run(options: Options) -> tuple[Figure, ...]:
    count = 100 if options.quick else 2000

    async def take(server: Server) -> tuple[float, ...]:
        async with Connection(server.endpoint) as connection:
            for number in range(count):
                metadata = {"name": f"large-{number}"}
                document = {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": metadata,
                    "data": {"x": "x" * OBJECT_BYTES},
                }
                assert (await connection.request("POST", PATH, json.dumps(document).encode())).code == 201
        reset_peak_rss(server.pids)
        before = server.rss_bytes()
        sizes = await asyncio.gather(*(_read(server) for _ in range(READERS)))
        assert min(sizes) > count * OBJECT_BYTES
        return ((peak_rss_bytes(server.pids) - before) / READERS / 1e6,)

    what = f"{READERS} readers of a list of {count * OBJECT_BYTES / 1e6:.0f} MB at once, each"
    return await beside(options, (Measure("B7", what, "MB", 2.0, 0.3),), take)


async def _read(server: Server) -> int:
    async with Connection(server.endpoint) as connection:
        return await connection.size("GET", PATH)
