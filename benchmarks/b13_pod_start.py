"""B13: from a pod's creation until the API says Running, and from its deletion until it is gone; image at hand."""

from __future__ import annotations

import json
import statistics
import time

from benchmarks.client import Connection
from benchmarks.cluster import running_cluster
from benchmarks.frame import Figure, NotHere, Options, until

PODS = "/api/v1/namespaces/default/pods"
KUBELET = "quoted: real kubelet, containerd 1.6"
KUBELET_S = 0.49
KUBELET_BURST_S = 6.8 / 30


async def run(options: Options) -> tuple[Figure, ...]:
    figures: list[Figure] = []
    for runtime in ("oci", "docker"):
        try:
            figures += await _measure(runtime, options)
        except NotHere as reason:
            print(f"B13  {runtime}: not measured: {reason}")
    return tuple(figures)


async def _measure(runtime: str, options: Options) -> list[Figure]:
    async with running_cluster(runtime) as cluster, Connection(cluster.endpoint) as connection:
        await _account(connection)
        await _start(connection, 1, "warm")
        alone = [await _start(connection, 1, f"alone{turn}") for turn in range(1 if options.quick else 5)]
        burst = await _start(connection, 30, "burst") / 30
        deleted = await _delete(connection)
    return [
        Figure("B13", f"{runtime}: 1 pod", statistics.median(alone), "s", KUBELET_S, KUBELET, 0.4),
        Figure("B13", f"{runtime}: a pod of 30 at once", burst, "s", KUBELET_BURST_S, KUBELET, 0.3),
        Figure("B13", f"{runtime}: all deleted, a pod", deleted, "s"),
    ]


async def _account(connection: Connection) -> None:
    async def there() -> bool:
        return (await connection.request("GET", "/api/v1/namespaces/default/serviceaccounts/default")).code == 200

    await until(there, 30)


async def _start(connection: Connection, count: int, name: str) -> float:
    """Seconds until all of them run."""
    begun = time.monotonic()
    for number in range(count):
        reply = await connection.request("POST", PODS, _pod(f"{name}-{number}"))
        assert reply.code == 201, reply.body

    async def all_run() -> bool:
        return await _phases(connection, name) == ["Running"] * count

    await until(all_run, 120, interval_s=0.01)
    return time.monotonic() - begun


async def _phases(connection: Connection, name: str) -> list[str]:
    items = json.loads((await connection.request("GET", f"{PODS}?labelSelector=name%3D{name}")).body)["items"]
    return [item["status"].get("phase", "") for item in items]


async def _delete(connection: Connection) -> float:
    """Seconds for each pod until none is left."""
    count = len(json.loads((await connection.request("GET", PODS)).body)["items"])

    async def gone() -> bool:
        return not json.loads((await connection.request("GET", PODS)).body)["items"]

    begun = time.monotonic()
    assert (await connection.request("DELETE", PODS)).code == 200
    await until(gone, 120)
    return (time.monotonic() - begun) / count


def _pod(name: str) -> bytes:
    container = {"name": "busybox", "image": "busybox", "imagePullPolicy": "IfNotPresent", "command": ["sleep", "3600"]}
    metadata = {"name": name, "labels": {"name": name.rpartition("-")[0]}}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}).encode()
