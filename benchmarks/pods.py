"""The pods that B1, B3 and B4 store, and the servers that they store them in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

from benchmarks.client import Connection
from benchmarks.frame import Options, Server, our_server, peer_server

PODS = "/api/v1/namespaces/bench/pods"
QUOTED = "quoted: 1.36 on etcd 3.6, two cores"
_NAMESPACE = (
    ("/api/v1/namespaces", b'{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench"}}'),
    (
        "/api/v1/namespaces/bench/serviceaccounts",
        b'{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}',
    ),
)
"""The service account, too, as not every benchmark has a controller that would make it."""


async def servers(options: Options) -> AsyncGenerator[Server, None]:
    """Ours on each store, then the peer, one at a time, each with an empty namespace `bench`."""
    contexts = [our_server("sqlite"), our_server("etcd")]
    if options.peer:
        contexts.insert(0, peer_server(options.peer))
    for context in contexts:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(context)
            connection = await stack.enter_async_context(Connection(server.endpoint))
            await create_namespace(connection)
            yield server


async def create_namespace(connection: Connection) -> None:
    for path, document in _NAMESPACE:
        reply = await connection.request("POST", path, document)
        # The account is there already where a controller manager runs.
        assert reply.code in (201, 409), reply.body


async def create_pods(
    server: Server, count: int, side_by_side: int = 16, *, first: int = 0, on_nodes: bool = False
) -> None:
    """Create pods from pod-FIRST on; `on_nodes`: bound to one of a hundred nodes, by turns."""
    numbers = iter(range(first, first + count))

    async def work() -> None:
        async with Connection(server.endpoint) as connection:
            for number in numbers:
                node = f"node-{number % 100}" if on_nodes else ""
                reply = await connection.request("POST", PODS, pod(number, node))
                assert reply.code == 201, reply.body

    async with asyncio.TaskGroup() as group:
        for _ in range(side_by_side):
            group.create_task(work())


def pod(number: int, node: str = "") -> bytes:
    container = {
        "name": "web",
        "image": "nginx:1.27",
        "ports": [{"containerPort": 80}],
        "resources": {"requests": {"cpu": "100m", "memory": "500Mi"}},
    }
    labels = {"app": "web", "number": str(number), "hundredth": str(number % 100)}
    metadata = {"name": f"pod-{number}", "labels": labels}
    spec = {"containers": [container], **({"nodeName": node} if node else {})}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}).encode()


def count_of(options: Options) -> int:
    return 200 if options.quick else 5000
