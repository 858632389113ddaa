"""kill -9 of any one component: the others go on, and after its restart everything is as it should be."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import Shell
from tests.support.eventually import eventually
from tests.support.processes import free_port

Json = Any
COMPONENTS = ("apiserver", "controller-manager", "scheduler", "kubelet", "proxy")


def containers(shell: Shell) -> dict[str, tuple[str, int]]:
    """Pod -> (container id, restarts)."""
    found = {}
    for pod in json.loads(shell.run("kubectl", "get", "pods", "-o", "json"))["items"]:
        for status in pod["status"].get("containerStatuses", []):
            found[pod["metadata"]["name"]] = (status.get("containerID", ""), status["restartCount"])
    return found


def pids(shell: Shell) -> dict[str, int]:
    status = json.loads(shell.run("minikube-py", "status", "--name", "e2e", "-o", "json", check=False))
    return {component["name"]: component["pid"] for component in status["components"]}


@dataclass(slots=True)
class Web:
    """A deployment of nginx behind a Service, on a cluster of its own."""

    shell: Shell
    replicas: int = 2
    address: str = ""

    async def start(self, *flags: str) -> None:
        self.shell.run("minikube-py", "start", "--name", "e2e", *flags, f"--port={free_port()}")
        self.shell.run("kubectl", "create", "deployment", "web", "--image=nginx", "--replicas=2")
        self.shell.run("kubectl", "expose", "deployment", "web", "--port=80")
        await eventually(self._is_ready, timeout_s=120)
        self.address = self.shell.run("kubectl", "get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
        await eventually(self.answers, timeout_s=30)

    async def survives(self, component: str) -> None:
        """Its process is killed and started again: traffic, containers, and what was written."""
        before = containers(self.shell)
        self.shell.run("kubectl", "create", "configmap", f"before-{component}")
        os.kill(pids(self.shell)[component], signal.SIGKILL)
        assert self.answers(), f"traffic stopped when {component} was killed"
        self.shell.run("minikube-py", "start", "--name", "e2e")
        assert f"before-{component}" in self.shell.run("kubectl", "get", "configmaps", "-o", "name")
        self.replicas += 1
        self.shell.run("kubectl", "scale", "deployment", "web", f"--replicas={self.replicas}")
        await eventually(self._is_ready, timeout_s=60)
        after = containers(self.shell)
        assert {name: after.get(name) for name in before} == before, f"containers changed when {component} was killed"
        await eventually(self.answers, timeout_s=20)

    def answers(self) -> bool:
        page = self.shell.run("curl", "-s", "--max-time", "2", f"http://{self.address}/", check=False)
        return "Welcome to nginx!" in page

    def _is_ready(self) -> bool:
        asked = ("kubectl", "get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}")
        return self.shell.run(*asked) == str(self.replicas)


@pytest.mark.oci
@pytest.mark.timeout(400)
async def test_whoever_is_killed_no_container_is_touched_and_the_cluster_converges(shell: Shell) -> None:
    web = Web(shell)
    await web.start("--processes")
    for component in COMPONENTS:
        await web.survives(component)


@pytest.mark.oci
@pytest.mark.timeout(200)
async def test_all_components_killed_at_once_touch_no_container_either(shell: Shell) -> None:
    web = Web(shell)
    await web.start()
    assert len(set(pids(shell).values())) == 1
    await web.survives("apiserver")
