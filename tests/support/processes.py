"""Programs that tests start and stop by themselves, on free loopback ports and with data folders of their own."""

import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

_STOP_S = 10


def require_binary(name: str, package: str) -> str:
    """Return the path of a program; without it the test fails, or is skipped where that was asked for by name.

    MINIKUBE_PY_TESTS_WITHOUT lists (with commas) programs that are known to be absent.
    """
    path = shutil.which(name)
    if path is not None:
        return path
    if name in os.environ.get("MINIKUBE_PY_TESTS_WITHOUT", "").split(","):
        pytest.skip(f"without {name}, as MINIKUBE_PY_TESTS_WITHOUT says")
    pytest.fail(f"{name} is not installed: apt-get install {package}, or set MINIKUBE_PY_TESTS_WITHOUT={name}")


def free_port() -> int:
    """Return a loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class EtcdServer:
    """One etcd of our own; its ports and data stay the same over a restart."""

    def __init__(self, data_dir: Path, *flags: str) -> None:
        self._binary = require_binary("etcd", "etcd-server")
        self._data_dir = data_dir
        self._flags = flags
        self._peer = f"http://127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = f"http://127.0.0.1:{free_port()}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, wrapper: tuple[str, ...] = ()) -> None:
        """Start the server, by another program if one is named; `is_healthy` tells when it serves."""
        with (self._data_dir.parent / f"{self._data_dir.name}.log").open("ab") as log:
            self._process = subprocess.Popen([*wrapper, self._binary, *self._arguments()], stdout=log, stderr=log)

    def is_healthy(self) -> bool:
        """Say whether it has a leader and answers."""
        assert self._process is not None
        assert self._process.poll() is None, f"etcd ended with exit code {self._process.returncode}"
        try:
            with urllib.request.urlopen(f"{self.endpoint}/health", timeout=1) as answer:
                return b'"true"' in answer.read()
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """End it in good order, by force if it does not follow."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self._process is not None:
            self._process.send_signal(number)

    def _arguments(self) -> list[str]:
        urls = {
            "listen-client-urls": self.endpoint,
            "advertise-client-urls": self.endpoint,
            "listen-peer-urls": self._peer,
            "initial-advertise-peer-urls": self._peer,
            "initial-cluster": f"default={self._peer}",
        }
        settings = [f"--{name}={value}" for name, value in urls.items()]
        return [*settings, f"--data-dir={self._data_dir}", "--logger=zap", *self._flags]
