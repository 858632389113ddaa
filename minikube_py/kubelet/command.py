"""From pykubelet's flags to a running kubelet; imported only once the flags are understood, so --help is quick."""

from collections.abc import Mapping
from typing import Any

from minikube_py.client.client import Client
from minikube_py.kubelet.config import KubeletConfig, parse_labels, parse_taints
from minikube_py.kubelet.pod_files import DnsSettings
from minikube_py.kubelet.run import run
from minikube_py.machinery.component import client_config


async def run_command(kubeconfig: str, flags: Mapping[str, Any]) -> None:
    """Raises: ConfigError, RuntimeUnavailable."""
    values = dict(flags)
    servers = tuple(server for server in values.pop("cluster_dns").split(",") if server)
    dns = DnsSettings(servers, values.pop("cluster_domain"))
    taints = parse_taints(values.pop("register_with_taints"))
    labels = parse_labels(values.pop("node_labels"))
    config = KubeletConfig(dns=dns, register_with_taints=taints, node_labels=labels, **values)
    if not kubeconfig:
        await run(config, None)
        return
    async with Client.connect(client_config("", kubeconfig), user_agent="kubelet") as client:
        await run(config, client)
