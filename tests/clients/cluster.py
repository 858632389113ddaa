"""A cluster as users have it (TLS, certificates, RBAC, all controllers) with simulated containers."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
NAME = "clients"
TIMEOUT_S = 120


@dataclass(frozen=True)
class Cluster:
    folder: Path
    port: int

    @classmethod
    def in_folder(cls, folder: Path) -> Cluster:
        return cls(folder, free_port())

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a user's shell says; nothing of the home of whoever runs the tests."""
        own = {"MINIKUBE_PY_HOME": self.folder / "clusters", "KUBECONFIG": self.kubeconfig, "HOME": self.folder}
        return {**os.environ, **{name: str(value) for name, value in own.items()}}

    def start(self) -> None:
        self._minikube_py("start", "--container-runtime=simulated", f"--port={self.port}")

    def delete(self) -> None:
        self._minikube_py("delete")

    def kill(self) -> None:
        """kill -9 of all of it: the API server and whoever works for it."""
        for process_id in self._processes():
            os.kill(process_id, signal.SIGKILL)

    def run(self, program: str | Path, *arguments: str, stdin: str = "") -> str:
        """What a command printed. Raises: AssertionError with what it said when it failed."""
        done = subprocess.run(
            [program, *arguments], env=self.environment, input=stdin, capture_output=True, text=True,
            timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{program} {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def pykubectl(self, *arguments: str, stdin: str = "") -> str:
        return self.run(ROOT / ".venv/bin/pykubectl", *arguments, stdin=stdin)

    def kubeconfig_with_token(self, token: str, namespace: str) -> Path:
        """As a user who has nothing but a token."""
        document: dict[str, Any] = yaml.safe_load(self.kubeconfig.read_text())
        (context,) = document["contexts"]
        context["context"] |= {"user": "robot", "namespace": namespace}
        document["users"] = [{"name": "robot", "user": {"token": token}}]
        path = self.folder / f"robot-{namespace}"
        path.write_text(yaml.safe_dump(document))
        return path

    def _minikube_py(self, *words: str) -> None:
        self.run(ROOT / ".venv/bin/minikube-py", *words, "--name", NAME)

    def _processes(self) -> list[int]:
        """Everything that has the cluster's folder on its command line."""
        folder = str(self.folder / "clusters").encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if folder in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found
