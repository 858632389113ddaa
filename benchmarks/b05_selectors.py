"""B5: what a list costs that finds few of many pods: by label, by node, page by page."""

from __future__ import annotations

import json
from urllib.parse import quote

from benchmarks.beside import Measure, beside
from benchmarks.client import Connection
from benchmarks.frame import Figure, Options, Server
from benchmarks.pods import PODS, count_of, create_pods

TIMES = 200
PAGE = 500


async def run(options: Options) -> tuple[Figure, ...]:
    count = count_of(options)
    few = {f"pod-{number}" for number in range(7, count, 100)}
    lists = (
        ("labelSelector=app%3Dnothing", set[str]()),
        ("labelSelector=hundredth%3D7", few),
        ("fieldSelector=spec.nodeName%3Dnode-7", few),
    )

    async def take(server: Server) -> tuple[float, ...]:
        await create_pods(server, count, on_nodes=True)
        async with Connection(server.endpoint) as connection:
            costs = [await _list_cost(server, connection, query, names) for query, names in lists]
            return (*costs, await _page_cost(server, connection, count))

    measures = (
        Measure("B5", f"list by a label that none of {count} pods has", "CPU-ms", 8.0, 1 / 10),
        Measure("B5", f"list by a label that {len(few)} of {count} pods have", "CPU-ms", None, 1 / 10),
        Measure("B5", f"list the {len(few)} of {count} pods of a node", "CPU-ms", 4.6, 1 / 10),
        Measure("B5", f"list {PAGE} of {count} pods, page by page", "CPU-ms", 40.0, 1 / 10),
    )
    return await beside(options, measures, take)


async def _list_cost(server: Server, connection: Connection, query: str, expected: set[str]) -> float:
    """CPU milliseconds of one list, once somebody has asked for it before."""
    assert await _names(connection, query) == expected
    before = server.cpu_s()
    for _ in range(TIMES):
        assert await _names(connection, query) == expected
    return (server.cpu_s() - before) * 1000 / TIMES


async def _names(connection: Connection, query: str) -> set[str]:
    reply = await connection.request("GET", f"{PODS}?{query}")
    return {item["metadata"]["name"] for item in json.loads(reply.body)["items"]}


async def _page_cost(server: Server, connection: Connection, count: int) -> float:
    before, pages, seen, after = server.cpu_s(), 0, set[str](), ""
    while True:
        reply = await connection.request("GET", f"{PODS}?limit={PAGE}&continue={quote(after)}")
        listed = json.loads(reply.body)
        pages += 1
        seen |= {item["metadata"]["name"] for item in listed["items"]}
        after = listed["metadata"].get("continue", "")
        if not after:
            break
    assert len(seen) == count
    return (server.cpu_s() - before) * 1000 / pages
