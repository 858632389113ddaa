"""B11: what each pod of a Deployment scaled from 0 costs: API server, store and controller manager together."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

from benchmarks.client import Connection
from benchmarks.frame import Figure, Options, component, cpu_s, our_server, until
from benchmarks.pods import PODS, QUOTED, create_namespace

DEPLOYMENTS = "/apis/apps/v1/namespaces/bench/deployments"


async def run(options: Options) -> tuple[Figure, ...]:
    pods = 50 if options.quick else 1000
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(our_server("sqlite"))
        connection = await stack.enter_async_context(Connection(server.endpoint))
        await create_namespace(connection)
        manager = await stack.enter_async_context(component(server, "controllers", "--no-leader-elect"))
        assert (await connection.request("POST", DEPLOYMENTS, _deployment())).code == 201

        async def status() -> dict[str, int]:
            found: dict[str, int] = json.loads((await connection.request("GET", f"{DEPLOYMENTS}/web")).body)["status"]
            return found

        async def observed() -> bool:
            return (await status()).get("observedGeneration", 0) >= 1

        async def complete() -> bool:
            return (await status()).get("replicas", 0) == pods

        await until(observed)
        pids = (*server.pids, manager)
        before = cpu_s(pids)
        scale = json.dumps({"spec": {"replicas": pods}}).encode()
        path = f"{DEPLOYMENTS}/web/scale"
        document = json.loads((await connection.request("GET", path)).body) | json.loads(scale)
        assert (await connection.request("PUT", path, json.dumps(document).encode())).code == 200
        seconds = await until(complete)
        cost_ms = (cpu_s(pids) - before) * 1000 / pods
        items = json.loads((await connection.request("GET", PODS)).body)["items"]
    assert len(items) == pods
    what = f"Deployment from 0 to {pods} pods"
    return (
        Figure("B11", f"{what}, a pod", cost_ms, "CPU-ms", 5.7, QUOTED, 1 / 3),
        Figure("B11", f"{what}, wall time", seconds, "s", pods / 165, QUOTED, 1 / 3),
    )


def _deployment() -> bytes:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    return json.dumps(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
    ).encode()
