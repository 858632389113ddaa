"""Nodes come and go while a cluster runs: what is said, what is refused, and what stays after a new start."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.integration.cluster.conftest import NAME, Machine
from tests.support.eventually import eventually
from tests.support.kubectls import BIN


def nodes(machine: Machine) -> dict[str, bool]:
    found = json.loads(machine.run("status", "-o", "json").stdout)["nodes"]
    return {node["name"]: node["is_ready"] for node in found}


def kubectl(machine: Machine, *words: str) -> str:
    argv = [str(BIN / "pykubectl"), *words]
    done = subprocess.run(argv, env=machine.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(300)
async def test_a_node_comes_stays_over_a_new_start_and_goes_with_its_pods_moved(machine: Machine) -> None:
    assert machine.start().returncode == 0
    added = machine.run("node", "add")
    assert (added.returncode, added.stdout.splitlines()[-1]) == (0, f'node "{NAME}-m02" added'), added.stderr
    document = json.loads(machine.run("node", "add", "gpu", "-o", "json").stdout)
    assert document == {"name": "gpu", "podCIDR": "10.244.2.0/24", "isElsewhere": False}
    assert nodes(machine) == {NAME: True, f"{NAME}-m02": True, "gpu": True}
    kubectl(machine, "create", "deployment", "web", "--image=nginx", "--replicas=6")
    columns = ("get", "pods", "-o", "jsonpath={range .items[*]}{.spec.nodeName}={.status.phase} {end}")
    await eventually(lambda: kubectl(machine, *columns).split().count("gpu=Running") == 2, timeout_s=30)
    machine.run("stop")
    assert machine.start().returncode == 0
    assert set(nodes(machine)) == {NAME, f"{NAME}-m02", "gpu"}

    gone = machine.run("node", "rm", "gpu")
    assert (gone.returncode, gone.stdout.splitlines()[-1]) == (0, 'node "gpu" removed'), gone.stderr
    assert nodes(machine) == {NAME: True, f"{NAME}-m02": True}
    assert "gpu" not in kubectl(machine, "get", "nodes")
    others = {f"{NAME}=Running": 3, f"{NAME}-m02=Running": 3}

    def moved() -> bool:
        found = kubectl(machine, *columns).split()
        return {each: found.count(each) for each in others} == others

    await eventually(moved, timeout_s=30)
    assert sorted(path.name for path in machine.cluster.rglob("*-3*")) == []
    assert json.loads(machine.run("node", "add", "new", "-o", "json").stdout)["podCIDR"] == "10.244.2.0/24"


def test_what_cannot_be_is_refused_with_the_next_step(machine: Machine) -> None:
    assert machine.start().returncode == 0
    refused = {
        f"add {NAME}": f'cluster "{NAME}" has a node "{NAME}" already; choose another name',
        "rm none": f'has no node "none" that could be removed; there is none but {NAME}, this machine itself',
        f"rm {NAME}": f"where the control plane runs; minikube-py delete --name {NAME} removes the whole cluster",
        "add far --on-another-host": "listens on 127.0.0.1 alone",
    }
    for words, said in refused.items():
        done = machine.run("node", *words.split())
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert list(nodes(machine)) == [NAME]
    machine.run("stop")
    for words in ("add", f"rm {NAME}"):
        done = machine.run("node", *words.split())
        assert (done.returncode, f"first: minikube-py start --name {NAME}" in done.stderr) == (1, True)
