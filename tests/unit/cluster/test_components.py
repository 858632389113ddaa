"""Which components a cluster has and where they run; flags and settings say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from minikube_py.apiserver.__main__ import main as apiserver
from minikube_py.cluster.all_in_one import jobs
from minikube_py.cluster.components import components
from minikube_py.cluster.config import ClusterConfig, RuntimeName, Store, load_config
from minikube_py.cluster.settings import apiserver_settings, kubelet_settings, proxy_settings
from minikube_py.kubelet.__main__ import main as kubelet
from minikube_py.proxy.__main__ import main as proxy

CLUSTER = ClusterConfig("c", Path("/data/c"), processes=True)


def flags(command: click.Command, config: ClusterConfig, name: str) -> dict[str, Any]:
    """What a component's command line says, by the program's own reading."""
    (argv,) = (component.argv for component in components(config) if component.name == name)
    return command.make_context(name, list(argv[3:])).params


def agree(said: dict[str, Any], settings: object, different: tuple[str, ...] = ()) -> None:
    fields = {key: value for key, value in said.items() if hasattr(settings, key) and key not in different}
    assert fields == {key: getattr(settings, key) for key in fields}
    assert len(fields) >= 3


@pytest.mark.parametrize(("store", "nodes"), [("sqlite", 1), ("etcd", 1), ("sqlite", 2)])
def test_the_api_server_is_told_the_same_either_way(store: Store, nodes: int) -> None:
    config = replace(CLUSTER, store=store, nodes=nodes)
    said, settings = flags(apiserver, config, "apiserver"), apiserver_settings(config)
    agree(said, settings, ("etcd_servers",))
    assert said["etcd_servers"] == ",".join(settings.etcd_servers)


@pytest.mark.parametrize("runtime", ["oci", "docker", "simulated"])
def test_the_kubelet_is_told_the_same_either_way(runtime: RuntimeName) -> None:
    config = replace(CLUSTER, runtime=runtime, nodes=2)
    for index, name in enumerate(config.kubelet_names):
        different = ("register_with_taints", "node_labels")
        agree(flags(kubelet, config, name), kubelet_settings(config, index), different)


def test_the_proxy_is_told_the_same_either_way() -> None:
    config = replace(CLUSTER, nodes=2)
    for index, name in enumerate(config.proxy_names):
        said = flags(proxy, config, name)
        settings = proxy_settings(config, index)
        agree({**said, "mode": said["proxy_mode"], "node_name": said["hostname_override"]}, settings)


def test_without_processes_all_but_etcd_shares_one() -> None:
    found = components(replace(CLUSTER, processes=False, store="etcd"))
    assert {component.process_name for component in found} == {"etcd", "minikube-py"}
    shared = [component for component in found if component.process == "minikube-py"]
    assert {component.argv for component in shared} == {shared[0].argv}
    assert list(shared[0].argv[4:]) == [component.name for component in shared]
    assert set(shared[0].argv[4:]) <= set(jobs(CLUSTER))


def test_a_second_node_has_a_namespace_and_a_process_of_its_own() -> None:
    found = {c.name: c for c in components(replace(CLUSTER, processes=False, nodes=2))}
    assert found["kubelet"].netns == ""
    assert found["kubelet-2"].netns == found["proxy-2"].netns == "/data/c/netns/c-m02"
    assert found["kubelet-2"].process_name == found["proxy-2"].process_name == "minikube-py-kubelet-2"
    assert found["kubelet-2"].argv[4:] == ("kubelet-2", "proxy-2")


def test_simulated_nodes_share_the_one_process() -> None:
    found = components(replace(CLUSTER, processes=False, nodes=3, runtime="simulated"))
    assert {(component.process_name, component.netns) for component in found} == {("minikube-py", "")}


def test_with_processes_each_component_has_its_own() -> None:
    found = components(CLUSTER)
    assert len({component.process_name for component in found}) == len(found)
    assert [c.name for c in found] == [c.name for c in components(replace(CLUSTER, processes=False))]


def test_a_cluster_of_before_the_choice_still_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIKUBE_PY_HOME", str(tmp_path))
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "cluster.json").write_text(f'{{"name": "old", "folder": "{tmp_path}/old"}}')
    assert load_config("old") == ClusterConfig("old", tmp_path / "old")
    assert load_config("none") is None
