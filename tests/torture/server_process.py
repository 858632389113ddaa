"""An API server under torture: started, killed, stopped, and started again whenever it ended by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from tests.support.eventually import eventually
from tests.support.processes import free_port
from tests.torture.failpoints import MARKER

ROOT = Path(__file__).parents[2]


class ServerProcess:
    """A process of `tests.torture.server`; `wrapper` is a command that it is started by (strace, faketime)."""

    def __init__(self, store: str, log: Path, environment: dict[str, str] | None = None) -> None:
        self._store, self.log = store, log
        self._port = free_port()
        self._environment = os.environ | {"PYTHONPATH": str(ROOT)} | (environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"
        self.slowest_start_s = self.starting_s = 0.0

    def spawn(self, failpoint: str = "", wrapper: tuple[str, ...] = ()) -> None:
        """Start it; `is_ready` tells when it serves."""
        arguments = [self._store, str(self._port), *([failpoint] if failpoint else [])]
        command = [*wrapper, sys.executable, "-m", "tests.torture.server", *arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=ROOT, env=self._environment, start_new_session=True
            )

    async def start(self, failpoint: str = "", wrapper: tuple[str, ...] = ()) -> None:
        """Start it, and return when it serves (or has reached its failpoint already)."""
        began = time.monotonic()
        self.spawn(failpoint, wrapper)
        await eventually(self.is_ready_or_over, timeout_s=60)
        took_s = time.monotonic() - began
        self.starting_s += took_s
        self.slowest_start_s = max(self.slowest_start_s, took_s)

    async def is_ready_or_over(self) -> bool:
        return not self.is_running or await self.answers("/readyz") == 200

    async def answers(self, path: str) -> int:
        """The code of a GET; 0: no answer."""
        try:
            async with httpx.AsyncClient(trust_env=False, verify=False, timeout=5) as client:
                return (await client.get(f"{self.url}{path}")).status_code
        except httpx.TransportError:
            return 0

    async def date(self, path: str) -> float:
        """What time its answer says that it is; 0: no answer."""
        try:
            async with httpx.AsyncClient(trust_env=False, verify=False, timeout=5) as client:
                return parsedate_to_datetime((await client.get(f"{self.url}{path}")).headers["date"]).timestamp()
        except httpx.TransportError:
            return 0.0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def failpoints_reached(self) -> int:
        return self.log.read_text().count(MARKER)

    @property
    def memory_bytes(self) -> int:
        """Its resident memory."""
        assert self._process is not None
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def signal(self, number: signal.Signals) -> None:
        """To it, and to what it was started by."""
        if self.is_running:
            assert self._process is not None
            os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
