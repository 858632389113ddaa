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
from minikube_py.cluster.config import ClusterConfig, read_config
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
    for index in range(config.nodes):
        _remove_node(config, index)
    if config.has_node_network:
        asyncio.run(NodeNetwork(config).tear_down())
    _unmount_below(config.folder)


def _remove_node(config: ClusterConfig, index: int) -> None:
    netns = node_netns(config, index)
    if not netns:
        asyncio.run(remove_node(config, index))
    elif Path(netns).exists():
        argv = (sys.executable, "-m", "minikube_py.cluster.teardown", str(config.folder), str(index))
        done = subprocess.run(inside(netns, argv), check=False, capture_output=True, text=True)
        if done.returncode:
            raise MinikubeError(f"{config.node_names[index]} cannot be removed: {done.stderr.strip()}")


async def remove_node(config: ClusterConfig, index: int) -> None:
    """Take away a node's pods and network; to be run in the node's network namespace. Raises: MinikubeError."""
    found = await make_node_runtime(kubelet_settings(config, index), config.node_names[index])
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


def _unmount_below(folder: Path) -> None:
    """Volumes in memory, and whatever else is still mounted below a folder; the innermost first."""
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for path in sorted((p for p in mounted if p.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", path], check=False, capture_output=True)


if __name__ == "__main__":
    run_process("minikube-py", lambda: remove_node(read_config(Path(sys.argv[1])), int(sys.argv[2])), verbosity=0)
