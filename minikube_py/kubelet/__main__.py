"""pykubelet: a node's agent as a process."""

from __future__ import annotations

from pathlib import Path

import click

from minikube_py.kubelet.config import DEFAULT_RECIPES, DEFAULT_ROOT
from minikube_py.telemetry.process import run_process

_PATH = click.Path(path_type=Path)


@click.command(context_settings={"max_content_width": 100})
@click.option("--kubeconfig", default="", help="How to reach the API server; without it: standalone, static pods only.")
@click.option(
    "--container-runtime", type=click.Choice(["docker", "oci", "simulated"]), default="docker", show_default=True
)
@click.option(
    "--container-runtime-endpoint",
    default="",
    help="Where the engine listens, e.g. unix:///run/docker.sock; with simulated: a JSON file of lives by container.",
)
@click.option("--oci-runtime", default="", help="With oci: the program that starts containers, else runc or crun.")
@click.option("--network-plugin", type=click.Choice(["none", "kubenet"]), default="none", show_default=True)
@click.option("--pod-cidr", default="", help="This node's range of pod addresses, e.g. 10.99.1.0/24.")
@click.option("--cluster-cidr", default="", help="The range of all nodes together; traffic to it is not translated.")
@click.option("--bridge-name", default="cbr0", show_default=True, help="With kubenet: the bridge that pods are on.")
@click.option(
    "--accept-forwarded", is_flag=True, help="With kubenet: let packets for pods through a closed FORWARD chain."
)
@click.option("--hostname-override", default="", help="The node's name, instead of this machine's.")
@click.option("--node-ip", default="", help="The node's address, instead of the one this machine talks with.")
@click.option("--root-dir", type=_PATH, default=DEFAULT_ROOT, show_default=True, help="Where pods' files are kept.")
@click.option("--pod-manifest-path", type=_PATH, help="A folder (or file) of static pods.")
@click.option("--address", default="", help="Where the kubelet's server listens; the node's address by default.")
@click.option("--port", default=10250, show_default=True, type=int, help="Its port; 0 takes any free one.")
@click.option("--tls-cert-file", type=_PATH, help="PEM certificate of the kubelet's server, in the node's name.")
@click.option("--tls-private-key-file", type=_PATH, help="PEM private key of --tls-cert-file.")
@click.option("--client-ca-file", type=_PATH, help="PEM certificates of those who vouch for its clients.")
@click.option("--register-node/--no-register-node", default=True, show_default=True)
@click.option("--register-schedulable/--no-register-schedulable", default=True, show_default=True)
@click.option("--register-with-taints", default="", help="key=value:Effect,... for a node that is new.")
@click.option("--node-labels", default="", help="key=value,... for the node.")
@click.option("--cluster-dns", default="", help="Comma-separated name servers for pods.")
@click.option("--cluster-domain", default="cluster.local", show_default=True)
@click.option("--cluster-name", default="minikube-py", show_default=True, help="Marks containers as this cluster's.")
@click.option("--image-recipes-dir", type=_PATH, default=DEFAULT_RECIPES, help="Images that can be built here.")
@click.option("-v", "--verbosity", default=2, show_default=True, help="Log level as in Kubernetes: 4 is debug.")
def main(kubeconfig: str, verbosity: int, **options: object) -> None:
    """Runs the pods of this node and says how they are."""

    async def work() -> None:
        from minikube_py.kubelet.command import run_command

        await run_command(kubeconfig, options)

    run_process("kubelet", work, verbosity)


if __name__ == "__main__":
    main()
