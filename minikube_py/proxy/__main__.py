"""pykube-proxy: the proxy as a process."""

from __future__ import annotations

import socket
from typing import TypedDict, Unpack

import click

from minikube_py.machinery.component import ComponentConfig
from minikube_py.telemetry.process import run_process


class _Flags(TypedDict):
    master: str
    kubeconfig: str
    proxy_mode: str
    hostname_override: str
    cluster_cidr: str
    masquerade_all: bool
    cleanup: bool
    health_port: int | None
    verbosity: int


@click.command()
@click.option("--master", default="", help="URL of the API server, e.g. http://localhost:8080.")
@click.option("--kubeconfig", default="", help="File that says where the API server is and who we are.")
@click.option("--proxy-mode", default="iptables", show_default=True, help="iptables or userspace.")
@click.option("--hostname-override", default="", help="The name of this node; the machine's own unless given.")
@click.option("--cluster-cidr", default="", help="The pods' network: traffic from elsewhere is masqueraded.")
@click.option("--masquerade-all", is_flag=True, help="Masquerade all traffic to cluster IPs, also from pods.")
@click.option("--cleanup", is_flag=True, help="Remove everything that the proxy made on this node, and exit.")
@click.option("--health-port", type=int, default=None, help="Serve /healthz and /metrics here, on loopback.")
@click.option(
    "-v", "--verbosity", default=2, show_default=True, help="Log level as in Kubernetes: 4 and more is debug."
)
def main(**flags: Unpack[_Flags]) -> None:
    """Makes Services reachable from this node and its pods. What it wrote stays when it stops: see --cleanup."""
    from minikube_py.proxy.run import ProxyOptions, clean_up, serve

    if flags["cleanup"]:
        run_process("kube-proxy", clean_up, flags["verbosity"])
        return
    component = ComponentConfig(
        "kube-proxy",
        master=flags["master"],
        kubeconfig=flags["kubeconfig"],
        health_port=flags["health_port"],
        verbosity=flags["verbosity"],
    )
    options = ProxyOptions(
        node_name=flags["hostname_override"] or socket.gethostname().lower(),
        mode=flags["proxy_mode"],
        cluster_cidr=flags["cluster_cidr"],
        masquerade_all=flags["masquerade_all"],
    )
    run_process("kube-proxy", lambda: serve(component, options), flags["verbosity"])


if __name__ == "__main__":
    main()
