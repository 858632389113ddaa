"""Where end-to-end tests run: a shell for one whole cluster with real containers, or a machine to start parts on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from minikube_py.runtime.oci.recipes import BuiltImage, build
from tests.e2e.machine import Machine, learners_machine
from tests.support.docker_engine import Engine, engine_in
from tests.support.kubectls import BIN, CLIS
from tests.support.processes import require_binary

RECIPES = Path(__file__).parents[2] / "examples" / "images"


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


@pytest.fixture(params=CLIS)
def cli(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def machine(cli: str) -> Iterator[Machine]:
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    # Not tmp_path: the engine's sockets are far below, and a socket's path has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="notes-") as folder, learners_machine(Path(folder), cli) as made:
        yield made


@pytest.fixture
def engine(machine: Machine) -> Iterator[Engine]:
    require_binary("dockerd", "docker.io")
    with engine_in(machine.network.name, machine.folder / "engine") as made:
        yield made


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> BuiltImage:
    return asyncio.run(build(RECIPES / "nginx", tmp_path_factory.mktemp("images")))
