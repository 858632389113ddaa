"""The notes' three commands on a whole cluster with real containers, by both CLIs; afterwards nothing is left."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.e2e.conftest import Shell
from tests.support.eventually import eventually
from tests.support.processes import free_port


def machine() -> dict[str, str]:
    """What a cluster could leave behind outside its folder."""
    tables = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
    rules = [re.sub(r"\[\d+:\d+\]", "", line) for line in tables.splitlines() if not line.startswith("#")]
    links = sorted(name for _, name in socket.if_nameindex())
    routes = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True).stdout
    mounts = sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    named, drafts = Path("/run/netns"), Path(tempfile.gettempdir()).glob("minikube-py*")
    return {
        "rules": "\n".join(rules),
        "links": str(links),
        "routes": routes,
        "mounts": str(mounts),
        "processes": str(_processes()),
        "network namespaces": str(sorted(path.name for path in named.iterdir()) if named.exists() else []),
        "forwarding": Path("/proc/sys/net/ipv4/ip_forward").read_text(),
        "files": str(sorted(drafts)),
    }


def deserted_cgroups(node: str) -> list[Path]:
    """Folders of a node's pods in which nothing runs, not even another machine's pods of the same name."""
    found = []
    for folder in {*Path("/sys/fs/cgroup").glob(node), *Path("/sys/fs/cgroup").glob(f"*/{node}")}:
        procs = [path.read_text() for path in folder.rglob("cgroup.procs")]
        found += [folder] * (not any(procs))
    return found


def _processes() -> list[str]:
    """Components, and what keeps containers."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_text(errors="replace").split("\0")
            if words[0].endswith(("conmon", "runc", "nginx")) or any("minikube_py." in word for word in words):
                found.append(f"{entry.parent.name} {' '.join(words)}")
    return sorted(found)


@pytest.mark.oci
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kubectl", ["kubectl", "pykubectl"])
async def test_three_commands_give_a_page_and_delete_leaves_nothing(shell: Shell, kubectl: str) -> None:
    before = machine()
    shell.run("minikube-py", "start", "--name", "e2e", f"--port={free_port()}")
    shell.run(kubectl, "create", "deployment", "web", "--image=nginx")
    shell.run(kubectl, "scale", "deployment", "web", "--replicas=3")
    shell.run(kubectl, "expose", "deployment", "web", "--port=80")

    def three_are_ready() -> bool:
        return shell.run(kubectl, "get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}") == "3"

    await eventually(three_are_ready, timeout_s=120)
    address = shell.run(kubectl, "get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")

    def every_pod_has_answered() -> bool:
        answers = [shell.run("curl", "-si", "--max-time", "2", f"http://{address}/", check=False) for _ in range(12)]
        assert any("Welcome to nginx!" in answer for answer in answers)
        return len({line for a in answers for line in a.splitlines() if line.startswith("Pod: ")}) == 3

    await eventually(every_pod_has_answered, timeout_s=60)
    assert "healthy" in shell.run("minikube-py", "status", "--name", "e2e")
    shell.run("minikube-py", "delete", "--name", "e2e")
    assert machine() == before
    assert deserted_cgroups("e2e-e2e") == []
