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
from minikube_py.cluster.config import ClusterConfig, ClusterNode, RuntimeName, Store, first_nodes, load_config
from minikube_py.cluster.settings import apiserver_settings, kubelet_settings, proxy_settings
from minikube_py.kubelet.__main__ import main as kubelet
from minikube_py.proxy.__main__ import main as proxy

CLUSTER = ClusterConfig("c", Path("/data/c"), nodes=first_nodes("c", 1), processes=True)


def of_nodes(count: int, **changes: Any) -> ClusterConfig:
    return replace(CLUSTER, nodes=first_nodes("c", count), has_node_network=count > 1, **changes)


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
    config = of_nodes(nodes, store=store)
    said, settings = flags(apiserver, config, "apiserver"), apiserver_settings(config)
    agree(said, settings, ("etcd_servers",))
    assert said["etcd_servers"] == ",".join(settings.etcd_servers)


@pytest.mark.parametrize("runtime", ["oci", "docker", "simulated"])
def test_the_kubelet_is_told_the_same_either_way(runtime: RuntimeName) -> None:
    config = of_nodes(2, runtime=runtime)
    for node in config.nodes:
        different = ("register_with_taints", "node_labels")
        agree(flags(kubelet, config, node.kubelet), kubelet_settings(config, node), different)


def test_the_proxy_is_told_the_same_either_way() -> None:
    config = of_nodes(2)
    for node in config.nodes:
        said = flags(proxy, config, node.proxy)
        settings = proxy_settings(config, node)
        agree({**said, "mode": said["proxy_mode"], "node_name": said["hostname_override"]}, settings)


def test_without_processes_all_but_etcd_shares_one() -> None:
    found = components(replace(CLUSTER, processes=False, store="etcd"))
    assert {component.process_name for component in found} == {"etcd", "minikube-py"}
    shared = [component for component in found if component.process == "minikube-py"]
    assert {component.argv for component in shared} == {shared[0].argv}
    assert list(shared[0].argv[4:]) == [component.name for component in shared]
    assert set(shared[0].argv[4:]) <= set(jobs(CLUSTER))


def test_a_second_node_has_a_namespace_and_a_process_of_its_own() -> None:
    found = {c.name: c for c in components(of_nodes(2, processes=False))}
    assert found["kubelet"].netns == ""
    assert found["kubelet-2"].netns == found["proxy-2"].netns == "/data/c/netns/c-m02"
    assert found["kubelet-2"].process_name == found["proxy-2"].process_name == "minikube-py-kubelet-2"
    assert found["kubelet-2"].argv[4:] == ("kubelet-2", "proxy-2")


def test_simulated_nodes_share_the_one_process() -> None:
    found = components(replace(CLUSTER, nodes=first_nodes("c", 3), processes=False, runtime="simulated"))
    assert {(component.process_name, component.netns) for component in found} == {("minikube-py", "")}


def test_a_node_that_came_later_has_a_process_of_its_own_for_the_shared_one_runs_already() -> None:
    nodes = (*CLUSTER.nodes, ClusterNode("late", 4, came_later=True), ClusterNode("far", 5, is_elsewhere=True))
    found = components(replace(CLUSTER, nodes=nodes, processes=False, runtime="simulated"))
    assert {c.name: c.process_name for c in found if c.name.startswith("kubelet")} == {
        "kubelet": "minikube-py",
        "kubelet-4": "minikube-py-kubelet-4",
    }


def test_with_processes_each_component_has_its_own() -> None:
    found = components(CLUSTER)
    assert len({component.process_name for component in found}) == len(found)
    assert [c.name for c in found] == [c.name for c in components(replace(CLUSTER, processes=False))]


def test_a_cluster_of_before_the_choice_still_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIKUBE_PY_HOME", str(tmp_path))
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "cluster.json").write_text(f'{{"name": "old", "folder": "{tmp_path}/old"}}')
    assert load_config("old") == ClusterConfig("old", tmp_path / "old", nodes=first_nodes("old", 1))
    assert load_config("none") is None
