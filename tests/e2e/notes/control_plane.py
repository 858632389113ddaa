"""Steps 1 to 6: no node yet, and each part of the control plane missed until it runs."""

from __future__ import annotations

from tests.e2e.machine import SERVER, Machine
from tests.support.eventually import eventually
from tests.support.processes import require_binary

NO_TOKEN = 'no API token found for service account "default"'


def nothing_runs(machine: Machine) -> None:
    """Step 1."""
    machine.see("create", "deployment", "web", "--image=nginx", code=1)
    machine.see("get", "pods", code=1)


def an_api_server_needs_a_store(machine: Machine) -> None:
    """Step 2."""
    assert machine.run("pykube-apiserver") == (1, "error: --etcd-servers must be specified\n")


async def a_store_and_an_api_server(machine: Machine, *flags: str) -> None:
    """Start etcd and an API server over it."""
    require_binary("etcd", "etcd-server")
    machine.background("etcd", "etcd", f"--data-dir={machine.folder / 'etcd'}")
    await eventually(lambda: "ready to serve client requests" in machine.log("etcd"), timeout_s=20)
    machine.background("apiserver", "pykube-apiserver", "--etcd-servers=http://localhost:2379", *flags)
    await eventually(lambda: machine.run("curl", "-s", f"{SERVER}/readyz") == (0, "ok"), timeout_s=30)


def a_deployment_alone(machine: Machine) -> None:
    """Step 3, with the API server up."""
    assert machine.see("create", "deployment", "web", "--image=nginx") == "deployment.apps/web created\n"
    machine.see("get", "deployments,replicasets,pods")
    machine.see("create", "deployment", "web", "--image=nginx", code=1)


async def controllers_without_tokens(machine: Machine) -> None:
    """Step 4."""
    machine.background("controllers", "pykube-controller-manager", f"--master={SERVER}", "--no-leader-elect")
    await eventually(lambda: NO_TOKEN in machine.ctl("get", "events"), timeout_s=30)
    await eventually(lambda: NO_TOKEN in machine.log("controllers"), timeout_s=10)
    machine.see("get", "replicasets,pods")
    machine.see("get", "replicasets", "-o", "wide")


async def no_tokens_wanted(machine: Machine) -> None:
    """Step 5."""
    machine.see("edit", "sa", "default")
    await eventually(lambda: "Pending" in machine.ctl("get", "pods"), timeout_s=60)
    machine.see("get", "pods", "-o", "wide")


async def a_scheduler_without_nodes(machine: Machine) -> None:
    """Step 6."""
    machine.background("scheduler", "pykube-scheduler", f"--master={SERVER}", "--no-leader-elect")
    await eventually(lambda: "no nodes available to schedule pods" in machine.ctl("get", "events"), timeout_s=30)
    machine.see("get", "events", "--field-selector=reason=FailedScheduling")
    machine.see("get", "pods")
    machine.see("describe", "pods")
