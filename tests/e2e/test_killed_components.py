"""kill -9 of any one component: the others go on, and after its restart everything is as it should be."""

from __future__ import annotations

import functools
import json
import os
import signal
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


@pytest.mark.oci
@pytest.mark.timeout(400)
async def test_whoever_is_killed_no_container_is_touched_and_the_cluster_converges(shell: Shell) -> None:
    shell.run("minikube-py", "start", "--name", "e2e", "--processes", f"--port={free_port()}")
    shell.run("kubectl", "create", "deployment", "web", "--image=nginx", "--replicas=2")
    shell.run("kubectl", "expose", "deployment", "web", "--port=80")

    def ready(count: int) -> bool:
        return shell.run("kubectl", "get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}") == str(count)

    await eventually(lambda: ready(2), timeout_s=120)
    address = shell.run("kubectl", "get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")

    def answers() -> bool:
        return "Welcome to nginx!" in shell.run("curl", "-s", "--max-time", "2", f"http://{address}/", check=False)

    await eventually(answers, timeout_s=30)
    replicas = 2
    for component in COMPONENTS:
        before = containers(shell)
        shell.run("kubectl", "create", "configmap", f"before-{component}")
        os.kill(pids(shell)[component], signal.SIGKILL)
        assert answers(), f"traffic stopped when {component} was killed"
        shell.run("minikube-py", "start", "--name", "e2e")
        assert f"before-{component}" in shell.run("kubectl", "get", "configmaps", "-o", "name")
        replicas += 1
        shell.run("kubectl", "scale", "deployment", "web", f"--replicas={replicas}")
        await eventually(functools.partial(ready, replicas), timeout_s=60)
        after = containers(shell)
        assert {name: after.get(name) for name in before} == before, f"containers changed when {component} was killed"
        await eventually(answers, timeout_s=20)
