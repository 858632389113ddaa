"""Only the API server ever opens the store: what each process of a running cluster has open, seen by the kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.machine import SERVER, Machine
from tests.e2e.notes import control_plane, node
from tests.support.eventually import eventually

ETCD_PORT = 2379
CLIENTS = {
    "controllers": ("pykube-controller-manager", f"--master={SERVER}", "--no-leader-elect"),
    "scheduler": ("pykube-scheduler", f"--master={SERVER}", "--no-leader-elect"),
    "proxy": ("pykube-proxy", f"--master={SERVER}", "--hostname-override=node-1"),
}
pytestmark = [pytest.mark.timeout(120), pytest.mark.parametrize("cli", ["kubectl"])]


@pytest.mark.etcd
async def test_nobody_else_talks_to_etcd(machine: Machine) -> None:
    await control_plane.a_store_and_an_api_server(machine)
    processes = await everything_else(machine)
    assert ETCD_PORT in ports_connected_to(machine.pid("apiserver"))
    for name in processes:
        # That it is connected to the API server shows that the look is at the right place.
        ports = ports_connected_to(machine.pid(name))
        assert 8080 in ports, name
        assert ETCD_PORT not in ports, name


async def test_nobody_else_opens_the_database(machine: Machine) -> None:
    path = machine.folder / "store" / "store.db"
    path.parent.mkdir()
    machine.background("apiserver", "pykube-apiserver", f"--storage=sqlite://{path}")
    await eventually(lambda: machine.run("curl", "-s", f"{SERVER}/readyz") == (0, "ok"), timeout_s=30)
    processes = await everything_else(machine)
    assert path in files_of(machine.pid("apiserver"))
    for name in processes:
        assert not [file for file in files_of(machine.pid(name)) if path.parent in file.parents], name


@pytest.mark.parametrize("flag", ["--etcd-servers=http://localhost:2379", "--storage=sqlite:///nowhere/store.db"])
def test_nobody_else_can_even_be_told_where_the_store_is(machine: Machine, flag: str) -> None:
    for component in ("pykube-controller-manager", "pykube-scheduler", "pykubelet", "pykube-proxy", "pykubectl"):
        code, text = machine.run(component, *(("get", "pods") if component == "pykubectl" else ()), flag)
        assert code != 0, component
        assert re.search(r"No such option|unknown flag", text), text


async def test_everybody_else_works_though_the_store_is_out_of_their_sight(machine: Machine) -> None:
    """The database lies in a file system that only the API server's process has mounted."""
    folder = machine.folder / "hidden"
    folder.mkdir()
    hide = 'mount -t tmpfs none "$0" && exec "$@"'
    server = ("pykube-apiserver", f"--storage=sqlite://{folder}/store.db")
    machine.background("apiserver", "unshare", "--mount", "sh", "-c", hide, str(folder), *server)
    await eventually(lambda: machine.run("curl", "-s", f"{SERVER}/readyz") == (0, "ok"), timeout_s=30)
    await everything_else(machine)
    assert not list(folder.iterdir())


async def everything_else(machine: Machine) -> tuple[str, ...]:
    """Start all other components and give them something to do; returns their names once it is done."""
    for name, argv in CLIENTS.items():
        machine.background(name, *argv)
    node.a_way_to_the_cluster(machine)
    flags = (f"--kubeconfig={machine.folder}/.kube/config",)
    machine.background("kubelet", *machine.kubelet(*flags, runtime="simulated"))
    machine.ctl("create", "deployment", "web", "--image=nginx")
    machine.ctl("expose", "deployment", "web", "--port=80")
    await eventually(lambda: machine.value("sa", ".items[*].metadata.name") == "default", timeout_s=20)
    machine.ctl("patch", "sa", "default", "-p", '{"automountServiceAccountToken": false}')
    await eventually(lambda: machine.value("deployment web", ".status.readyReplicas") == "1", timeout_s=60)
    await eventually(lambda: "default/web" in machine.run("iptables-save")[1], timeout_s=20)
    return *CLIENTS, "kubelet"


def files_of(pid: int) -> list[Path]:
    return [target for target in map(_target, Path(f"/proc/{pid}/fd").iterdir()) if target.is_absolute()]


def ports_connected_to(pid: int) -> set[int]:
    """Remote TCP ports of a process's own sockets."""
    targets = (str(_target(link)) for link in Path(f"/proc/{pid}/fd").iterdir())
    inodes = {target[8:-1] for target in targets if target.startswith("socket:[")}
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[9] in inodes:
                ports.add(int(columns[2].rpartition(":")[2], 16))
    return ports


def _target(link: Path) -> Path:
    try:
        return link.readlink()
    except FileNotFoundError:
        return Path("closed meanwhile")
