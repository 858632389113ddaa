"""pykube-apiserver: the API server as a process."""

from __future__ import annotations

from pathlib import Path

import click
import uvloop

from minikube_py.apiserver.config import ApiServerConfig
from minikube_py.telemetry.process import run_process

_PATH = click.Path(path_type=Path)


@click.command(context_settings={"max_content_width": 100})
@click.option("--etcd-servers", default="", help="Comma-separated URLs of etcd, e.g. http://localhost:2379.")
@click.option("--storage", default="", help="A store without etcd: sqlite:///PATH, or memory://.")
@click.option("--bind-address", "--address", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port", "--insecure-port", default=8080, show_default=True, type=int, help="Without TLS: everybody is let in."
)
@click.option("--secure-port", default=6443, show_default=True, type=int, help="With TLS; --port is then not opened.")
@click.option("--tls-cert-file", type=_PATH, help="PEM certificate of this server.")
@click.option("--tls-private-key-file", type=_PATH, help="PEM private key of --tls-cert-file.")
@click.option("--client-ca-file", type=_PATH, help="PEM certificates of those who vouch for clients.")
@click.option("--anonymous-auth", default=True, show_default=True, type=bool, help="Let in who does not say who it is.")
@click.option("--token-auth-file", type=_PATH, help='Lines of token,user,uid,"group1,group2".')
@click.option(
    "--authorization-mode",
    default="AlwaysAllow",
    show_default=True,
    callback=lambda _context, _option, value: tuple(value.split(",")),
    help="Comma-separated: AlwaysAllow, Node, RBAC.",
)
@click.option("--advertise-address", default="", help="Where pods find this server; the bind address by default.")
@click.option("--kubelet-certificate-authority", type=_PATH, help="PEM certificates of those who vouch for kubelets.")
@click.option("--kubelet-client-certificate", type=_PATH, help="PEM certificate shown to kubelets.")
@click.option("--kubelet-client-key", type=_PATH, help="PEM private key of --kubelet-client-certificate.")
@click.option("--audit-log-path", type=_PATH, help="Where a line of JSON is written for every request.")
@click.option("--service-cluster-ip-range", default="10.0.0.0/24", show_default=True, help="Addresses of Services.")
@click.option("--allow-privileged", is_flag=True, help="Allow privileged containers.")
@click.option(
    "--service-account-signing-key-file",
    type=_PATH,
    help="PEM private key that signs the tokens of service accounts; without it there are no tokens.",
)
@click.option(
    "-v", "--verbosity", default=2, show_default=True, help="Log level as in Kubernetes: 4 and more is debug."
)
def main(etcd_servers: str, verbosity: int, **options: object) -> None:
    """The Kubernetes API: stores objects and tells who watches; everything else is somebody else's work."""
    servers = tuple(server for server in etcd_servers.split(",") if server)

    async def serve() -> None:
        from minikube_py.apiserver.run import run

        await run(ApiServerConfig(etcd_servers=servers, **options))  # type: ignore[arg-type]  # click checked them

    run_process("kube-apiserver", serve, verbosity, loop_factory=uvloop.new_event_loop)


if __name__ == "__main__":
    main()
