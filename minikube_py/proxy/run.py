"""`serve` and `clean_up`: the proxy as coroutines, with the dataplane that its options name.

Kubernetes: cmd/kube-proxy/app/server.go
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass

from minikube_py.client.client import Client
from minikube_py.errors import ConfigError
from minikube_py.machinery.component import ComponentConfig, serve_component
from minikube_py.machinery.informer import Informers
from minikube_py.proxy.dataplanes.interface import Dataplane, DataplaneConfig, DataplaneUnavailable
from minikube_py.proxy.dataplanes.iptables import IptablesDataplane, check_iptables
from minikube_py.proxy.dataplanes.userspace import UserspaceDataplane, check_userspace
from minikube_py.proxy.proxy import Proxy, ProxyConfig

IPTABLES, USERSPACE = "iptables", "userspace"


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """What pykube-proxy's flags say."""

    node_name: str
    mode: str = IPTABLES
    cluster_cidr: str = ""
    masquerade_all: bool = False


async def serve(component: ComponentConfig, options: ProxyOptions) -> None:
    """Connect and carry Service traffic on this node until cancelled. Raises: ConfigError, DataplaneUnavailable."""
    # First of all, so that a machine or a flag that cannot work is told at once, with or without an API server.
    dataplane = make_dataplane(options)
    await serve_component(component, lambda client: run(client, dataplane, ProxyConfig(options.node_name)))


async def run(client: Client, dataplane: Dataplane, config: ProxyConfig) -> None:
    """Follow the API with a connected client until cancelled; kernel rules stay when this ends."""
    informers = Informers(client)
    proxy = Proxy(informers, dataplane, config)
    async with asyncio.TaskGroup() as group:
        group.create_task(informers.run(), name="informers")
        group.create_task(proxy.run(), name="proxy")


async def clean_up() -> None:
    """Remove what any dataplane of ours left on this node."""
    for mode in (IPTABLES, USERSPACE):
        try:
            dataplane = make_dataplane(ProxyOptions("", mode))
        except DataplaneUnavailable:
            # Without its program, this dataplane cannot have made anything.
            continue
        await dataplane.cleanup()


def make_dataplane(options: ProxyOptions) -> Dataplane:
    """The dataplane of a --proxy-mode.

    Raises: ConfigError naming the flag that cannot be, DataplaneUnavailable with what to install.
    """
    match options.mode:
        case "iptables":
            check_iptables()
            return IptablesDataplane(DataplaneConfig(_ipv4_network(options.cluster_cidr), options.masquerade_all))
        case "userspace":
            check_userspace()
            return UserspaceDataplane()
        case _:
            raise ConfigError(f"--proxy-mode={options.mode} is not supported; use {IPTABLES} or {USERSPACE}")


def _ipv4_network(cidr: str) -> str:
    try:
        return str(ipaddress.IPv4Network(cidr)) if cidr else ""
    except ValueError as wrong:
        raise ConfigError(f"--cluster-cidr={cidr} is not an IPv4 network: {wrong}") from wrong
