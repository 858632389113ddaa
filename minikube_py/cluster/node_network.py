"""The network between the nodes of one machine: each node but the first lives in a network namespace of its own.

    pod 10.244.0.5 - bridge - node 1 = this machine - node bridge 10.245.0.1 - veth - node m02 10.245.0.2 - bridge - pod

A node's kubelet and proxy are started inside its namespace, so links, routes and iptables rules there are its own, and
it all ends with the namespace. To the node bridge a node is what a pod is to a node's bridge; only the routes to the
nodes' pods are new. The API server listens on the bridge's address, the one that all nodes reach.

Kubernetes: the cloud's network, and the route controller that puts each node's pod CIDR into it
Simplified: all nodes share the machine's kernel, files and image programs; packets between two nodes pass the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from pathlib import Path

from minikube_py.cluster.components import node_bridge_name, node_netns
from minikube_py.cluster.config import ALL_CIDR, NODE_CIDR, ClusterConfig, ClusterNode
from minikube_py.network.bridge import BridgeConfig, BridgeNetwork
from minikube_py.network.commands import ip_batch, run
from minikube_py.network.interface import CommandFailed


class NodeNetwork:
    """Made before the components start, taken away after the last of them has ended."""

    def __init__(self, config: ClusterConfig) -> None:
        self._config = config
        folder = config.folder / "node-network"
        earlier = config.folder / "nodes" / config.name / "network"
        bridge = BridgeConfig(node_bridge_name(config), NODE_CIDR, ALL_CIDR, folder, earlier=earlier)
        self._bridge = BridgeNetwork(bridge)

    async def set_up(self) -> None:
        """Make what is missing; what is there stays. Raises: NetworkFault."""
        await self._bridge.set_up()
        for node, netns in self._apart():
            await _make_netns(netns)
            (address,) = await self._bridge.attach(node.name, netns)
            await ip_batch(["link set lo up"], netns)
            await ip_batch([f"route replace {node.pod_cidr} via {address}"])

    async def tear_down(self) -> None:
        """Take away the links, with them the routes, the rules and the namespaces."""
        await self._bridge.tear_down()
        for _, netns in self._apart():
            await _forget_netns(netns)

    async def disconnect(self, node: ClusterNode) -> None:
        """Take away what one node has of it."""
        netns = Path(node_netns(self._config, node))
        with contextlib.suppress(CommandFailed):
            await ip_batch([f"route delete {node.pod_cidr}"])
        await self._bridge.detach(node.name, netns)
        await _forget_netns(netns)

    def _apart(self) -> list[tuple[ClusterNode, Path]]:
        """The nodes that have network namespaces of their own."""
        found = [(node, node_netns(self._config, node)) for node in self._config.local_nodes]
        return [(node, Path(netns)) for node, netns in found if netns]


async def _make_netns(path: Path) -> None:
    # Not `ip netns add`: that one mounts a folder of its own, which would stay behind.
    if await asyncio.to_thread(_is_bound, path):
        return
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    await asyncio.to_thread(path.touch)
    await run(("unshare", f"--net={path}", "true"))


async def _forget_netns(path: Path) -> None:
    await asyncio.to_thread(subprocess.run, ["umount", str(path)], check=False, capture_output=True)
    await asyncio.to_thread(path.unlink, missing_ok=True)


def _is_bound(path: Path) -> bool:
    return any(line.split()[4] == str(path) for line in Path("/proc/self/mountinfo").read_text().splitlines())
