"""Faults of what a store stands on: its disk, its clock; and clients that ask for too much."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import urllib.request
from collections.abc import Awaitable, Callable
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.support.eventually import eventually
from tests.support.processes import EtcdServer, require_binary
from tests.torture.scene import Scene

_MIB = 1 << 20


async def fill_disk(scene: Scene) -> None:
    """No space is left, and later there is: refused by name meanwhile, nothing acknowledged is lost."""
    while not scene.is_over:
        await scene.sleep(1.0, 2.0)
        refused, began = _answered(scene, 507), time.monotonic()
        empty = await (_fill_etcd(scene.etcd) if isinstance(scene.etcd, EtcdServer) else _fill(scene.folder / "disk"))
        await eventually(lambda refused=refused: _answered(scene, 507) > refused, timeout_s=30)  # type: ignore[misc]
        scene.mark("507")
        if await scene.server.answers("/api/v1/namespaces/default/configmaps?limit=5") != 200:
            scene.failures.append("reads did not go on while the store was full")
        await asyncio.sleep(1.0)
        await empty()
        scene.away_s += time.monotonic() - began
        created = _answered(scene, 201)
        await eventually(lambda created=created: _answered(scene, 201) > created + 5, timeout_s=20)  # type: ignore[misc]


def _answered(scene: Scene, code: int) -> int:
    return sum(operation.status == code for operation in scene.workload.history.operations)


async def _fill(disk: Path) -> Callable[[], Awaitable[None]]:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 12))
        except OSError:
            pass

    async def empty() -> None:
        ballast.unlink()

    return empty


async def _fill_etcd(etcd: EtcdServer) -> Callable[[], Awaitable[None]]:
    """Up to its quota; it raises its alarm, which is taken off by hand."""

    async def call(path: str, **body: Any) -> dict[str, Any]:
        request = urllib.request.Request(f"{etcd.endpoint}/v3/{path}", json.dumps(body).encode(), method="POST")

        def ask() -> dict[str, Any]:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found: dict[str, Any] = json.load(answer)
                return found

        return await asyncio.to_thread(ask)

    value = base64.b64encode(bytes(_MIB)).decode()
    first, end = base64.b64encode(b"/ballast").decode(), base64.b64encode(b"/ballasu").decode()
    number = 0
    try:
        while True:
            number += 1
            await call("kv/put", key=base64.b64encode(f"/ballast/{number}".encode()).decode(), value=value)
    except OSError:
        pass

    async def empty() -> None:
        deleted = await call("kv/deleterange", key=first, range_end=end)
        await call("kv/compaction", revision=deleted["header"]["revision"], physical=True)
        await call("maintenance/defragment")
        for alarm in (await call("maintenance/alarm", action="GET"))["alarms"]:
            await call("maintenance/alarm", action="DEACTIVATE", **alarm)

    return empty


_DISK_FAULTS = {"fsync": ("fsync,fdatasync", 60, 200), "write": ("pwrite64", 60, 400)}
"""The system calls that say EIO from then on, and about how many are let through; a write so leaves half a commit."""


async def fail_disk(scene: Scene) -> None:
    """The disk fails, or has half of a commit: the store stops rather than acknowledge; started again, it goes on."""
    strace = require_binary("strace", "strace")
    trace = scene.folder / "strace.log"
    for what, (calls, least, most) in cycle(_DISK_FAULTS.items()):
        if scene.is_over:
            return
        trace.unlink(missing_ok=True)
        inject = f"inject={calls}:error=EIO:when={scene.random.randint(least, most)}+"
        # -D: it is the store itself that was started, and that ends when it is killed.
        options = ("-D", "-f", "--seccomp-bpf", "-qq", "-e", "signal=none", "-o", str(trace))
        wrapper = (strace, *options, "-e", f"trace={calls}", "-e", inject)
        if isinstance(scene.etcd, EtcdServer):
            await _etcd_on_bad_disk(scene, scene.etcd, wrapper)
        else:
            await _sqlite_on_bad_disk(scene, wrapper, trace)
        if _is_injected(trace):
            scene.mark(f"{what}: EIO")


async def _etcd_on_bad_disk(scene: Scene, etcd: EtcdServer, wrapper: tuple[str, ...]) -> None:
    with scene.not_counted():
        etcd.kill()
        etcd.start(wrapper)
        await eventually(etcd.is_healthy, timeout_s=60)
    await scene.until(lambda: not etcd.is_running)
    with scene.not_counted():
        etcd.kill()
        etcd.start()
        await eventually(etcd.is_healthy, timeout_s=60)


async def _sqlite_on_bad_disk(scene: Scene, wrapper: tuple[str, ...], trace: Path) -> None:
    scene.server.kill()
    await scene.server.start(wrapper=wrapper)
    await scene.until(lambda: _is_injected(trace))
    await scene.away(1.0)
    scene.server.kill()
    await scene.server.start()


def _is_injected(trace: Path) -> bool:
    return trace.exists() and "(INJECTED)" in trace.read_text()


async def step_clock(scene: Scene) -> None:
    """The API server's clock jumps by ten minutes, there and back (libfaketime reads the file at each look)."""
    while not scene.is_over:
        for step in ("+600", "-600", "+0"):
            (scene.folder / "clock").write_text(step)
            await scene.sleep(2.5, 3.5)
            if await _is_skewed(scene, float(step)):
                scene.mark("clock stepped")
    (scene.folder / "clock").write_text("+0")


async def _is_skewed(scene: Scene, step_s: float) -> bool:
    """Whether the server's own clock, as its Date header shows it, followed (it is brought up to date each second)."""
    date = await scene.server.date("/livez")
    return step_s != 0 and abs(date - time.time() - step_s) < 5
