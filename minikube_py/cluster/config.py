"""ClusterConfig: what a cluster consists of, decided once at `start` and kept in its folder.

Kubernetes: kind's cluster configuration, minikube's profiles
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from minikube_py.errors import ConfigError

Store = Literal["sqlite", "etcd"]
RuntimeName = Literal["oci", "docker", "simulated"]

POD_CIDR = "10.244.0.0/16"
NODE_CIDR = "10.245.0.0/24"
"""Of the nodes that live in namespaces of their own."""
NODE_GATEWAY = "10.245.0.1"
"""Its first address, this machine's."""
ALL_CIDR = "10.244.0.0/15"
"""Both of these: what is not translated on its way between nodes."""
SERVICE_CIDR = "10.96.0.0/16"

MAX_NODES = 250
ONE_DOCKER = (
    "Docker runs one node here, as a second engine would give pods the addresses of the first (see lab 07); "
    "several nodes have --container-runtime=oci or simulated"
)


@dataclass(frozen=True, slots=True)
class ClusterNode:
    """A node as the cluster knows it. Its components' names and its pods' addresses follow from its number."""

    name: str
    number: int = 1
    """No other node's; 1 is this machine itself."""
    came_later: bool = False
    """Its components have a process of their own even where others share one, which runs already."""
    is_elsewhere: bool = False
    """On another host, where somebody else starts its kubelet."""

    @property
    def kubelet(self) -> str:
        return self._component("kubelet")

    @property
    def proxy(self) -> str:
        return self._component("proxy")

    def _component(self, name: str) -> str:
        return name if self.number == 1 else f"{name}-{self.number}"

    @property
    def pod_cidr(self) -> str:
        return POD_CIDR.replace(".0.0/16", f".{self.number - 1}.0/24")


def first_nodes(cluster: str, count: int) -> tuple[ClusterNode, ...]:
    """The nodes that a cluster is made with."""
    later = (ClusterNode(later_name(cluster, number), number) for number in range(2, count + 1))
    return (ClusterNode(cluster), *later)


def later_name(cluster: str, number: int) -> str:
    """What a node is called that nobody gave a name."""
    return f"{cluster}-m{number:02}"


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    name: str
    folder: Path
    store: Store = "sqlite"
    runtime: RuntimeName = "oci"
    proxy_mode: str = "iptables"
    api_port: int = 6443
    etcd_port: int = 2379
    nodes: tuple[ClusterNode, ...] = ()
    processes: bool = False
    """One process a component, instead of all of them in one."""
    has_node_network: bool = False
    """Whether nodes are, or once were, in network namespaces of their own: components go on using its addresses."""

    @property
    def api_address(self) -> str:
        """Where nodes and users find the API server."""
        return NODE_GATEWAY if self.has_node_network else "127.0.0.1"

    @property
    def bind_address(self) -> str:
        """Where the API server listens: everywhere, since pods come from elsewhere; simulated ones do not come."""
        return "127.0.0.1" if self.runtime == "simulated" else "0.0.0.0"

    @property
    def server(self) -> str:
        return f"https://{self.api_address}:{self.api_port}"

    def kubeconfig_of(self, component: str) -> Path:
        """The kubeconfig with which a component, or the admin, says who it is."""
        return self.folder / "kubeconfig" if component == "admin" else self.folder / "kubeconfigs" / component

    @property
    def local_nodes(self) -> tuple[ClusterNode, ...]:
        """Those whose components run on this machine."""
        return tuple(node for node in self.nodes if not node.is_elsewhere)

    @property
    def has_proxies(self) -> bool:
        """Simulated pods have no packets to carry."""
        return self.runtime != "simulated"

    def node_named(self, name: str) -> ClusterNode | None:
        return next((node for node in self.nodes if node.name == name), None)

    def save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        document = {**asdict(self), "folder": str(self.folder)}
        draft = self.folder / "cluster.json.new"
        draft.write_text(json.dumps(document, indent=2) + "\n")
        draft.replace(self.folder / "cluster.json")


def clusters_folder() -> Path:
    """Where clusters live: MINIKUBE_PY_HOME, else /var/lib/minikube-py for root, else below the user's home."""
    asked = os.environ.get("MINIKUBE_PY_HOME")
    if asked:
        return Path(asked)
    return Path("/var/lib/minikube-py") if os.geteuid() == 0 else Path.home() / ".local/share/minikube-py"


