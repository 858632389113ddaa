"""An API server as a process of its own, here or in another network namespace, that can be killed and started again."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.machinery.component import wait_for_api_server
from tests.support.processes import free_port


class ApiServerProcess:
    """Keeps its port and what it stored over a restart."""

    def __init__(self, folder: Path, prefix: Sequence[str] = ()) -> None:
        self._command = [
            *prefix,
            sys.executable,
            "-m",
            "minikube_py.apiserver",
            f"--storage=sqlite:///{folder}/store.db",
        ]
        self._port = free_port()
        self._process: asyncio.subprocess.Process | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start it and wait until it answers (which only works from its own namespace)."""
        await self.spawn()
        async with asyncio.timeout(20), Client.connect(ClientConfig(server=self.url)) as client:
            await wait_for_api_server(client)

    async def spawn(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, f"--port={self._port}", stderr=asyncio.subprocess.DEVNULL
        )

    async def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
