"""Images that a kubelet pulls from a registry which is up, asked wrongly, down, and back; on both real runtimes."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from minikube_py.runtime.oci.recipes import BuiltImage
from tests.e2e.machine import SERVER, Machine, learners_machine
from tests.support.docker_engine import engine_in, unmount_below
from tests.support.eventually import eventually
from tests.support.image_registry import PASSWORD, USERNAME, ImageRegistry
from tests.support.processes import require_binary

Json = Any


@dataclass(frozen=True, slots=True)
class Pulls:
    """A node, and a registry on the same machine."""

    machine: Machine
    registry: ImageRegistry

    def run(self, name: str, image: str, secret: str = "", policy: str = "") -> None:
        """A pod of one container, put on the node by hand."""
        container = {"name": "main", "image": image, **({"imagePullPolicy": policy} if policy else {})}
        spec = {
            "nodeName": "node-1",
            "hostNetwork": True,
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "imagePullSecrets": [{"name": secret}] if secret else [],
            "containers": [container],
        }
        document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
        path = self.machine.folder / f"{name}.json"
        path.write_text(json.dumps(document))
        self.machine.ctl("create", "-f", str(path))

    def state(self, name: str) -> Json:
        """The container's state."""
        pod = json.loads(self.machine.ctl("get", "pod", name, "-o", "json"))
        return (pod["status"].get("containerStatuses") or [{}])[0].get("state", {})

    async def has_node(self) -> None:
        def registered() -> bool:
            code, text = self.machine.run(self.machine.cli, "get", "node", "node-1")
            assert code == 0, text + self.machine.log("kubelet")
            return True

        await eventually(registered, timeout_s=30)

    async def runs(self, name: str) -> None:
        await eventually(lambda: "running" in self.state(name), timeout_s=60)

    async def waits(self, name: str, reason: str, cause: str) -> None:
        """The container's status tells reason and cause, and so does an event."""

        def told() -> bool:
            waiting = self.state(name).get("waiting", {})
            assert waiting.get("reason") == reason, waiting
            assert cause in waiting["message"], waiting
            return True

        await eventually(told, timeout_s=60)
        assert [text for text in self.events(name) if text.startswith("Warning Failed") and cause in text]

    def events(self, name: str) -> list[str]:
        """`TYPE REASON MESSAGE`, in the order of their first time."""
        chosen = f"--field-selector=involvedObject.name={name}"
        found = json.loads(self.machine.ctl("get", "events", chosen, "-o", "json"))["items"]
        return [f"{event['type']} {event['reason']} {event['message']}" for event in found]


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
                _start_node(machine, runtime)
                registry.push(nginx.layout, nginx.tag, "team/web:1")
                yield Pulls(machine, registry)
            finally:
                machine.run(machine.cli, "delete", "pods", "--all", "--timeout=30s")
                registry.stop()
                machine.close()
                unmount_below(machine.folder)


def _start_node(machine: Machine, runtime: str) -> None:
    machine.background("apiserver", "pykube-apiserver", f"--storage=sqlite://{machine.folder}/store.db")
    machine.ctl("config", "set-cluster", "here", f"--server={SERVER}")
    machine.ctl("config", "set-context", "here", "--cluster=here")
    machine.ctl("config", "use-context", "here")
    network = (
        ("--network-plugin=none",) if runtime == "docker" else ("--network-plugin=kubenet", "--pod-cidr=10.9.9.0/24")
    )
    kubeconfig = f"--kubeconfig={machine.folder}/.kube/config"
    machine.background("kubelet", *machine.kubelet(kubeconfig, *network, runtime=runtime))


@pytest.mark.timeout(300)
async def test_pulls_that_come_that_do_not_come_and_that_come_later(pulls: Pulls) -> None:
    image = f"{pulls.registry.address}/team/web:1"
    await pulls.has_node()
    pulls.machine.ctl("create", "serviceaccount", "default")
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
