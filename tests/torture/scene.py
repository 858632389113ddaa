"""The scene of a torture run: a store, API servers on it, and the load; faults act on these."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.support.eventually import eventually
from tests.support.processes import EtcdServer
from tests.torture.etcd_cluster import EtcdCluster
from tests.torture.link import Link
from tests.torture.server_process import ServerProcess
from tests.torture.workload import Traffic, Workload


@dataclass(frozen=True, slots=True)
class Setting:
    """What a fault needs of its scene."""

    api_servers: int = 1
    compaction_s: float = 300.0
    etcd_flags: tuple[str, ...] = ()
    traffic: Traffic = field(default_factory=Traffic)
    has_links: bool = False
    """The API servers reach etcd by a Link each."""
    disk_mib: int = 0
    """The SQLite file is on a disk of its own, of this size; 0: it is not."""
    has_own_clock: bool = False
    """The API servers' clock is that of the file `clock`."""


@dataclass
class Scene:
    folder: Path
    random: Random
    servers: list[ServerProcess]
    workload: Workload
    etcd: EtcdServer | EtcdCluster | None
    store: str
    """The store's URL, not by a link."""
    links: list[Link]
    marks: list[str] = field(default_factory=list)
    """What the fault did, as it was seen to happen."""
    failures: list[str] = field(default_factory=list)
    """What was to hold besides the promises, and did not."""
    seconds: float = 0.0
    """How long the load is to be served; what a server needs to start does not count."""
    began: float = field(default_factory=time.monotonic)
    away_s: float = 0.0
    """How long nobody could serve, but for starts, or nobody asked."""

    def begin(self, seconds: float) -> None:
        self.began, self.seconds, self.away_s = time.monotonic(), seconds, 0.0
        for server in self.servers:
            server.starting_s = 0.0

    @property
    def served_s(self) -> float:
        return time.monotonic() - self.began - self.away_s - sum(server.starting_s for server in self.servers)

    @property
    def is_over(self) -> bool:
        return self.served_s >= self.seconds

    async def away(self, seconds: float) -> None:
        """Wait while nobody can serve."""
        self.away_s += seconds
        await asyncio.sleep(seconds)

    @contextmanager
    def not_counted(self) -> Iterator[None]:
        """While nobody can serve, or nobody asks."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.away_s += time.monotonic() - began

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """Without load from here on, and all of it has been heard of."""
        with self.not_counted():
            await self.workload.settle(60)
            yield

    @property
    def server(self) -> ServerProcess:
        return self.servers[0]

    def mark(self, what: str) -> None:
        self.marks.append(what)

    async def sleep(self, least_s: float, most_s: float) -> None:
        """A pause of chance, for the load to go on in."""
        await asyncio.sleep(self.random.uniform(least_s, most_s))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it, or for the end of the scene."""
        await eventually(lambda: self.is_over or condition(), timeout_s=600)

    async def expect(self, what: str, within_s: float, server: ServerProcess, path: str, code: int) -> None:
        """Wait for an answer; that it came too late is a failure."""
        began = time.monotonic()

        async def answers() -> bool:
            return await server.answers(path) == code

        await eventually(answers, timeout_s=within_s + 30)
        took_s = time.monotonic() - began
        if took_s > within_s:
            self.failures.append(f"{what} took {took_s:.1f} s of {within_s}")


_FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


@asynccontextmanager
async def scene(folder: Path, store: str, setting: Setting, seed: int) -> AsyncIterator[Scene]:
    """A scene in which all API servers serve. `store`: sqlite, etcd (one member), etcd3 (three)."""
    async with AsyncExitStack() as opened:
        etcd = await _etcd(folder, store, setting, opened)
        url = etcd.endpoint if etcd else _sqlite(folder, setting, opened)
        links = [Link(url.split(",")[number % 3]) for number in range(setting.api_servers)] if setting.has_links else []
        for link in links:
            await link.open()
            opened.push_async_callback(link.close)
        servers = [
            ServerProcess(
                links[number].url if links else url, folder / f"apiserver{number}.log", _environment(folder, setting)
            )
            for number in range(setting.api_servers)
        ]
        for server in servers:
            opened.callback(server.kill)
            await server.start()
        workload = Workload([server.url for server in servers], setting.traffic, seed)
        yield Scene(folder, Random(seed), servers, workload, etcd, url, links)


async def _etcd(folder: Path, store: str, setting: Setting, opened: AsyncExitStack) -> EtcdServer | EtcdCluster | None:
    if store == "sqlite":
        return None
    etcd = EtcdCluster(folder) if store == "etcd3" else EtcdServer(folder / "etcd", *setting.etcd_flags)
    opened.callback(etcd.stop)
    etcd.start()
    await eventually(etcd.is_healthy, timeout_s=60)
    return etcd


def _sqlite(folder: Path, setting: Setting, opened: AsyncExitStack) -> str:
    disk = folder / "disk"
    disk.mkdir()
    if setting.disk_mib:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={setting.disk_mib}m", "tmpfs", str(disk)], check=True)
        opened.callback(subprocess.run, ["umount", "-l", str(disk)], check=True)
    return f"sqlite://{disk / 'store.db'}"


def _environment(folder: Path, setting: Setting) -> dict[str, str]:
    environment = {"TORTURE_COMPACTION_S": str(setting.compaction_s)}
    if setting.has_own_clock:
        assert Path(_FAKETIME).exists(), "libfaketime is not installed: apt-get install faketime"
        (folder / "clock").write_text("+0")
        environment |= {
            "LD_PRELOAD": _FAKETIME,
            "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
    return environment
