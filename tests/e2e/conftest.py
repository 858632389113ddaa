"""A shell for one whole cluster with real containers, and its removal afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.processes import require_binary

BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands as a user of one cluster would."""

    environment: dict[str, str]

    def run(self, *argv: str, check: bool = True) -> str:
        done = subprocess.run(argv, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert not check or done.returncode == 0, f"{' '.join(argv)}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    if os.geteuid() != 0:
        pytest.skip("containers need root")
    for program in ("runc", "conmon", "skopeo", "umoci"):
        require_binary(program, program)
    environment = {
        **os.environ,
        "MINIKUBE_PY_HOME": str(tmp_path / "clusters"),
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
        "PATH": f"{BIN}:{os.environ['PATH']}:/usr/sbin:/sbin",
    }
    shell = Shell(environment)
    try:
        yield shell
    finally:
        shell.run("minikube-py", "delete", "--name", "e2e", check=False)
