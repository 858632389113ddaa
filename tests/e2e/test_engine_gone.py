"""The container engine ends under a running kubelet: the node says so, and is Ready again once the engine is back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikube_py.runtime.oci.recipes import BuiltImage
from tests.e2e.lone_node import LoneNode
from tests.e2e.machine import Machine, learners_machine
from tests.e2e.notes.node import start_engine
from tests.support.docker_engine import Engine, engine_in
from tests.support.eventually import eventually
from tests.support.processes import require_binary

_READY = '.status.conditions[?(@.type=="Ready")]'


@pytest.fixture
def alone() -> Iterator[Machine]:
    if os.geteuid() != 0:
        pytest.skip("containers need root")
    require_binary("dockerd", "docker.io")
    with tempfile.TemporaryDirectory(prefix="engine-") as text, learners_machine(Path(text), "kubectl") as machine:
        yield machine


@pytest.fixture
def docker(alone: Machine) -> Iterator[Engine]:
    with engine_in(alone.network.name, alone.folder / "engine") as engine:
        yield engine
        alone.close()


@pytest.mark.docker
@pytest.mark.timeout(240)
async def test_a_node_whose_engine_is_gone_says_so_and_comes_back_with_it(
    alone: Machine, docker: Engine, nginx: BuiltImage
) -> None:
    await start_engine(docker, nginx)
    node = LoneNode.start(alone, "docker")
    await node.is_there()
    node.run("web", "nginx", policy="IfNotPresent")
    await node.runs("web")

    docker.stop()

    def says_so() -> bool:
        assert alone.value("node node-1", f"{_READY}.status") == "False"
        message = alone.value("node node-1", f"{_READY}.message")
        assert "container runtime is down" in message, message
        assert "Cannot connect to the Docker daemon" in message, message
        return True

    await eventually(says_so, timeout_s=60)
    assert "Traceback" not in alone.log("kubelet")

    docker.start()
    await eventually(lambda: alone.value("node node-1", f"{_READY}.status") == "True", timeout_s=60)

    def runs_again() -> bool:
        assert "running" in node.state("web")
        return alone.value("pod web", ".status.containerStatuses[0].restartCount") == "1"

    await eventually(runs_again, timeout_s=60)
    assert "Traceback" not in alone.log("kubelet")
