"""The cgroup folders of our containers, on both layouts: v1 (one tree a controller, also hybrid) and v2 (one tree).

runc makes a container's folder and sets its limits; here are only the things runc does not do for us: find what still
runs, read usage, and remove the folders above the containers when a pod or the whole cluster goes.
"""

import asyncio
import os
import signal
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_CLEAR_TRIES, _CLEAR_INTERVAL_S = 50, 0.02


@dataclass(frozen=True, slots=True)
class Hierarchies:
    """Where cgroup trees are mounted; `unified` is set when v2 does the accounting."""

    roots: tuple[Path, ...]
    unified: bool


@cache
def hierarchies() -> Hierarchies:
    """Read the layout from this process's mounts."""
    v1, v2 = [], []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind = right.split()[0]
        if kind == "cgroup":
            v1.append(Path(left.split()[4]))
        elif kind == "cgroup2":
            v2.append(Path(left.split()[4]))
    return Hierarchies(tuple(v1 + v2), unified=not v1)


def cgroup_of(pid: int) -> str:
    """The cgroup a process is accounted in, as a path below the trees' roots; empty where it is gone."""
    text = _text(Path(f"/proc/{pid}/cgroup"))
    rows = [line.split(":", 2) for line in text.splitlines()]
    wanted = "" if hierarchies().unified else "memory"
    return next((path for _, controllers, path in rows if wanted in controllers.split(",")), "")


def processes_in(path: str) -> set[int]:
    """Every pid in a cgroup or below it."""
    pids: set[int] = set()
    for root in hierarchies().roots:
        for folder, _, files in os.walk(root / path.lstrip("/")):
            if "cgroup.procs" in files:
                pids.update(_numbers(Path(folder, "cgroup.procs")))
    return pids - {0}


def kill_all(path: str) -> None:
    """SIGKILL everything in a cgroup and below."""
    for pid in processes_in(path):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def remove(path: str) -> bool:
    """Remove a cgroup folder with the empty ones below it; False if something in it still runs."""
    clean = True
    for root in hierarchies().roots:
        top = root / path.lstrip("/")
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                Path(folder).rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                clean = False
    return clean


async def clear(path: str) -> None:
    """Remove a cgroup folder as soon as the kernel has let go of the processes that ended in it (milliseconds)."""
    for _ in range(_CLEAR_TRIES):
        if await asyncio.to_thread(remove, path):
            return
        await asyncio.sleep(_CLEAR_INTERVAL_S)


def cpu_usage_ns(path: str) -> int:
    """CPU time a cgroup has used; 0 where it is gone."""
    if not hierarchies().unified:
        return _number(_controller("cpuacct") / path.lstrip("/") / "cpuacct.usage")
    stat = _text(hierarchies().roots[0] / path.lstrip("/") / "cpu.stat")
    return next((int(line.split()[1]) * 1000 for line in stat.splitlines() if line.startswith("usage_usec ")), 0)


def memory_usage_bytes(path: str) -> int:
    """Working set of a cgroup: what it uses less the file cache that can go at once; 0 where it is gone."""
    if hierarchies().unified:
        folder, usage, inactive = hierarchies().roots[0] / path.lstrip("/"), "memory.current", "inactive_file "
    else:
        folder, usage, inactive = (
            _controller("memory") / path.lstrip("/"),
            "memory.usage_in_bytes",
            "total_inactive_file ",
        )
    cache_bytes = next(
        (int(line.split()[1]) for line in _text(folder / "memory.stat").splitlines() if line.startswith(inactive)), 0
    )
    return max(0, _number(folder / usage) - cache_bytes)


def _controller(name: str) -> Path:
    found = (root for root in hierarchies().roots if name in root.name.split(","))
    return next(found, Path("/nonexistent"))


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _number(path: Path) -> int:
    return int(_text(path).strip() or 0)


def _numbers(path: Path) -> set[int]:
    return {int(word) for word in _text(path).split()}
