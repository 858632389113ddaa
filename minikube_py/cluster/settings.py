"""What each component of a cluster is told, as the values that the all-in-one process and `delete` work with.

`components` says the same in flags; a test holds the two together.
"""

from __future__ import annotations

from minikube_py.apiserver.config import ApiServerConfig
from minikube_py.cluster.components import advertise_address, bridge_name, network_plugin, storage_url
from minikube_py.cluster.config import POD_CIDR, SERVICE_CIDR, ClusterConfig, ClusterNode
from minikube_py.kubelet.config import KubeletConfig
from minikube_py.proxy.run import ProxyOptions


def apiserver_settings(config: ClusterConfig) -> ApiServerConfig:
    url, pki = storage_url(config), config.folder / "pki"
    return ApiServerConfig(
        etcd_servers=(url,) if config.store == "etcd" else (),
        storage="" if config.store == "etcd" else url,
        bind_address=config.bind_address,
        advertise_address=advertise_address(config),
        secure_port=config.api_port,
        tls_cert_file=pki / "apiserver.crt",
        tls_private_key_file=pki / "apiserver.key",
        client_ca_file=pki / "ca.crt",
        authorization_mode=("Node", "RBAC"),
        kubelet_certificate_authority=pki / "ca.crt",
        kubelet_client_certificate=pki / "apiserver-kubelet-client.crt",
        kubelet_client_key=pki / "apiserver-kubelet-client.key",
        service_cluster_ip_range=SERVICE_CIDR,
        allow_privileged=True,
        service_account_signing_key_file=pki / "sa.key",
    )


def kubelet_settings(config: ClusterConfig, node: ClusterNode) -> KubeletConfig:
    name, pki = node.kubelet, config.folder / "pki"
    return KubeletConfig(
        tls_cert_file=pki / f"{name}-server.crt",
        tls_private_key_file=pki / f"{name}-server.key",
        client_ca_file=pki / "kubelet-client-ca.crt",
        hostname_override=node.name,
        container_runtime=config.runtime,
        network_plugin=network_plugin(config),
        root_dir=config.folder / "nodes" / node.name,
        port=0,
        pod_cidr=node.pod_cidr,
        cluster_cidr=POD_CIDR,
        cluster_name=config.name,
        bridge_name=bridge_name(config),
        accept_forwarded=True,
    )


def proxy_settings(config: ClusterConfig, node: ClusterNode) -> ProxyOptions:
    return ProxyOptions(node_name=node.name, mode=config.proxy_mode, cluster_cidr=POD_CIDR)
