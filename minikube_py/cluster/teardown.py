"""Teardown: takes away what a cluster left outside its processes: pods, links, rules and mounts, nothing else.

Each part removes what it made itself, by its own marks; here is only the order.

Kubernetes: kubeadm reset, which leaves the rules and the network to the user
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from minikube_py.cluster.components import inside, node_netns
from minikube_py.cluster.config import ClusterConfig, ClusterNode, read_config
from minikube_py.cluster.node_network import NodeNetwork
from minikube_py.cluster.settings import kubelet_settings
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.node_runtime import make_node_runtime
from minikube_py.runtime.abilities import Destroy
from minikube_py.telemetry.process import run_process


def remove_pods_and_rules(config: ClusterConfig) -> None:
    """Take away everything outside the cluster's folder, and the mounts inside it. Raises: MinikubeError."""
    if config.runtime == "simulated":
        return
    proxy = [sys.executable, "-m", "minikube_py.proxy", "--cleanup", f"--proxy-mode={config.proxy_mode}"]
    subprocess.run(proxy, check=False, capture_output=True)
    for node in config.local_nodes:
        remove_pods_of(config, node)
    if config.has_node_network:
        asyncio.run(NodeNetwork(config).tear_down())
    unmount_below(config.folder)


def remove_pods_of(config: ClusterConfig, node: ClusterNode) -> None:
    """Take away a node's pods and its pod network, from where it lives. Raises: MinikubeError."""
    netns = node_netns(config, node)
    if not netns:
        asyncio.run(_remove(config, node))
    elif Path(netns).exists():
        argv = (sys.executable, "-m", "minikube_py.cluster.teardown", str(config.folder), node.name)
        done = subprocess.run(inside(netns, argv), check=False, capture_output=True, text=True)
        if done.returncode:
            raise MinikubeError(f"{node.name} cannot be removed: {done.stderr.strip()}")


async def _remove(config: ClusterConfig, node: ClusterNode) -> None:
    found = await make_node_runtime(kubelet_settings(config, node), node.name)
    await found.runtime.open()
    try:
        for sandbox in await found.runtime.list_sandboxes():
            await found.runtime.stop_sandbox(sandbox.id)
            await found.runtime.remove_sandbox(sandbox.id)
        if isinstance(found.runtime, Destroy):
            await found.runtime.destroy()
        if found.network is not None:
            await found.network.tear_down()
    finally:
        await found.close()


def unmount_below(folder: Path) -> None:
    """Volumes in memory, and whatever else is still mounted below a folder; the innermost first."""
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for path in sorted((p for p in mounted if p.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", path], check=False, capture_output=True)


if __name__ == "__main__":
    _config = read_config(Path(sys.argv[1]))
    (_node,) = (node for node in _config.nodes if node.name == sys.argv[2])
    run_process("minikube-py", lambda: _remove(_config, _node), verbosity=0)
