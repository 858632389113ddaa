"""Preflight: what would keep a cluster from starting here, found before anything is made.

Kubernetes: kubeadm's preflight checks
"""

from __future__ import annotations

import socket

from minikube_py.cluster.components import bridge_name
from minikube_py.cluster.config import ALL_CIDR, ClusterConfig, other_clusters
from minikube_py.cluster.processes import ProcessTable
from minikube_py.errors import ConfigError


def check_can_start(config: ClusterConfig) -> None:
    """Raises: ConfigError, with the next step."""
    _check_alone(config)
    _check_port_is_free(config.api_port)


def _check_alone(config: ClusterConfig) -> None:
    """Real pods of two clusters would share addresses and iptables chains."""
    if config.runtime == "simulated":
        return
    for other in other_clusters(config):
        if other.runtime != "simulated" and _is_present(other):
            raise ConfigError(
                f'cluster "{other.name}" has its pods on this machine, and both would use the addresses {ALL_CIDR} '
                f"and the same iptables chains; first: minikube-py delete --name {other.name}"
            )


def _is_present(config: ClusterConfig) -> bool:
    runs = any(identity.is_alive() for identity in ProcessTable(config.folder).read().values())
    return runs or bridge_name(config) in (name for _, name in socket.if_nameindex())


def _check_port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigError(
                f"port {port} on 127.0.0.1 is in use: end what listens there (ss -ltnp 'sport = :{port}'), "
                "or choose another with --port"
            ) from error
