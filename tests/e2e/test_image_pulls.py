"""Images that a kubelet pulls from a registry which is up, asked wrongly, down, and back; on both real runtimes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from minikube_py.runtime.oci.recipes import BuiltImage
from tests.e2e.lone_node import LoneNode
from tests.e2e.machine import learners_machine
from tests.support.docker_engine import engine_in, unmount_below
from tests.support.image_registry import PASSWORD, USERNAME, ImageRegistry
from tests.support.processes import require_binary


@dataclass(frozen=True, slots=True)
class Pulls(LoneNode):
    """A node, and a registry on the same machine."""

    registry: ImageRegistry


@pytest.fixture(params=[pytest.param("oci", marks=pytest.mark.oci), pytest.param("docker", marks=pytest.mark.docker)])
def pulls(request: pytest.FixtureRequest, nginx: BuiltImage) -> Iterator[Pulls]:
    if os.geteuid() != 0:
        pytest.skip("containers need root")
    require_binary("docker-registry", "docker-registry")
    runtime = str(request.param)
    with tempfile.TemporaryDirectory(prefix="pulls-") as text, learners_machine(Path(text), "kubectl") as machine:
        folder = machine.folder / "registry"
        folder.mkdir()
        registry = ImageRegistry(folder, machine.network.name)
        registry.start()
        with engine_in(machine.network.name, machine.folder / "engine") as engine:
            if runtime == "docker":
                require_binary("dockerd", "docker.io")
                engine.start()
            try:
                LoneNode.start(machine, runtime)
                registry.push(nginx.layout, nginx.tag, "team/web:1")
                yield Pulls(machine, registry)
            finally:
                machine.run(machine.cli, "delete", "pods", "--all", "--timeout=30s")
                registry.stop()
                machine.close()
                unmount_below(machine.folder)


@pytest.mark.timeout(300)
async def test_pulls_that_come_that_do_not_come_and_that_come_later(pulls: Pulls) -> None:
    image = f"{pulls.registry.address}/team/web:1"
    await pulls.is_there()
    for name, password in (("right", PASSWORD), ("wrong", "guessed")):
        entry = (f"--docker-server={pulls.registry.address}", f"--docker-username={USERNAME}")
        pulls.machine.ctl("create", "secret", "docker-registry", name, *entry, f"--docker-password={password}")

    pulls.run("missing", image.replace(":1", ":none"), "right")
    pulls.run("wrong", image, "wrong")
    pulls.run("stranger", image)
    pulls.run("never", image, "right", policy="Never")
    await pulls.waits("missing", "ImagePullBackOff", "manifest unknown")
    await pulls.waits("wrong", "ImagePullBackOff", "unauthorized")
    await pulls.waits("stranger", "ImagePullBackOff", "auth")
    said = pulls.events("missing")
    assert "Warning Failed Error: ErrImagePull" in said
    assert f'Normal BackOff Back-off pulling image "{image.replace(":1", ":none")}"' in said
    assert "Warning Failed Error: ImagePullBackOff" in said
    assert pulls.state("never")["waiting"]["reason"] == "ErrImageNeverPull"

    pulls.run("by-tag", image, "right")
    await pulls.runs("by-tag")
    assert f'Normal Pulling Pulling image "{image}"' in pulls.events("by-tag")
    digest = pulls.machine.value("pod by-tag", ".status.containerStatuses[0].imageID")
    assert "@sha256:" in digest
    pulls.run("by-digest", f"{image.rpartition(':')[0]}@{digest.rpartition('@')[2]}", "right")
    await pulls.runs("by-digest")
    assert pulls.machine.value("pod by-digest", ".status.containerStatuses[0].imageID") == digest

    pulls.registry.stop()
    pulls.run("present", image)
    pulls.run("always", image, "right", policy="Always")
    await pulls.runs("present")
    assert f'Normal Pulled Container image "{image}" already present on machine' in "\n".join(pulls.events("present"))
    await pulls.waits("always", "ImagePullBackOff", "connection refused")
    pulls.registry.start()
    await pulls.runs("always")
