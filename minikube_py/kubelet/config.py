"""What a kubelet is told when it is started; names and defaults are those of the flags.

Kubernetes: pkg/kubelet/apis/config/types.go, cmd/kubelet/app/options
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from minikube_py.api.kinds.core.common import Taint
from minikube_py.errors import ConfigError
from minikube_py.kubelet.pod_files import DnsSettings

RuntimeName = Literal["docker", "oci", "simulated"]
NetworkPlugin = Literal["none", "kubenet"]

DEFAULT_ROOT = Path("/var/lib/minikube-py/kubelet")
DEFAULT_RECIPES = Path(__file__).parents[2] / "examples" / "images"


@dataclass(frozen=True, slots=True)
class KubeletConfig:
    """One node's settings."""

    container_runtime: RuntimeName = "docker"
    container_runtime_endpoint: str = ""
    oci_runtime: str = ""
    network_plugin: NetworkPlugin = "none"
    pod_cidr: str = ""
    cluster_cidr: str = ""
    bridge_name: str = "cbr0"
    accept_forwarded: bool = False
    hostname_override: str = ""
    node_ip: str = ""
    root_dir: Path = DEFAULT_ROOT
    pod_manifest_path: Path | None = None
    address: str = ""
    """Where the server listens; empty: the node's own address."""
    port: int = 10250
    tls_cert_file: Path | None = None
    tls_private_key_file: Path | None = None
    client_ca_file: Path | None = None
    """Whose certificates let in; everybody else is refused in the handshake."""
    register_node: bool = True
    register_schedulable: bool = True
    register_with_taints: tuple[Taint, ...] = ()
    node_labels: Mapping[str, str] = field(default_factory=dict)
    dns: DnsSettings = field(default_factory=DnsSettings)
    cluster_name: str = "minikube-py"
    """Keeps apart the containers of several clusters on one machine."""
    image_recipes_dir: Path = DEFAULT_RECIPES


def parse_taints(text: str) -> tuple[Taint, ...]:
    """`key=value:Effect,key:Effect`. Raises: ConfigError."""
    return tuple(_taint(part) for part in text.split(",") if part)


def parse_labels(text: str) -> dict[str, str]:
    """`key=value,key=value`. Raises: ConfigError."""
    labels = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if part and not (key and equals):
            raise ConfigError(f"--node-labels: {part!r} is not key=value")
        if part:
            labels[key] = value
    return labels


def _taint(text: str) -> Taint:
    pair, colon, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    if not colon or not key or effect not in ("NoSchedule", "PreferNoSchedule", "NoExecute"):
        said = "is not key=value:Effect with the effect NoSchedule, PreferNoSchedule or NoExecute"
        raise ConfigError(f"--register-with-taints: {text!r} {said}")
    return Taint(key=key, value=value, effect=effect)
