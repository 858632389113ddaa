"""What the doctor says, and that every complaint comes with its fix."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from minikube_py.cluster.config import ClusterConfig
from minikube_py.cluster.doctor import describe, examine, missing_packages
from tests.support.processes import free_port


def test_every_finding_that_can_be_bad_has_a_fix() -> None:
    assert [finding.what for finding in examine() if not finding.fix and not finding.what.startswith("clusters")] == []


def test_missing_programs_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minikube_py.cluster.doctor.shutil.which", lambda program, path: None)
    assert {"runc", "iproute2", "util-linux"} <= set(missing_packages())
    bad = {finding.what: finding for finding in examine() if not finding.is_fine}
    assert bad["skopeo is installed"].fix == "apt-get install -y skopeo"
    assert not bad["etcd is installed"].is_needed


def test_port_that_somebody_listens_on_is_told() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        (finding,) = [finding for finding in examine(port) if finding.what == f"port {port} is taken"]
    assert (finding.is_fine, f":{port}" in finding.fix) == (False, True)


def test_only_what_is_started_is_announced() -> None:
    assert ", no proxy, " in describe(ClusterConfig("c", Path("/data/c"), runtime="simulated"))
    assert ", iptables proxy, " in describe(ClusterConfig("c", Path("/data/c"), runtime="oci"))
