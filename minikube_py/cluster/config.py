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
from typing import Literal

from minikube_py.errors import ConfigError

Store = Literal["sqlite", "etcd"]
RuntimeName = Literal["oci", "docker", "simulated"]

POD_CIDR = "10.244.0.0/16"
NODE_CIDR = "10.245.0.0/24"
"""Of the nodes that live in namespaces of their own; its first address is this machine's."""
ALL_CIDR = "10.244.0.0/15"
"""Both of these: what is not translated on its way between nodes."""
SERVICE_CIDR = "10.96.0.0/16"

MAX_NODES = 250


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    name: str
    folder: Path
    store: Store = "sqlite"
    runtime: RuntimeName = "oci"
    proxy_mode: str = "iptables"
    api_port: int = 6443
    etcd_port: int = 2379
    nodes: int = 1
    processes: bool = False
    """One process a component, instead of all of them in one."""

    @property
    def has_node_network(self) -> bool:
        """Whether there are nodes in network namespaces of their own."""
        return self.nodes > 1 and self.runtime == "oci"

    @property
    def api_address(self) -> str:
        """Where nodes and users find the API server."""
        return "10.245.0.1" if self.has_node_network else "127.0.0.1"

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
    def node_names(self) -> tuple[str, ...]:
        return (self.name, *(f"{self.name}-m{number:02}" for number in range(2, self.nodes + 1)))

    @property
    def kubelet_names(self) -> tuple[str, ...]:
        """The kubelets as components, in the order of the nodes."""
        return self._names_on_nodes("kubelet")

    @property
    def proxy_names(self) -> tuple[str, ...]:
        """The proxies as components, in the order of the nodes; simulated pods have no packets to carry."""
        return () if self.runtime == "simulated" else self._names_on_nodes("proxy")

    def _names_on_nodes(self, name: str) -> tuple[str, ...]:
        return (name, *(f"{name}-{number}" for number in range(2, self.nodes + 1)))

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
    return found or (ClusterConfig(name, folder) if folder.is_dir() else None)


def read_config(folder: Path) -> ClusterConfig:
    """The cluster in a folder. Raises: ConfigError."""
    path = folder / "cluster.json"
    try:
        document = json.loads(path.read_text())
        return ClusterConfig(**{**document, "folder": Path(document["folder"])})
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"{path} is no cluster configuration of this version ({error}); "
            f"to begin anew: minikube-py delete --name {folder.name}"
        ) from error


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
        "--nodes": (wishes.nodes, config.nodes),
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
    store = wishes.store or "sqlite"
    if store == "etcd" and shutil.which("etcd") is None:
        raise ConfigError("--store=etcd: there is no etcd here; apt-get install etcd-server")
    if wishes.nodes > 1 and runtime == "docker":
        raise ConfigError("--nodes: Docker runs one node here; several have --container-runtime=oci or simulated")
    proxy_mode = "iptables" if is_root and shutil.which("iptables-restore") else "userspace"
    return ClusterConfig(
        name=wishes.name,
        folder=clusters_folder() / wishes.name,
        store=store,  # type: ignore[arg-type]  # the command line's choice
        runtime=runtime,  # type: ignore[arg-type]  # the same
        proxy_mode=proxy_mode,
        nodes=wishes.nodes or 1,
        api_port=wishes.api_port or 6443,
        processes=wishes.processes,
    )
