"""A cluster with simulated containers as its user sees it: minikube-py with a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import free_port

NAME = "bad"


class Machine:
    """minikube-py with a home of its own; containers are simulated."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.home = folder / "clusters"
        self.cluster = self.home / NAME
        self.kubeconfig = folder / "kubeconfig"
        self.prefix: list[str] = []
        self.environment = {
            **os.environ,
            "MINIKUBE_PY_HOME": str(self.home),
            "KUBECONFIG": str(self.kubeconfig),
        }

    def command(self, *words: str) -> list[str]:
        """What a user would type as `minikube-py WORDS --name bad`."""
        return [*self.prefix, sys.executable, "-m", "minikube_py.cluster", *words, "--name", NAME]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words), env=self.environment, capture_output=True, text=True, timeout=100, check=False
        )
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def start(self) -> subprocess.CompletedProcess[str]:
        return self.run("start", "--container-runtime=simulated", f"--port={self.port}")

    def status(self) -> str:
        return str(json.loads(self.run("status", "-o", "json").stdout)["health"])


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    done = machine.run("delete")
    assert done.returncode == 0, done.stderr
    assert not machine.cluster.exists()
    assert processes_of(machine) == []


def processes_of(machine: Machine) -> list[int]:
    """Everything that runs with the cluster's folder on its command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(machine.cluster).encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found
