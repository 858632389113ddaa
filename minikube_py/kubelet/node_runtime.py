"""Puts the node's runtime and pod network together, as the configuration asks.

Kubernetes: the choice that --container-runtime and --network-plugin made in kubelets before 1.24
"""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from minikube_py.errors import ConfigError
from minikube_py.kubelet.config import KubeletConfig
from minikube_py.network.bridge import BridgeConfig, BridgeNetwork
from minikube_py.network.interface import PodNetwork
from minikube_py.network.simulated import SimulatedNetwork
from minikube_py.runtime.behaviour import ANNOTATION_PREFIX
from minikube_py.runtime.interface import Runtime
from minikube_py.runtime.oci.runtime import OciConfig, OciRuntime
from minikube_py.runtime.simulated import SimulatedRuntime, SimulatedWorld

SIMULATED_POD_CIDR = "10.244.0.0/16"


@dataclass(frozen=True, slots=True)
class NodeRuntime:
    """The two outside worlds of one node; `network` is None where the runtime brings its own."""

    runtime: Runtime
    network: PodNetwork | None

    async def open(self) -> None:
        """Make the network and adopt what runs. Raises: RuntimeUnavailable, NetworkFault."""
        if self.network is not None:
            await self.network.set_up()
        await self.runtime.open()

    async def close(self) -> None:
        """Let go; containers and network stay."""
        await self.runtime.close()


async def make_node_runtime(config: KubeletConfig, node_name: str) -> NodeRuntime:
    """Raises: ConfigError for flags that do not go together."""
    if config.network_plugin == "kubenet" and not config.pod_cidr:
        raise ConfigError("--network-plugin=kubenet needs --pod-cidr, this node's range of pod addresses")
    owner = f"{config.cluster_name}-{node_name}"
    if config.container_runtime == "simulated":
        network: PodNetwork = SimulatedNetwork(config.pod_cidr or SIMULATED_POD_CIDR)
        world = SimulatedWorld(container_scripts=await _scripts(config.container_runtime_endpoint))
        return NodeRuntime(SimulatedRuntime(network, world), network)
    bridge = BridgeNetwork(_bridge_config(config)) if config.network_plugin == "kubenet" else None
    if config.container_runtime == "oci":
        if bridge is None:
            said = "--container-runtime=oci has no network of its own: it needs --network-plugin=kubenet and --pod-cidr"
            raise ConfigError(said)
        folder = config.root_dir / "oci"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        return NodeRuntime(OciRuntime(OciConfig(folder, owner, config.oci_runtime), bridge), bridge)
    return _docker_runtime(config, owner, bridge)


def _docker_runtime(config: KubeletConfig, owner: str, bridge: BridgeNetwork | None) -> NodeRuntime:
    # Not before it is needed: docker's client brings half of all code that a node would read.
    from minikube_py.runtime.docker.runtime import DockerConfig, DockerRuntime

    docker = DockerConfig(cluster=owner, cgroup_root=owner)
    if config.container_runtime_endpoint:
        docker = DockerConfig(cluster=owner, cgroup_root=owner, address=config.container_runtime_endpoint)
    return NodeRuntime(DockerRuntime(docker, bridge), bridge)


async def _scripts(path: str) -> dict[str, str]:
    """How containers live whose pods do not say it: a JSON file with one life for each container name."""
    if not path:
        return {}
    try:
        lives = json.loads(await asyncio.to_thread(Path(path).read_text))
        return {f"{ANNOTATION_PREFIX}{name}": json.dumps(life) for name, life in lives.items()}
    except (OSError, ValueError, AttributeError) as error:
        said = "with --container-runtime=simulated the endpoint is a JSON file with a life for each container name"
        raise ConfigError(f"{said}; {path}: {error}") from error


def _bridge_config(config: KubeletConfig) -> BridgeConfig:
    return BridgeConfig(
        bridge=config.bridge_name,
        pod_cidr=config.pod_cidr,
        cluster_cidr=config.cluster_cidr or config.pod_cidr,
        state_folder=config.root_dir / "network",
        accepts_forwarded=config.accept_forwarded,
    )
