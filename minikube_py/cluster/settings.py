"""What each component of a cluster is told, as the values that the all-in-one process and `delete` work with.

`components` says the same in flags; a test holds the two together.
"""

from __future__ import annotations

from minikube_py.apiserver.config import ApiServerConfig
from minikube_py.cluster.components import bridge_name, network_plugin, pod_cidr, storage_url
from minikube_py.cluster.config import POD_CIDR, SERVICE_CIDR, ClusterConfig
from minikube_py.kubelet.config import KubeletConfig
from minikube_py.proxy.run import ProxyOptions


def apiserver_settings(config: ClusterConfig) -> ApiServerConfig:
    url = storage_url(config)
    return ApiServerConfig(
        etcd_servers=(url,) if config.store == "etcd" else (),
        storage="" if config.store == "etcd" else url,
        bind_address=config.api_address,
        port=config.api_port,
        service_cluster_ip_range=SERVICE_CIDR,
        allow_privileged=True,
        service_account_signing_key_file=config.folder / "pki" / "sa.key",
    )


def kubelet_settings(config: ClusterConfig, index: int) -> KubeletConfig:
    node = config.node_names[index]
    return KubeletConfig(
        hostname_override=node,
        container_runtime=config.runtime,
        network_plugin=network_plugin(config),
        root_dir=config.folder / "nodes" / node,
        port=0,
        pod_cidr=pod_cidr(index),
        cluster_cidr=POD_CIDR,
        cluster_name=config.name,
        bridge_name=bridge_name(config),
    )


def proxy_settings(config: ClusterConfig, index: int) -> ProxyOptions:
    return ProxyOptions(node_name=config.node_names[index], mode=config.proxy_mode, cluster_cidr=POD_CIDR)
