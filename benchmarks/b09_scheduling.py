"""B9: what a pod costs from its creation until its node is stored: API server, store and scheduler together."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

from benchmarks.client import Connection
from benchmarks.frame import Figure, Options, Server, component, cpu_s, our_server, until
from benchmarks.pods import PODS, QUOTED, create_namespace, create_pods

CLIENTS = 16


async def run(options: Options) -> tuple[Figure, ...]:
    nodes, pods = (50, 100) if options.quick else (1000, 2000)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(our_server("sqlite"))
        connection = await stack.enter_async_context(Connection(server.endpoint))
        await create_namespace(connection)
        await _create_nodes(server, nodes)
        scheduler = await stack.enter_async_context(component(server, "scheduler", "--no-leader-elect"))
        await asyncio.sleep(3)

        async def all_bound() -> bool:
            path = f"{PODS}?fieldSelector=spec.nodeName%3D&limit=1"
            return not json.loads((await connection.request("GET", path)).body)["items"]

        pids = (*server.pids, scheduler)
        before = cpu_s(pids)
        await create_pods(server, pods, CLIENTS)
        await until(all_bound)
        cost_ms = (cpu_s(pids) - before) * 1000 / pods
        items = json.loads((await connection.request("GET", PODS)).body)["items"]
    assert len(items) == pods
    used = {item["spec"]["nodeName"] for item in items}
    assert len(used) == min(nodes, pods), "pods were not spread over the nodes"
    return (Figure("B9", f"{pods} pods created and bound to {nodes} nodes, 1", cost_ms, "CPU-ms", 11.3, QUOTED, 1 / 5),)


async def _create_nodes(server: Server, count: int) -> None:
    numbers = iter(range(count))

    async def work() -> None:
        async with Connection(server.endpoint) as connection:
            for number in numbers:
                reply = await connection.request("POST", "/api/v1/nodes", _node(number))
                assert reply.code == 201, reply.body
                node = json.loads(reply.body)
                node["spec"].pop("taints", None)
                path = f"/api/v1/nodes/node-{number}"
                assert (await connection.request("PUT", path, json.dumps(node).encode())).code == 200

    await asyncio.gather(*(work() for _ in range(CLIENTS)))


def _node(number: int) -> bytes:
    room = {"cpu": "4", "memory": "32Gi", "pods": "110"}
    ready = {"type": "Ready", "status": "True"}
    status = {"capacity": room, "allocatable": room, "conditions": [ready]}
    metadata = {"name": f"node-{number}"}
    return json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": status}).encode()
