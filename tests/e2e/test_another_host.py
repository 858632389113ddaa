"""A node on another host: two machines that share the kernel and nothing else, and what `node add` prints, typed there.

They are the machines of a lab: network, processes, mounts, names, /tmp, /run, /etc and /var of each are its own.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikube_py.cluster.lab.lab import Lab, Needs
from minikube_py.cluster.lab.lab_folder import find_lab
from minikube_py.cluster.lab.machine import Machine
from minikube_py.cluster.lab.world import World
from tests.support.eventually import eventually
from tests.support.kubectls import BIN, program
from tests.support.processes import require_binary


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Machine, Machine]]:
    if os.geteuid() != 0:
        pytest.skip("machines made of namespaces need root")
    for needed in ("runc", "conmon", "skopeo", "umoci"):
        require_binary(needed, needed)
    monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}:/usr/sbin:/sbin")
    monkeypatch.setenv("MINIKUBE_PY_KUBECTL", str(program("kubectl")))
    # Not tmp_path: sockets are far below, and a socket's path has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="hosts-") as folder:
        world = World(Path(folder) / "world", ("node1", "node2"))
        try:
            world.build(_with_nginx(find_lab("07")), Path(folder) / "images")
            yield world.machines["node1"], world.machines["node2"]
        finally:
            world.remove()


def _with_nginx(lab: Lab) -> Lab:
    return lab.model_copy(update={"needs": Needs(images=("nginx",))})


def said(host: Machine, command: str) -> str:
    done = host.run(command, timeout_s=180)
    assert done.exit == 0, f"{command}: {done.output}"
    return done.output


@pytest.mark.oci
@pytest.mark.timeout(400)
async def test_what_is_printed_makes_another_host_a_node(hosts: tuple[Machine, Machine]) -> None:
    here, there = hosts
    said(here, "minikube-py start")
    printed = said(here, "minikube-py node add far --on-another-host 2>&1")
    (there.folder / "home" / "join.sh").write_text(printed)
    said(there, "nohup setsid bash join.sh >join.log 2>&1 </dev/null &")

    def is_ready() -> bool:
        log = (there.folder / "home" / "join.log").read_text()
        assert here.run("kubectl wait node/far --for=condition=Ready --timeout=5s").exit == 0, log
        return True

    await eventually(is_ready, timeout_s=60)
    said(here, """kubectl run web --image=nginx --port=80 --overrides='{"spec":{"nodeName":"far"}}'""")
    said(here, "kubectl wait pod/web --for=condition=Ready --timeout=60s")
    # The API server asks the kubelet there, each knows the other by its keys.
    assert said(here, "kubectl exec web -- hostname") == "web\n"
    route = re.search("ip route add .*", printed)
    assert route is not None
    said(here, route[0].replace("ITS-ADDRESS", "192.168.50.12"))
    said(here, "kubectl expose pod web")
    for wanted in ("pod web -o jsonpath={.status.podIP}", "service web -o jsonpath={.spec.clusterIP}"):
        page = f"curl -s --retry 20 --retry-all-errors --retry-delay 1 --max-time 2 http://$(kubectl get {wanted})/"
        assert "Welcome to nginx!" in said(here, page)
    said(here, "kubectl delete pod web --wait=false")
    assert 'node "far" removed; end its kubelet there as well' in said(here, "minikube-py node rm far")
    said(there, "pkill pykubelet")
    assert "far" not in said(here, "kubectl get nodes")
    said(here, "minikube-py delete")
