"""Steps 7 to 10: a machine with a container engine becomes a node."""

from __future__ import annotations

import re

from minikube_py.runtime.docker.runtime import DockerConfig, DockerRuntime
from minikube_py.runtime.oci.recipes import BuiltImage
from tests.e2e.machine import ADDRESS, SERVER, Machine
from tests.support.docker_engine import Engine
from tests.support.eventually import eventually

PAGE = "Welcome to nginx!"
_STATIC_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: by-hand}
spec:
  containers: [{name: main, image: nginx, imagePullPolicy: IfNotPresent}]
"""


def a_kubelet_needs_an_engine(machine: Machine) -> None:
    """Step 7."""
    code, text = machine.run(*machine.kubelet())
    address = f"unix://{machine.folder}/engine/docker.sock"
    assert code == 1
    assert text == f"error: Cannot connect to the Docker daemon at {address}: is it running? start it with `dockerd`\n"


async def start_engine(engine: Engine, image: BuiltImage) -> None:
    """dockerd, with nginx in its store: no registry is within reach of this machine."""
    engine.start()
    runtime = DockerRuntime(DockerConfig("notes", "notes", engine.address), None)
    await runtime.open()
    try:
        await runtime.import_image(image.layout, image.tag, "nginx")
    finally:
        await runtime.close()


async def a_kubelet_by_itself(machine: Machine, engine: Engine) -> None:
    """Step 8, with the engine up."""
    folder = machine.folder / "manifests"
    folder.mkdir()
    machine.background("standalone", *machine.kubelet(f"--pod-manifest-path={folder}"))
    (folder / "by-hand.yaml").write_text(_STATIC_POD)

    def runs() -> bool:
        return any(PAGE in machine.curl(f"http://{address}/") for address in addresses(machine, engine))

    await eventually(runs, timeout_s=40)
    assert "standalone: without --kubeconfig there is no API server" in machine.log("standalone")
    assert machine.see("get", "nodes") == "No resources found\n"
    assert "Pending" in machine.see("get", "pods")
    machine.stop("standalone")


def a_way_to_the_cluster(machine: Machine) -> None:
    """Step 9."""
    machine.see("config", "set-cluster", "localhost", f"--server={SERVER}")
    machine.see("config", "set-context", "localhost", "--cluster=localhost")
    machine.see("config", "use-context", "localhost")
    machine.see("config", "get-contexts")


async def a_kubelet_in_the_cluster(machine: Machine, engine: Engine) -> None:
    """Step 10."""
    machine.background("watch", machine.cli, "get", "pods", "--watch")
    await eventually(lambda: "Pending" in machine.log("watch"), timeout_s=10)
    machine.background("kubelet", *machine.kubelet(f"--kubeconfig={machine.folder}/.kube/config"))
    await eventually(lambda: "Running" in machine.log("watch"), timeout_s=60)
    shown = re.findall(r"Pending|ContainerCreating|Running", machine.log("watch"))
    assert list(dict.fromkeys(shown)) == ["Pending", "ContainerCreating", "Running"]
    machine.stop("watch")
    machine.ctl("wait", "--for=condition=Ready", "node/node-1", "--timeout=20s")
    assert machine.ctl("get", "node", "node-1").splitlines()[1].split()[1] == "Ready"
    machine.see("wait", "--for=condition=Available", "deployment/web", "--timeout=20s")
    machine.see("get", "pods", "-o", "wide")
    machine.see("get", "deployments", "-o", "wide")
    assert machine.value("nodes", ".items[*].status.addresses[0].address") == ADDRESS
    assert PAGE in machine.curl(f"http://{machine.value('pods', '.items[0].status.podIP')}/")
    assert machine.ctl("exec", "deploy/web", "--", "hostname").strip() == machine.value(
        "pods", ".items[0].metadata.name"
    )

    # The pod of step 8 is nobody's any more: its kubelet reads no folder now.
    await eventually(lambda: len(addresses(machine, engine)) == 1, timeout_s=30)


def addresses(machine: Machine, engine: Engine) -> list[str]:
    """Where the engine's containers are, sandboxes included."""
    docker = ("docker", "-H", engine.address)
    ids = machine.run(*docker, "ps", "-q")[1].split()
    if not ids:
        return []
    found = machine.run(*docker, "inspect", "--format", "{{.NetworkSettings.IPAddress}}", *ids)[1]
    return found.split()
