"""pykube-scheduler: the scheduler as a process."""

from __future__ import annotations

from typing import TypedDict, Unpack

import click

from minikube_py.machinery.component import ComponentConfig, run_component


class _Flags(TypedDict):
    master: str
    kubeconfig: str
    leader_elect: bool
    scheduler_name: str
    plugin: tuple[str, ...]
    health_port: int | None
    verbosity: int


@click.command()
@click.option("--master", default="", help="URL of the API server, e.g. http://localhost:8080.")
@click.option("--kubeconfig", default="", help="File that says where the API server is and who we are.")
@click.option("--leader-elect/--no-leader-elect", default=True, show_default=True)
@click.option("--scheduler-name", default="default-scheduler", show_default=True)
@click.option("--plugin", multiple=True, help="MODULE:CLASS of a plugin, asked after our own; may be said again.")
@click.option("--health-port", type=int, default=None, help="Serve /healthz and /metrics here, on loopback.")
@click.option(
    "-v", "--verbosity", default=2, show_default=True, help="Log level as in Kubernetes: 4 and more is debug."
)
def main(**flags: Unpack[_Flags]) -> None:
    """Decides on which node each new pod runs."""
    from minikube_py.scheduler.run import run

    config = ComponentConfig(
        "kube-scheduler",
        master=flags["master"],
        kubeconfig=flags["kubeconfig"],
        health_port=flags["health_port"],
        leader_elect=flags["leader_elect"],
        verbosity=flags["verbosity"],
    )
    run_component(config, lambda client: run(client, scheduler_name=flags["scheduler_name"], plugins=flags["plugin"]))


if __name__ == "__main__":
    main()
