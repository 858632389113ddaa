"""minikube-py: starts, looks at, and removes whole clusters.

What takes long to be imported is imported by the command that needs it, so that help and status come at once.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from dataclasses import asdict

import click

from minikube_py.cluster.arguments import LaterGroup, existing, name_option, told
from minikube_py.cluster.backup_commands import backup, restore
from minikube_py.cluster.config import MAX_NODES, Wishes, check_kept, config_to_delete, load_config, pick
from minikube_py.cluster.doctor import describe, examine
from minikube_py.cluster.image_commands import image
from minikube_py.cluster.processes import ProcessTable
from minikube_py.cluster.progress import Progress
from minikube_py.cluster.questions import QUESTIONS
from minikube_py.cluster.status import status as cluster_status
from minikube_py.errors import MinikubeError

EXIT_CODES = {"healthy": 0, "degraded": 1, "not running": 3}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="minikube-py", prog_name="minikube-py", message="%(prog)s %(version)s")
def main() -> None:
    """A Kubernetes of your own: start it, use it with pykubectl or kubectl, delete it."""


@main.command()
@name_option
@click.option("--store", type=click.Choice(["sqlite", "etcd"]), help="Where objects are kept.  [default: sqlite]")
@click.option(
    "--container-runtime",
    "runtime",
    type=click.Choice(["oci", "docker", "simulated"]),
    help="What runs containers; simulated needs no root.  [default: oci]",
)
@click.option("--nodes", type=click.IntRange(1, MAX_NODES), help="Nodes on this machine.  [default: 1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Where the API server listens.  [default: 6443]")
@click.option("--processes", is_flag=True, help="One process a component, instead of one for all.")
@told
def start(
    name: str, store: str | None, runtime: str | None, nodes: int | None, port: int | None, processes: bool
) -> None:
    """Start a cluster, or what of it does not run."""
    from minikube_py.cluster import lifecycle

    wishes = Wishes(name, store or "", runtime or "", nodes or 0, port or 0, processes)
    config = load_config(name) or pick(wishes)
    check_kept(config, wishes)
    config = lifecycle.apart(config) if processes else config
    print(f"Starting {describe(config)}", flush=True)
    lifecycle.start(config, Progress())
    print(f'\nkubectl and pykubectl use the context "{config.name}" now. Try:\n\n  pykubectl get nodes')


@main.command()
@name_option
@told
def stop(name: str) -> None:
    """Stop the components; pods and data stay."""
    from minikube_py.cluster import lifecycle

    lifecycle.stop(existing(name), Progress())


@main.command()
@name_option
@click.option("--force", is_flag=True, help="Go on where pods cannot be removed, and leave them behind.")
@told
def delete(name: str, force: bool) -> None:
    """Remove the cluster and everything that it made."""
    from minikube_py.cluster import lifecycle

    config = config_to_delete(name)
    if config is None:
        print(f'There is no cluster "{name}".')
        return
    lifecycle.delete(config, Progress(), is_forced=force)


@main.command()
@name_option
@click.option("-o", "--output", type=click.Choice(["json"]), help="As a document.")
@told
def status(name: str, output: str | None) -> None:
    """Say how the cluster is.

    Exit code: 0 healthy, 1 degraded, 3 not running.
    """
    found = cluster_status(name)
    if output == "json":
        print(json.dumps(asdict(found), indent=2))
    else:
        print(f"{name}: {found.health}" + (f" ({found.server})" if found.server else ""))
        for component in found.components:
            state = f"pid {component.pid}" if component.is_running else component.trouble or "not running"
            print(f"  {_sign(component.is_running)} {component.name}: {state}")
        for node in found.nodes:
            print(f"  {_sign(node.is_ready)} node {node.name}: {'Ready' if node.is_ready else 'NotReady'}")
    sys.exit(EXIT_CODES[found.health])


def _sign(is_fine: bool) -> str:
    return "✓" if is_fine else "✗"


@main.command()
@click.argument("component")
@name_option
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are added.")
@told
def logs(component: str, name: str, follow: bool) -> None:
    """Print the log of COMPONENT."""
    table = ProcessTable(existing(name).folder)
    path = table.log_path(component)
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.log"))) or "none"
        raise MinikubeError(f'no log of "{component}"; components: {known}')
    with path.open(errors="replace") as log, contextlib.suppress(KeyboardInterrupt):
        while True:
            line = log.readline()
            if line:
                print(line, end="", flush=True)
            elif follow:
                time.sleep(0.2)
            else:
                return


@main.command()
@told
def doctor() -> None:
    """Check what this machine has; each ✗ comes with its fix."""
    findings = examine()
    for finding in findings:
        sign = "✓" if finding.is_fine else "✗" if finding.is_needed else "-"
        print(f" {sign} {finding.what}" + ("" if finding.is_fine else f"\n     {finding.fix}"))
    sys.exit(1 if any(finding.is_needed and not finding.is_fine for finding in findings) else 0)


main.add_command(image)
main.add_command(backup)
main.add_command(restore)
for question in QUESTIONS:
    main.add_command(question)
main.add_command(
    LaterGroup("node", "Add nodes to the running cluster, and remove them.", "minikube_py.cluster.node_commands")
)
main.add_command(
    LaterGroup("lab", "Learn Kubernetes part by part, checked as you go.", "minikube_py.cluster.lab.commands")
)


if __name__ == "__main__":
    main()
