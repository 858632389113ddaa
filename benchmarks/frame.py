"""What the benchmarks share: a figure, the servers that are measured, and what their processes used.

A benchmark is a module `bNN_name.py` with `async def run(options: Options) -> tuple[Figure, ...]`. It checks its own
result (counts, objects) and raises when that is wrong: a figure of work that was not done is no figure.
Cost is the CPU time of all server processes, store included, from /proc: wall time says more about the neighbours.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Connection, Endpoint
from tests.support.pki import Authority
from tests.support.processes import free_port

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_START_TIMEOUT_S = 60.0
_TOKEN = "admin-token"


class NotHere(Exception):
    """A benchmark cannot run on this machine; the message says what it needs."""


@dataclass(frozen=True, slots=True)
class Options:
    """`peer` holds a `start` program that starts the real API server; `quick` asks for fewer objects."""

    peer: Path | None = None
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One cost: less is better. `peer` was measured in this run, or is quoted: `peer_source` says which.

    `target` is the most that ours may be as a share of the peer's; None where there is none.
    """

    name: str
    what: str
    ours: float
    unit: str
    peer: float | None = None
    peer_source: str = ""
    target: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peer if self.peer else None

    @property
    def met(self) -> bool | None:
        return None if self.ratio is None or self.target is None else self.ratio <= self.target


@dataclass(frozen=True, slots=True)
class Server:
    """A running API server with its store: `pids` are all its processes."""

    name: str
    endpoint: Endpoint
    pids: tuple[int, ...]

    def cpu_s(self) -> float:
        return cpu_s(self.pids)

    def rss_bytes(self) -> int:
        return rss_bytes(self.pids)


def cpu_s(pids: tuple[int, ...]) -> float:
    """User and system time of the processes, in seconds."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS_PER_S


@asynccontextmanager
async def our_server(store: str) -> AsyncIterator[Server]:
    """Our API server over `sqlite` or `etcd`, in a folder that goes with it. Like the peer it speaks TLS, and checks a
    token and roles."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        processes: list[asyncio.subprocess.Process] = []
        try:
            if store == "etcd":
                store_flags = ("--etcd-servers", await _start_etcd(Path(folder), processes))
            else:
                store_flags = ("--storage", f"sqlite:///{folder}/state.db")
            port = free_port()
            flags = (*store_flags, *_secure_flags(Path(folder), port))
            server = (sys.executable, "-m", "minikube_py.apiserver", *flags)
            processes.append(await _launch(Path(folder) / "apiserver.log", *server))
            endpoint = Endpoint("127.0.0.1", port, token=_TOKEN)
            await _until_ready(endpoint)
            yield Server(f"ours, {store}", endpoint, tuple(process.pid for process in processes))
        finally:
            for process in reversed(processes):
                if process.returncode is None:
                    process.terminate()
                await process.wait()


@asynccontextmanager
async def peer_server(folder: Path) -> AsyncIterator[Server]:
    """The real API server on etcd. It speaks TLS, and checks a token and roles."""
    with tempfile.TemporaryDirectory(prefix="bench-peer-", ignore_cleanup_errors=True) as state:
        port, etcd_port = free_port(), free_port()
        try:
            environment = os.environ | {"PORT": str(port), "ETCD_PORT": str(etcd_port)}
            start = await asyncio.create_subprocess_exec(
                folder / "start", state, env=environment, stdout=asyncio.subprocess.DEVNULL
            )
            code = await start.wait()
            if code:
                raise NotHere(f"{folder}/start failed")
            yield Server("peer", Endpoint("127.0.0.1", port, token=_TOKEN), _pids_in(Path(state)))
        finally:
            for pid in _pids_in(Path(state)):
                os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def component(server: Server, package: str, *flags: str) -> AsyncIterator[int]:
    """Another of our programs, such as "scheduler", against that server; yields its pid."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        kubeconfig.write_text(json.dumps(_kubeconfig(server.endpoint)))
        command = (sys.executable, "-m", f"minikube_py.{package}", "--kubeconfig", str(kubeconfig), *flags)
        process = await _launch(Path(folder) / "log", *command)
        try:
            yield process.pid
        finally:
            process.terminate()
            await process.wait()


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 600.0, interval_s: float = 0.1) -> float:
    """Ask until it is so; return how many seconds that took."""
    begun = time.monotonic()
    async with asyncio.timeout(timeout_s):
        while not await condition():  # noqa: ASYNC110  it happens in another process
            await asyncio.sleep(interval_s)
    return time.monotonic() - begun


def _secure_flags(folder: Path, port: int) -> tuple[str, ...]:
    authority = Authority(folder)
    pair, tokens = authority.server("127.0.0.1"), folder / "tokens.csv"
    tokens.write_text(f'{_TOKEN},admin,admin,"system:masters"\n')
    return (
        f"--secure-port={port}",
        f"--tls-cert-file={pair.certificate}",
        f"--tls-private-key-file={pair.key}",
        f"--token-auth-file={tokens}",
        f"--client-ca-file={authority.file}",
        "--authorization-mode=Node,RBAC",
        f"--service-account-signing-key-file={pair.key}",
    )


def _kubeconfig(endpoint: Endpoint) -> dict[str, object]:
    cluster = {"server": f"https://{endpoint.host}:{endpoint.port}", "insecure-skip-tls-verify": True}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        "clusters": [{"name": "bench", "cluster": cluster}],
        "users": [{"name": "bench", "user": {"token": endpoint.token}}],
    }


def rss_bytes(pids: tuple[int, ...]) -> int:
    """Resident memory of the processes, what they share counted for each."""
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids) * _PAGE_BYTES


def reset_peak_rss(pids: tuple[int, ...]) -> None:
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_rss_bytes(pids: tuple[int, ...]) -> int:
    """The most that each was resident at once since `reset_peak_rss`, summed."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _pids_in(folder: Path) -> tuple[int, ...]:
    return tuple(int(file.read_text()) for file in folder.glob("*.pid"))


async def _start_etcd(folder: Path, processes: list[asyncio.subprocess.Process]) -> str:
    if shutil.which("etcd") is None:
        raise NotHere("etcd is not installed")
    url, peer_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    urls = ("--listen-client-urls", url, "--advertise-client-urls", url, "--listen-peer-urls", peer_url)
    cluster = ("--initial-advertise-peer-urls", peer_url, "--initial-cluster", f"default={peer_url}")
    flags = ("--data-dir", str(folder / "etcd"), *urls, *cluster)
    processes.append(await _launch(folder / "etcd.log", "etcd", *flags))
    return url


async def _launch(log: Path, *command: str) -> asyncio.subprocess.Process:
    with log.open("wb") as output:
        return await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output)


async def _until_ready(endpoint: Endpoint) -> None:
    async with asyncio.timeout(_START_TIMEOUT_S):
        while True:
            try:
                async with Connection(endpoint) as connection:
                    if (await connection.request("GET", "/readyz")).code == 200:
                        return
            except OSError:
                pass
            await asyncio.sleep(0.1)
