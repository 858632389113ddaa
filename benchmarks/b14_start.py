"""B14: a cluster from nothing until it serves and until its node is Ready, and what it uses when nobody asks."""

from __future__ import annotations

import asyncio

from benchmarks.cluster import running_cluster
from benchmarks.frame import Figure, Options, cpu_s

QUOTED = "quoted: 1.36 on etcd; k3d for the whole"
SETTLE_S = 5.0


async def run(options: Options) -> tuple[Figure, ...]:
    idle_s = 5.0 if options.quick else 60.0
    async with running_cluster("oci") as cluster:
        await asyncio.sleep(SETTLE_S)
        before = cpu_s(cluster.pids)
        await asyncio.sleep(idle_s)
        idle = (cpu_s(cluster.pids) - before) / idle_s
    return (
        Figure("B14", "minikube-py start until /readyz", cluster.api_s, "s", 5.0, QUOTED, 0.1),
        Figure("B14", "minikube-py start until the node is Ready", cluster.start_s, "s", 33.0, QUOTED, 0.1),
        Figure("B14", f"idle over {idle_s:.0f} s, of one core", idle * 100, "%"),
    )
