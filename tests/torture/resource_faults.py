"""Faults of what a store stands on: its disk, its clock; and clients that ask for too much."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import urllib.request
from collections.abc import Awaitable, Callable
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


async def fail_fsync(scene: Scene) -> None:
    """fsync says EIO: the store stops for good rather than acknowledge; started again, it goes on."""
    strace = require_binary("strace", "strace")
    trace = scene.folder / "strace.log"
    while not scene.is_over:
        trace.unlink(missing_ok=True)
        count = scene.random.randint(60, 200)
        inject = f"inject=fsync,fdatasync:error=EIO:when={count}+"
        wrapper = (strace, "-f", "-qq", "-o", str(trace), "-e", "trace=fsync,fdatasync", "-e", inject)
        if isinstance(scene.etcd, EtcdServer):
            scene.etcd.kill()
            scene.etcd.start(wrapper)
            await scene.until(lambda: not scene.etcd.is_running)  # type: ignore[union-attr]  # looked at above
            scene.etcd.start()
            await eventually(scene.etcd.is_healthy, timeout_s=30)
        else:
            scene.server.kill()
            await scene.server.start(wrapper=wrapper)
            await scene.until(lambda: _is_injected(trace))
            await scene.away(1.0)
            scene.server.kill()
            await scene.server.start()
        if _is_injected(trace):
            scene.mark("EIO")


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
