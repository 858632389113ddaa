"""pykube-controller-manager: the controllers as a process."""

from __future__ import annotations

from pathlib import Path

import click

from minikube_py.client.client import Client
from minikube_py.controllers.context import ControllersConfig
from minikube_py.controllers.manager import chosen, run
from minikube_py.errors import ConfigError
from minikube_py.machinery.component import ComponentConfig, run_component


@click.command(context_settings={"max_content_width": 100})
@click.option("--master", default="", help="The API server's URL, e.g. http://localhost:8080.")
@click.option("--kubeconfig", default="", help="A kubeconfig with the API server and who this is.")
@click.option("--controllers", default="*", show_default=True, help="'*', names, and '-name' to leave one out.")
@click.option("--leader-elect/--no-leader-elect", default=True, show_default=True, help="Work only while leading.")
@click.option("--root-ca-file", type=click.Path(path_type=Path), help="PEM certificates for kube-root-ca.crt.")
@click.option("--node-monitor-grace-period", default=50.0, show_default=True, help="Seconds until a node is Unknown.")
@click.option("--terminated-pod-gc-threshold", default=12500, show_default=True, help="Ended pods that are kept.")
@click.option("--use-service-account-credentials", is_flag=True, help="Each controller acts as its own account.")
@click.option("--secure-port", "--port", "health_port", type=int, help="Serve /healthz and /metrics on this port.")
@click.option("-v", "--verbosity", default=2, show_default=True, help="4 and more is debug.")
def main(
    root_ca_file: Path | None,
    controllers: str,
    node_monitor_grace_period: float,
    terminated_pod_gc_threshold: int,
    use_service_account_credentials: bool,
    **options: object,
) -> None:
    """Controllers: loops that bring the cluster from what it is to what its objects say."""
    component = ComponentConfig("kube-controller-manager", **options)  # type: ignore[arg-type]  # click checked them

    async def work(client: Client) -> None:
        config = ControllersConfig(
            root_ca=_text_of(root_ca_file),
            node_monitor_grace_period_s=node_monitor_grace_period,
            terminated_pod_threshold=terminated_pod_gc_threshold,
            use_service_account_credentials=use_service_account_credentials,
        )
        await run(client, config, chosen(controllers))

    run_component(component, work)


def _text_of(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--root-ca-file {path}: {error.strerror}") from error


if __name__ == "__main__":
    main()
