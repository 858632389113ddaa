"""Components: the processes of a cluster, in the order in which they are started. Pure: from a config to command lines.

Each line can be typed by hand, which is what the notes' steps do.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from minikube_py.cluster.config import POD_CIDR, SERVICE_CIDR, ClusterConfig


@dataclass(frozen=True, slots=True)
class Component:
    name: str
    argv: tuple[str, ...]
    ready_url: str = ""
    """Answers 200 when the component is ready; empty: ready as soon as it runs."""
    needs_nodes: bool = False
    """Started when the nodes are Ready: what it makes on the machine is then undone in the opposite order."""


def components(config: ClusterConfig) -> tuple[Component, ...]:
    found = [_etcd(config)] if config.store == "etcd" else []
    found += [_apiserver(config), _controller_manager(config), _python("scheduler", "scheduler", *_client(config))]
    kubelets = [_kubelet(config, index, name) for index, name in enumerate(config.node_names)]
    if config.runtime == "simulated":
        return (*found, *kubelets)
    return (*found, *kubelets, _proxy(config))


def _python(name: str, package: str, *flags: str) -> Component:
    return Component(name, (sys.executable, "-m", f"minikube_py.{package}", *flags))


def _client(config: ClusterConfig) -> tuple[str, ...]:
    return (f"--kubeconfig={config.folder / 'kubeconfig'}",)


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
    if config.store == "etcd":
        store = f"--etcd-servers=http://127.0.0.1:{config.etcd_port}"
    else:
        store = f"--storage=sqlite://{config.folder / 'store.db'}"
    flags = (
        store,
        f"--port={config.api_port}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        f"--service-account-signing-key-file={config.folder / 'pki' / 'sa.key'}",
        "--allow-privileged",
    )
    server = _python("apiserver", "apiserver", *flags)
    return Component(server.name, server.argv, f"{config.server}/readyz")


def _controller_manager(config: ClusterConfig) -> Component:
    root_ca = f"--root-ca-file={config.folder / 'pki' / 'ca.crt'}"
    return _python("controller-manager", "controllers", *_client(config), root_ca)


def _kubelet(config: ClusterConfig, index: int, node: str) -> Component:
    flags = [
        *_client(config),
        f"--hostname-override={node}",
        f"--container-runtime={config.runtime}",
        f"--root-dir={config.folder / 'nodes' / node}",
        "--port=0",
        f"--pod-cidr={pod_cidr(index)}",
        f"--cluster-cidr={POD_CIDR}",
        f"--cluster-name={config.name}",
        f"--bridge-name={bridge_name(config)}",
    ]
    if config.runtime != "docker":
        flags.append("--network-plugin=kubenet")
    name = "kubelet" if index == 0 else f"kubelet-{index + 1}"
    return _python(name, "kubelet", *flags)


def bridge_name(config: ClusterConfig) -> str:
    """The bridge that the cluster's pods are on: a link's name has at most 15 characters."""
    return f"mk-{config.name}"[:15].rstrip("-")


def pod_cidr(index: int) -> str:
    """The range of pod addresses of the n-th node."""
    return POD_CIDR.replace(".0.0/", f".{index}.0/")


def _proxy(config: ClusterConfig) -> Component:
    flags = (
        *_client(config),
        f"--proxy-mode={config.proxy_mode}",
        f"--hostname-override={config.node_names[0]}",
        f"--cluster-cidr={POD_CIDR}",
    )
    proxy = _python("proxy", "proxy", *flags)
    return Component(proxy.name, proxy.argv, needs_nodes=True)