def forget_clusters_folder() -> None:
    """Remove the folder where clusters live once it is empty; a folder that the user chose is the user's."""
    if "MINIKUBE_PY_HOME" not in os.environ:
        with contextlib.suppress(OSError):
            clusters_folder().rmdir()


def load_config(name: str) -> ClusterConfig | None:
    """The cluster of that name as it was started; None when there is none. Raises: ConfigError."""
    folder = clusters_folder() / name
    return read_config(folder) if (folder / "cluster.json").exists() else None


def other_clusters(config: ClusterConfig) -> list[ClusterConfig]:
    """Those beside this one that can be read."""
    found = []
    for path in sorted(clusters_folder().glob("*/cluster.json")):
        with contextlib.suppress(ConfigError):
            found.append(read_config(path.parent))
    return [other for other in found if other.name != config.name]


def config_to_delete(name: str) -> ClusterConfig | None:
    """The cluster of that name; the likeliest one where a killed `start` left half a folder, or a file is damaged."""
    folder = clusters_folder() / name
    try:
        found = load_config(name)
    except ConfigError:
        found = None
    return found or (ClusterConfig(name, folder, nodes=first_nodes(name, 1)) if folder.is_dir() else None)


def read_config(folder: Path) -> ClusterConfig:
    """The cluster in a folder. Raises: ConfigError."""
    path = folder / "cluster.json"
    try:
        document = json.loads(path.read_text())
        return ClusterConfig(**{**document, "folder": Path(document["folder"]), "nodes": _read_nodes(document)})
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"{path} is no cluster configuration of this version ({error}); "
            f"to begin anew: minikube-py delete --name {folder.name}"
        ) from error


def _read_nodes(document: dict[str, Any]) -> tuple[ClusterNode, ...]:
    nodes = document.get("nodes", 1)
    if isinstance(nodes, int):  # a cluster of before nodes could come and go
        return first_nodes(document["name"], nodes)
    return tuple(ClusterNode(**node) for node in nodes)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What `start` was asked for; empty or 0 means: not said, pick by looking."""

    name: str = "minikube-py"
    store: str = ""
    runtime: str = ""
    nodes: int = 0
    api_port: int = 0
    processes: bool = False


def check_kept(config: ClusterConfig, wishes: Wishes) -> None:
    """A cluster stays what it was made as. Raises: ConfigError for wishes that it does not fulfil."""
    said_and_is = {
        "--store": (wishes.store, config.store),
        "--container-runtime": (wishes.runtime, config.runtime),
        "--nodes": (wishes.nodes, len(config.nodes)),
        "--port": (wishes.api_port, config.api_port),
    }
    for flag, (said, kept) in said_and_is.items():
        if said and said != kept:
            raise ConfigError(
                f'cluster "{config.name}" was made with {flag}={kept}; leave {flag} out, '
                f"or begin anew: minikube-py delete --name {config.name}"
            )


def pick(wishes: Wishes) -> ClusterConfig:
    """Fill in what was not said by what the machine has. Raises: ConfigError for wishes that cannot come true."""
    is_root = os.geteuid() == 0
    runtime = wishes.runtime or "oci"
    if runtime == "oci" and not is_root:
        raise ConfigError(
            "containers need root: run this as root, or without containers: "
            "minikube-py start --container-runtime=simulated"
        )
    store, nodes = wishes.store or "sqlite", first_nodes(wishes.name, wishes.nodes or 1)
    if store == "etcd" and shutil.which("etcd") is None:
        raise ConfigError("--store=etcd: there is no etcd here; apt-get install etcd-server")
    if wishes.nodes > 1 and runtime == "docker":
        raise ConfigError(f"--nodes: {ONE_DOCKER}")
    proxy_mode = "iptables" if is_root and shutil.which("iptables-restore") else "userspace"
    return ClusterConfig(
        name=wishes.name,
        folder=clusters_folder() / wishes.name,
        store=store,  # type: ignore[arg-type]  # the command line's choice
        runtime=runtime,  # type: ignore[arg-type]  # the same
        proxy_mode=proxy_mode,
        nodes=nodes,
        has_node_network=runtime == "oci" and len(nodes) > 1,
        api_port=wishes.api_port or 6443,
        processes=wishes.processes,
    )
