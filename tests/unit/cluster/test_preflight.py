"""What keeps a cluster from starting beside another."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from minikube_py.cluster.config import ClusterConfig
from minikube_py.cluster.preflight import check_can_start
from minikube_py.cluster.processes import ProcessIdentity
from minikube_py.errors import ConfigError
from tests.support.processes import free_port


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterConfig:
    """A cluster that runs: its process is this one."""
    monkeypatch.setenv("MINIKUBE_PY_HOME", str(tmp_path))
    config = ClusterConfig("first", tmp_path / "first")
    config.save()
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    table = {"minikube-py": asdict(ProcessIdentity(os.getpid(), ticks))}
    (config.folder / "processes.json").write_text(json.dumps(table))
    return config


def test_two_clusters_with_real_pods_are_refused_by_name(running: ClusterConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'cluster "first" has its pods on this machine.*delete --name first'):
        check_can_start(ClusterConfig("second", tmp_path / "second", api_port=free_port()))


def test_simulated_pods_are_in_nobodys_way(running: ClusterConfig, tmp_path: Path) -> None:
    check_can_start(ClusterConfig("second", tmp_path / "second", runtime="simulated", api_port=free_port()))


def test_a_damaged_neighbour_does_not_matter(running: ClusterConfig, tmp_path: Path) -> None:
    (running.folder / "cluster.json").write_text("{")
    check_can_start(ClusterConfig("second", tmp_path / "second", api_port=free_port()))
