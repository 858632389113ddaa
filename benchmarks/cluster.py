"""A whole cluster, as `minikube-py start` makes it, for as long as a benchmark lasts."""

from __future__ import annotations

import asyncio
import compileall
import json
import os
import shutil
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import minikube_py
from benchmarks.client import Connection, Endpoint
from benchmarks.frame import NotHere, until
from tests.support.docker_engine import running_engine
from tests.support.processes import free_port

NAME = "bench"


@dataclass(frozen=True, slots=True)
class Cluster:
    endpoint: Endpoint
    folder: Path
    """Where its keys and files are."""
    pids_by_name: Mapping[str, int]
    """The process of each component; several may share one."""
    api_s: float
    """From the command's start until /readyz answered."""
    start_s: float
    """Until the command had ended: the node was Ready, the proxy ran."""

    @property
    def pids(self) -> tuple[int, ...]:
        """Of all processes of the cluster, its containers' apart."""
        return tuple(set(self.pids_by_name.values()))


@asynccontextmanager
async def running_cluster(runtime: str, *more: str) -> AsyncIterator[Cluster]:
    """With `docker` on an engine of its own; `more` are flags of `start`.

    Raises: NotHere without root, or without that runtime's programs.
    """
    if os.geteuid() != 0 and runtime != "simulated":
        raise NotHere("containers need root")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        environment = os.environ | {"MINIKUBE_PY_HOME": f"{folder}/home", "KUBECONFIG": f"{folder}/kubeconfig"}
        if runtime == "docker":
            if shutil.which("dockerd") is None:
                raise NotHere("docker.io is not installed")
            environment["DOCKER_HOST"] = stack.enter_context(running_engine(Path(folder) / "engine")).address
        # As on a machine where it has run before: Python's compiled files are there.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        await asyncio.to_thread(compileall.compile_dir, Path(minikube_py.__file__).parent, quiet=1)
        port = free_port()
        tls = ssl._create_unverified_context()
        endpoint = Endpoint("127.0.0.1", port, tls=tls)
        begun = time.monotonic()
        try:
            flags = ("start", f"--name={NAME}", f"--port={port}", f"--container-runtime={runtime}", *more)
            starting = asyncio.create_task(_minikube_py(environment, *flags))
            await asyncio.wait(
                [starting, asyncio.create_task(until(lambda: _is_ready(endpoint), 60))],
                return_when=asyncio.FIRST_COMPLETED,
            )
            api_s = time.monotonic() - begun
            code, printed = await starting
            if code:
                raise NotHere(printed.strip().splitlines()[-1])
            start_s = time.monotonic() - begun
            made = Path(folder, "home", NAME)
            admin = made / "pki" / "admin.crt"
            tls.load_cert_chain(admin, admin.with_suffix(".key"))
            _, status = await _minikube_py(environment, "status", f"--name={NAME}", "-o", "json")
            pids = {each["name"]: int(each["pid"]) for each in json.loads(status)["components"] if each["pid"]}
            yield Cluster(endpoint, made, pids, api_s, start_s)
        finally:
            await _minikube_py(environment, "delete", f"--name={NAME}")


async def _is_ready(endpoint: Endpoint) -> bool:
    try:
        async with Connection(endpoint) as connection:
            return (await connection.request("GET", "/readyz")).code == 200
    except OSError:
        return False


async def _minikube_py(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    program = str(Path(sys.executable).parent / "minikube-py")
    process = await asyncio.create_subprocess_exec(
        program, *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()
