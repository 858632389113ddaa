"""Two nodes on one machine, the second in a network namespace of its own; afterwards nothing is left of either."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Shell
from tests.e2e.test_first_deployment import machine
from tests.support.eventually import eventually
from tests.support.processes import free_port

Json = Any


def pods(shell: Shell, selector: str) -> dict[str, Json]:
    """Node -> status, of one pod each."""
    found = json.loads(shell.run("kubectl", "get", "pods", f"--selector={selector}", "-o", "json"))["items"]
    return {pod["spec"].get("nodeName", ""): {**pod["status"], "name": pod["metadata"]["name"]} for pod in found}


@pytest.mark.oci
@pytest.mark.timeout(400)
@pytest.mark.parametrize("mode", [(), ("--processes",)], ids=["all in one", "processes"])
async def test_pods_and_services_are_reached_across_nodes_and_delete_leaves_nothing(
    shell: Shell, mode: tuple[str, ...]
) -> None:
    before = machine()
    shell.run("minikube-py", "start", "--name", "e2e", "--nodes=2", *mode, f"--port={free_port()}")
    for recipe in ("nginx", "busybox"):
        shell.run("minikube-py", "image", "build", recipe, "--name", "e2e")
    for node in ("e2e", "e2e-m02"):
        _run_pod(shell, node, "web", "nginx")
        _run_pod(shell, node, "box", "busybox", "--", "sleep", "3600")
    shell.run("kubectl", "create", "service", "clusterip", "web", "--tcp=80:80")
    shell.run("kubectl", "set", "selector", "service", "web", "part=web")

    def all_run() -> bool:
        found = [status["phase"] for part in ("web", "box") for status in pods(shell, f"part={part}").values()]
        return found == ["Running"] * 4

    await eventually(all_run, timeout_s=120)
    web, boxes = pods(shell, "part=web"), pods(shell, "part=box")
    assert set(web) == set(boxes) == {"e2e", "e2e-m02"}
    service = shell.run("kubectl", "get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
    answering = [web["e2e"]["podIP"], web["e2e-m02"]["podIP"], service]

    def reached_from_everywhere() -> bool:
        for address in answering:
            assert "Welcome to nginx!" in shell.run("curl", "-s", "--max-time", "2", f"http://{address}/", check=False)
            for box in boxes.values():
                argv = ("kubectl", "exec", box["name"], "--", "timeout", "3", "wget", "-qO-", f"http://{address}/")
                assert "Welcome to nginx!" in shell.run(*argv, check=False), f"{box['name']} to {address}"
        return True

    await eventually(reached_from_everywhere, timeout_s=60)
    for node, box in boxes.items():
        _trace(shell, box["name"], node, {f"pod/{status['name']}" for status in web.values()})
    shell.run("minikube-py", "stop", "--name", "e2e")
    shell.run("minikube-py", "start", "--name", "e2e")
    await eventually(reached_from_everywhere, timeout_s=60)
    shell.run("minikube-py", "delete", "--name", "e2e")
    assert machine() == before


@pytest.mark.oci
@pytest.mark.timeout(400)
async def test_a_node_comes_to_a_running_cluster_and_goes_and_one_joins_from_elsewhere(
    shell: Shell, tmp_path: Path
) -> None:
    before, port = machine(), free_port()
    shell.run("minikube-py", "start", "--name", "e2e", f"--port={port}")
    added = json.loads(shell.run("minikube-py", "node", "add", "--name", "e2e", "-o", "json"))
    assert added["name"] == "e2e-m02"
    shell.run("minikube-py", "image", "build", "nginx", "--name", "e2e")
    _run_pod(shell, "e2e-m02", "web", "nginx")
    address = await eventually(lambda: pods(shell, "part=web")["e2e-m02"].get("podIP"), timeout_s=60)
    page = ("curl", "-s", "--max-time", "2", f"http://{address}/")
    await eventually(lambda: "Welcome to nginx!" in shell.run(*page, check=False), timeout_s=60)
    shell.run("minikube-py", "node", "rm", "e2e-m02", "--name", "e2e")
    assert shell.run("kubectl", "get", "pods", "-o", "name") == ""
    assert shell.run(*page, check=False) == ""
    assert "e2e-m02" not in machine()["mounts"]

    joining = ("node", "add", "far", "--on-another-host", f"--server=https://127.0.0.1:{port}", "-o", "json")
    command = json.loads(shell.run("minikube-py", *joining, "--name", "e2e"))["command"]
    there = f"cd {tmp_path} && {command.replace('pykubelet', 'exec pykubelet')}"
    flags = f"--container-runtime=simulated --root-dir={tmp_path / 'far'} --port=0"
    kubelet = await asyncio.create_subprocess_shell(f"{there} {flags}", env=shell.environment)
    try:
        ready = ("kubectl", "wait", "node/far", "--for=condition=Ready", "--timeout=30s")
        await eventually(lambda: "met" in shell.run(*ready, check=False), timeout_s=60)
        _run_pod(shell, "far", "web", "nginx")
        said = ("kubectl", "wait", "pod/web-far", "--for=jsonpath={.status.phase}=Running", "--timeout=30s")
        assert "met" in shell.run(*said)
        shell.run("kubectl", "logs", "web-far")  # the API server and that kubelet know each other by their keys
        shell.run("minikube-py", "node", "rm", "far", "--name", "e2e")
    finally:
        kubelet.terminate()
        await kubelet.wait()
    shell.run("minikube-py", "delete", "--name", "e2e")
    assert machine() == before


def _trace(shell: Shell, sender: str, node: str, servers: set[str]) -> None:
    """A real packet goes one of the ways that the node's rules leave it, and is answered."""
    argv = ("trace", "service/web", f"--from=pod/{sender}", "--send", "-o", "json")
    found = json.loads(shell.run("pykubectl", *argv))
    assert found["rulesOf"] == f"node/{node}"
    assert {way["pod"] for way in found["ways"]} == servers
    assert found["sent"]["answer"].startswith("answered")
    (taken,) = found["sent"]["tookWays"]
    assert all(hop["counted"] for hop in found["ways"][taken]["hops"] if hop["table"] == "nat" and not hop["unclear"])


def _run_pod(shell: Shell, node: str, part: str, image: str, *command: str) -> None:
    overrides = json.dumps({"apiVersion": "v1", "spec": {"nodeName": node}})
    name = f"{part}-{node}"
    shell.run("kubectl", "run", name, f"--image={image}", f"--labels=part={part}", f"--overrides={overrides}", *command)
