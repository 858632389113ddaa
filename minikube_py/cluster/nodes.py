"""Nodes that come and go while the cluster runs: here, in a network namespace of their own, or on another host.

A node that goes is emptied first: no new pods, then an end for those that it has, so that controllers make them anew
elsewhere; then its components, its network, its files and its Node object go. Killed halfway, `rm` goes on from there.

Kubernetes: kubeadm join and reset, kubectl drain; minikube node add and delete
Simplified: who joins from another host gets keys that were made here, instead of asking for them with a token.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from dataclasses import dataclass, replace

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.status import NotFound
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import load_kubeconfig
from minikube_py.cluster.components import components
from minikube_py.cluster.config import MAX_NODES, ONE_DOCKER, ClusterConfig, ClusterNode, later_name, read_config
from minikube_py.cluster.joining import join_command
from minikube_py.cluster.lifecycle import bring_up, only_one
from minikube_py.cluster.material import enter_context, make_material
from minikube_py.cluster.node_network import NodeNetwork
from minikube_py.cluster.processes import ProcessTable
from minikube_py.cluster.progress import Progress
from minikube_py.cluster.teardown import remove_pods_of, unmount_below
from minikube_py.errors import ConfigError

_GONE_S = 60.0
_POLL_S = 0.2
_AT_ONCE = DeleteOptions(grace_period_seconds=0)


@dataclass(frozen=True, slots=True)
class Added:
    node: ClusterNode
    command: str = ""
    """What to run on the other host."""


def add(config: ClusterConfig, name: str, progress: Progress) -> Added:
    """Start another node on this machine, and wait until it is Ready. Raises: MinikubeError."""
    if config.runtime == "docker":
        raise ConfigError(ONE_DOCKER)
    with only_one(config):
        config = _running(config)
        node = replace(_new_node(config, name), came_later=True)
        has_network = config.has_node_network or config.runtime == "oci"
        bring_up(replace(config, nodes=(*config.nodes, node), has_node_network=has_network), progress)
    return Added(node)


def add_elsewhere(config: ClusterConfig, name: str, server: str) -> Added:
    """Make the keys of a node on another host, which finds the API server at the address `server`.

    Raises: MinikubeError.
    """
    if config.runtime == "simulated":
        raise ConfigError("with simulated pods the API server listens on 127.0.0.1 alone, where no other host comes")
    with only_one(config):
        config = _running(config)
        known = config.node_named(name)
        node = (
            known if known is not None and known.is_elsewhere else replace(_new_node(config, name), is_elsewhere=True)
        )
        if node is not known:
            config = replace(config, nodes=(*config.nodes, node))
            config.save()
        make_material(config)
        return Added(node, join_command(config, node, server))


def _running(config: ClusterConfig) -> ClusterConfig:
    """The cluster as it is by now. Raises: ConfigError when it does not run."""
    if not any(identity.is_alive() for identity in ProcessTable(config.folder).read().values()):
        raise ConfigError(f'cluster "{config.name}" does not run; first: minikube-py start --name {config.name}')
    return read_config(config.folder)


def _new_node(config: ClusterConfig, name: str) -> ClusterNode:
    """With the smallest number that is free. Raises: ConfigError for a name that is taken."""
    taken = {node.number for node in config.nodes}
    number = next((number for number in range(2, MAX_NODES + 1) if number not in taken), 0)
    if not number:
        raise ConfigError(f'cluster "{config.name}" has {MAX_NODES} nodes, and there is no range of pod addresses left')
    node = ClusterNode(name or later_name(config.name, number), number)
    if config.node_named(node.name) is not None or asyncio.run(_is_registered(config, node.name)):
        raise ConfigError(f'cluster "{config.name}" has a node "{node.name}" already; choose another name')
    return node


def remove(config: ClusterConfig, name: str, progress: Progress) -> ClusterNode:
    """Empty a node and take it away. Raises: MinikubeError."""
    with only_one(config):
        config = _running(config)
        node = _removable(config, name)
        with progress.step(f"Emptying {node.name}"):
            asyncio.run(_empty(config, node))
        if not node.is_elsewhere:
            with progress.step("Removing its components, pods and links"):
                _take_away(config, node)
        with progress.step("Removing the node and its keys"):
            asyncio.run(_forget(config, node))
            _remove_files(config, node)
            config = replace(config, nodes=tuple(other for other in config.nodes if other != node))
            config.save()
            enter_context(config)
    return node


def _removable(config: ClusterConfig, name: str) -> ClusterNode:
    node = config.node_named(name)
    if node is None:
        known = ", ".join(node.name for node in config.nodes[1:]) or f"none but {config.name}, this machine itself"
        raise ConfigError(f'cluster "{config.name}" has no node "{name}" that could be removed; there is {known}')
    if node.number == 1:
        raise ConfigError(
            f'"{name}" is this machine itself, where the control plane runs; '
            f"minikube-py delete --name {config.name} removes the whole cluster"
        )
    return node


def _take_away(config: ClusterConfig, node: ClusterNode) -> None:
    table = ProcessTable(config.folder)
    table.adopt(components(config))
    mine = (component for component in components(config) if component.name in (node.kubelet, node.proxy))
    table.stop(reversed([component.process_name for component in mine]))
    if config.runtime == "oci":
        remove_pods_of(config, node)
        asyncio.run(NodeNetwork(config).disconnect(node))
        unmount_below(config.folder / "nodes" / node.name)


def _remove_files(config: ClusterConfig, node: ClusterNode) -> None:
    shutil.rmtree(config.folder / "nodes" / node.name, ignore_errors=True)
    table = ProcessTable(config.folder)
    for component in (node.kubelet, node.proxy):
        config.kubeconfig_of(component).unlink(missing_ok=True)
        table.log_path(component).unlink(missing_ok=True)
        table.log_path(f"minikube-py-{component}").unlink(missing_ok=True)
        for file in (config.folder / "pki").glob(f"{component}[.-]*"):
            if file.stem in (component, f"{component}-server"):
                file.unlink()


def _client(config: ClusterConfig) -> Client:
    return Client.connect(load_kubeconfig(str(config.kubeconfig_of("admin"))).client_config())


async def _is_registered(config: ClusterConfig, name: str) -> bool:
    async with _client(config) as client:
        return bool((await client.list(Node, field_selector=f"metadata.name={name}")).items)


async def _empty(config: ClusterConfig, node: ClusterNode) -> None:
    """Close the node and end its pods; those that do not end in time are forgotten, as their node will be."""
    async with _client(config) as client:
        with contextlib.suppress(NotFound):
            await client.patch(Node, node.name, {"spec": {"unschedulable": True}})
        await _delete_pods(client, node.name, None)
        deadline = time.monotonic() + (_GONE_S if await _is_ready(client, node.name) else 0.0)
        while await _pods(client, node.name):
            if time.monotonic() > deadline:
                await _delete_pods(client, node.name, _AT_ONCE)
                return
            await asyncio.sleep(_POLL_S)


async def _is_ready(client: Client, name: str) -> bool:
    """Whether its kubelet would end pods."""
    (found,) = (await client.list(Node, field_selector=f"metadata.name={name}")).items or (None,)
    return found is not None and any(each.type == "Ready" and each.status == "True" for each in found.status.conditions)


async def _pods(client: Client, node: str) -> tuple[Pod, ...]:
    """Those that the API server ends; a mirror pod comes back as long as its file is there."""
    found = (await client.list(Pod, field_selector=f"spec.nodeName={node}")).items
    return tuple(pod for pod in found if "kubernetes.io/config.mirror" not in pod.metadata.annotations)


async def _delete_pods(client: Client, node: str, options: DeleteOptions | None) -> None:
    for pod in await _pods(client, node):
        with contextlib.suppress(NotFound):
            await client.delete(Pod, pod.metadata.name, namespace=pod.metadata.namespace, options=options)


async def _forget(config: ClusterConfig, node: ClusterNode) -> None:
    async with _client(config) as client:
        with contextlib.suppress(NotFound):
            await client.delete(Node, node.name)
