"""Components: the parts of a cluster in the order in which they are started, and the process that each runs in. Pure.

With `--processes` each has a command line of its own, which can be typed by hand, as in the notes' steps; otherwise all
that is Python shares the process of `all_in_one`.
"""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass, replace
from typing import Literal

from minikube_py.cluster.config import POD_CIDR, SERVICE_CIDR, ClusterConfig, ClusterNode

PROCESS = "minikube-py"
"""The name of the shared process, and of the log of what is no component's."""


@dataclass(frozen=True, slots=True)
class Component:
    name: str
    argv: tuple[str, ...]
    ready_url: str = ""
    """Answers 200 when the component is ready; empty: ready as soon as it runs."""
    needs_nodes: bool = False
    """Started when the nodes are Ready: what it makes on the machine is then undone in the opposite order."""
    netns: str = ""
    """The network namespace that it lives in; empty: this machine's."""
    process: str = ""
    """The process that it shares with others; empty: it has its own."""
    group: str = ""
    """Those that can share a process have the same."""

    @property
    def process_name(self) -> str:
        return self.process or self.name


def components(config: ClusterConfig) -> tuple[Component, ...]:
    etcd = (_etcd(config),) if config.store == "etcd" else ()
    scheduler = _python("scheduler", "scheduler", _client(config, "scheduler"))
    ours = [_apiserver(config), _controller_manager(config), scheduler]
    for node in config.local_nodes:
        netns = node_netns(config, node)
        group = node.name if netns or node.came_later else ""
        found = (_kubelet(config, node), *((_proxy(config, node),) if config.has_proxies else ()))
        ours += [replace(component, netns=netns, group=group) for component in found]
    return (*etcd, *(ours if config.processes else _in_one_process(config, ours)))


def _in_one_process(config: ClusterConfig, ours: list[Component]) -> list[Component]:
    """One process, and another for the components of each node that is apart: by its network, or as it came later."""
    found = []
    for node, group in itertools.groupby(ours, lambda component: component.group):
        shared = list(group)
        argv = (sys.executable, "-m", "minikube_py.cluster.all_in_one", str(config.folder), *(c.name for c in shared))
        process = f"{PROCESS}-{shared[0].name}" if node else PROCESS
        found += [replace(component, argv=argv, process=process, needs_nodes=False) for component in shared]
    return found


def _python(name: str, package: str, *flags: str) -> Component:
    return Component(name, (sys.executable, "-m", f"minikube_py.{package}", *flags))


def _client(config: ClusterConfig, name: str) -> str:
    return f"--kubeconfig={config.kubeconfig_of(name)}"


def _etcd(config: ClusterConfig) -> Component:
    url = f"http://127.0.0.1:{config.etcd_port}"
    peer = f"http://127.0.0.1:{config.etcd_port + 1}"
    argv = (
        "etcd",
        f"--data-dir={config.folder / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--auto-compaction-retention=0",
    )
    return Component("etcd", argv, f"{url}/health")


def _apiserver(config: ClusterConfig) -> Component:
    pki = config.folder / "pki"
    flags = (
        f"--{'etcd-servers' if config.store == 'etcd' else 'storage'}={storage_url(config)}",
        f"--bind-address={config.bind_address}",
        f"--advertise-address={advertise_address(config)}",
        f"--secure-port={config.api_port}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        "--authorization-mode=Node,RBAC",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        f"--kubelet-client-certificate={pki / 'apiserver-kubelet-client.crt'}",
        f"--kubelet-client-key={pki / 'apiserver-kubelet-client.key'}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        f"--service-account-signing-key-file={pki / 'sa.key'}",
        "--allow-privileged",
    )
    server = _python("apiserver", "apiserver", *flags)
    return Component(server.name, server.argv, f"{config.server}/readyz")


def advertise_address(config: ClusterConfig) -> str:
    """Where pods find the API server; empty: where this machine is found by others."""
    return config.api_address if config.has_node_network else ""


def storage_url(config: ClusterConfig) -> str:
    """What the API server keeps its objects in."""
    return (
        f"http://127.0.0.1:{config.etcd_port}" if config.store == "etcd" else f"sqlite://{config.folder / 'store.db'}"
    )


def network_plugin(config: ClusterConfig) -> Literal["none", "kubenet"]:
    """Docker brings a network of its own."""
    return "none" if config.runtime == "docker" else "kubenet"


def _controller_manager(config: ClusterConfig) -> Component:
    root_ca = f"--root-ca-file={config.folder / 'pki' / 'ca.crt'}"
    name = "controller-manager"
    return _python(name, "controllers", _client(config, name), root_ca, "--use-service-account-credentials")


def _kubelet(config: ClusterConfig, node: ClusterNode) -> Component:
    name, pki = node.kubelet, config.folder / "pki"
    flags = (
        _client(config, name),
        f"--tls-cert-file={pki / f'{name}-server.crt'}",
        f"--tls-private-key-file={pki / f'{name}-server.key'}",
        f"--client-ca-file={pki / 'kubelet-client-ca.crt'}",
        f"--hostname-override={node.name}",
        f"--container-runtime={config.runtime}",
        f"--root-dir={config.folder / 'nodes' / node.name}",
        "--port=0",
        f"--pod-cidr={node.pod_cidr}",
        f"--cluster-cidr={POD_CIDR}",
        f"--cluster-name={config.name}",
        f"--bridge-name={bridge_name(config)}",
        "--accept-forwarded",
        f"--network-plugin={network_plugin(config)}",
    )
    return _python(name, "kubelet", *flags)


def bridge_name(config: ClusterConfig) -> str:
    """The bridge that the cluster's pods are on: a link's name has at most 15 characters."""
    return f"mk-{config.name}"[:15].rstrip("-")


def node_bridge_name(config: ClusterConfig) -> str:
    """The bridge that the nodes are on, where they have namespaces of their own."""
    return f"mn-{config.name}"[:15].rstrip("-")


def node_netns(config: ClusterConfig, node: ClusterNode) -> str:
    """The file that stands for a node's network namespace; empty: this machine's own."""
    return str(config.folder / "netns" / node.name) if node.number > 1 and config.has_node_network else ""


def inside(netns: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """The command line that runs a program in a network namespace; it becomes that program, with the same pid."""
    # Not `ip netns exec`: that one mounts a second /sys, in which there are no cgroups.
    return ("nsenter", f"--net={netns}", *argv) if netns else argv


def _proxy(config: ClusterConfig, node: ClusterNode) -> Component:
    name = node.proxy
    flags = (
        _client(config, name),
        f"--proxy-mode={config.proxy_mode}",
        f"--hostname-override={node.name}",
        f"--cluster-cidr={POD_CIDR}",
    )
    proxy = _python(name, "proxy", *flags)
    return Component(proxy.name, proxy.argv, needs_nodes=True)
