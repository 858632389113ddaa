"""B8: the memory of the control plane, empty and for each pod that it holds."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from benchmarks.client import Connection
from benchmarks.frame import Figure, Options, component, our_server, rss_bytes
from benchmarks.pods import QUOTED, create_namespace, create_pods

SETTLE_S = 3.0


async def run(options: Options) -> tuple[Figure, ...]:
    count = 500 if options.quick else 10_000
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(our_server("sqlite"))
        parts = [await stack.enter_async_context(component(server, name)) for name in ("controllers", "scheduler")]
        pids = (*server.pids, *parts)
        async with Connection(server.endpoint) as connection:
            await create_namespace(connection)
        await asyncio.sleep(SETTLE_S)
        empty = rss_bytes(pids)
        await create_pods(server, count)
        await asyncio.sleep(SETTLE_S)
        grown = (rss_bytes(pids) - empty) / count
    what = "API server, controller manager, scheduler"
    return (
        Figure("B8", f"{what}: empty", empty / 1e6, "MB", 590, QUOTED, 0.35),
        Figure("B8", f"{what}: each of {count} pods", grown / 1e3, "KB", 26, QUOTED, 0.25),
    )
