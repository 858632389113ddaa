"""An API server as a process of its own, which a test can kill and start again on the same store and port."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.eventually import eventually
from tests.support.processes import free_port


class ApiServerProcess:
    def __init__(self, storage: str, log: Path, flags: tuple[str, ...] = ()) -> None:
        self._flags = flags
        self._storage = storage
        self._log = log
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start it, and return when it serves."""
        argv = [sys.executable, "-m", "minikube_py.apiserver", f"--storage={self._storage}", f"--port={self._port}"]
        argv += self._flags
        self._process = self._spawn(argv)
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:

            async def answers() -> bool:
                assert self._process is not None
                assert self._process.poll() is None, self._log.read_text()
                try:
                    return (await client.get("/api/v1/namespaces/default")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(answers, timeout_s=30)

    def _spawn(self, argv: list[str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(argv, stdout=log, stderr=log)

    def stop(self, timeout_s: float) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout_s)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
