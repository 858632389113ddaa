"""The faults, by number: what is done to a scene while it is under load.

A play acts until the scene is over, and marks each time that the fault was seen to happen.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.torture.client_faults import crowd, large_objects
from tests.torture.cluster_faults import cut_one_api_server, kill_store, part_members
from tests.torture.resource_faults import fail_disk, fill_disk, step_clock
from tests.torture.scene import Scene, Setting
from tests.torture.server_process import ServerProcess
from tests.torture.workload import Traffic

Play = Callable[[Scene], Awaitable[None]]
BOTH = ("sqlite", "etcd")


@dataclass(frozen=True, slots=True)
class Fault:
    number: int
    name: str
    play: Play
    stores: tuple[str, ...] = BOTH
    setting: Setting = field(default_factory=Setting)
    least_writes: int = 0
    """Where the fault itself keeps the load from the usual minimum: how many acknowledged writes there must be."""


async def kill_api_server(scene: Scene) -> None:
    while not scene.is_over:
        await scene.sleep(1.0, 3.0)
        scene.server.kill()
        scene.mark("killed")
        await scene.server.start()


def kill_at(failpoint: str, least: int, most: int) -> Play:
    """Start the server so that it is killed at a point, again and again."""

    async def play(scene: Scene) -> None:
        namespaces = asyncio.create_task(_finalize_namespaces(scene)) if failpoint == "finalize" else None
        scene.server.kill()
        while not scene.is_over:
            reached = scene.server.failpoints_reached
            await scene.server.start(f"{failpoint}@{scene.random.randint(least, most)}")
            await scene.until(lambda: not scene.server.is_running)
            if scene.server.failpoints_reached > reached:
                scene.mark(failpoint)
        scene.server.kill()
        await scene.server.start()
        if namespaces is not None:
            namespaces.cancel()
            await asyncio.gather(namespaces, return_exceptions=True)

    return play


async def _finalize_namespaces(scene: Scene) -> None:
    """Make namespaces and take them away as their controller does, over every kill."""
    connection = scene.workload.connection("namespaces")
    number = 0
    while True:
        number += 1
        path, body = "/api/v1/namespaces", {"metadata": {"name": f"ns{number}"}, "spec": {"finalizers": []}}
        for method, at in (("POST", path), ("DELETE", f"{path}/ns{number}"), ("PUT", f"{path}/ns{number}/finalize")):
            code = 0
            while code == 0:
                operation = connection.operation("namespace", at)
                await connection.send(operation, method, at, body)
                code = operation.status
        await asyncio.sleep(0.05)
        operation = connection.operation("namespace", path)
        await connection.send(operation, "GET", f"{path}/ns{number}")
        if operation.status == 200:
            scene.failures.append(f"namespace ns{number} is there after it was finalized")


def stop(seconds: float, most: float) -> Play:
    """SIGSTOP of the API server; whoever was linked to it waits, and is answered truly afterwards."""

    async def play(scene: Scene) -> None:
        while not scene.is_over:
            await scene.sleep(1.0, 2.0)
            await _stopped(scene, scene.server, scene.random.uniform(seconds, most))
            if scene.etcd is not None:
                await scene.sleep(1.0, 2.0)
                scene.etcd.signal(signal.SIGSTOP)
                await scene.away(most)
                scene.etcd.signal(signal.SIGCONT)
                scene.mark("etcd stopped")

    return play


async def _stopped(scene: Scene, server: ServerProcess, seconds: float) -> None:
    server.signal(signal.SIGSTOP)
    await scene.away(seconds)
    server.signal(signal.SIGCONT)
    scene.mark("stopped")


async def partition(scene: Scene) -> None:
    """The link to etcd swallows, then refuses; requests are answered in time, and all is well after it."""
    way = 0
    while not scene.is_over:
        await scene.sleep(1.0, 2.0)
        link, way = scene.links[0], way + 1
        if way % 2:
            link.drop()
        else:
            await link.reject()
        scene.mark("dropped" if way % 2 else "rejected")
        await scene.away(scene.random.uniform(3.0, 7.0))
        await link.heal()
        await scene.expect("healing", 5.0, scene.server, "/readyz", 200)


async def compact_always(scene: Scene) -> None:
    """The setting does it: every 100 ms."""
    await scene.until(lambda: False)
    gone = sum(operation.ended == "gone" for operation in scene.workload.history.operations)
    expired = sum(operation.op == "list" and operation.status == 410 for operation in scene.workload.history.operations)
    if expired:
        scene.mark(f"{expired} lists and {gone} watches were told 410")


_TWO_LINKED = Setting(api_servers=2, has_links=True)
_LITTLE_SPACE = Setting(
    disk_mib=48, etcd_flags=(f"--quota-backend-bytes={32 << 20}",), traffic=Traffic(has_large=False)
)

FAULTS = (
    Fault(1, "kill -9 of the API server", kill_api_server),
    Fault(2, "killed before a commit", kill_at("before-commit", 60, 250)),
    Fault(3, "killed after a commit, before the reply", kill_at("after-commit", 60, 250)),
    Fault(4, "killed in the middle of a watch event", kill_at("watch-send", 100, 1500)),
    Fault(5, "killed in a compaction", kill_at("compaction", 3, 10), setting=Setting(compaction_s=0.3)),
    Fault(6, "killed between two pages of a list", kill_at("list-page", 10, 40)),
    Fault(7, "killed while a namespace is finalized", kill_at("finalize", 3, 15)),
    Fault(8, "kill -9 of etcd, of its leader, of a follower", kill_store, ("etcd", "etcd3"), Setting(api_servers=2)),
    Fault(9, "API server and store stopped and continued", stop(3.0, 6.0)),
    Fault(10, "partition between API server and etcd", partition, ("etcd",), Setting(has_links=True)),
    Fault(11, "members of etcd cut off from one another", part_members, ("etcd3",), Setting(api_servers=2)),
    Fault(12, "one of two API servers cut from etcd", cut_one_api_server, ("etcd3",), _TWO_LINKED),
    Fault(13, "the clock stepped", step_clock, setting=Setting(has_own_clock=True)),
    Fault(14, "no space left", fill_disk, setting=_LITTLE_SPACE),
    Fault(15, "the disk fails, or is left in the middle of a commit", fail_disk),
    Fault(16, "compaction every 100 ms", compact_always, setting=Setting(compaction_s=0.1)),
    Fault(17, "1,000 idle watchers, 200 that do not read", crowd),
    Fault(18, "objects too large, and many large ones", large_objects),
)
