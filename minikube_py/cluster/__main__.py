"""minikube-py: starts, looks at, and removes whole clusters."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict

import click

from minikube_py.cluster.arguments import existing, name_option, told
from minikube_py.cluster.config import Wishes, config_to_delete, load_config, pick
from minikube_py.cluster.doctor import describe, examine
from minikube_py.cluster.image_commands import image
from minikube_py.cluster.lifecycle import apart
from minikube_py.cluster.lifecycle import delete as delete_cluster
from minikube_py.cluster.lifecycle import start as start_cluster
from minikube_py.cluster.lifecycle import status as cluster_status
from minikube_py.cluster.lifecycle import stop as stop_cluster
from minikube_py.cluster.processes import ProcessTable
from minikube_py.cluster.progress import Progress
from minikube_py.errors import MinikubeError

EXIT_CODES = {"healthy": 0, "degraded": 1, "not running": 3}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A Kubernetes of your own, small enough to read."""


@main.command()
@name_option
@click.option("--store", default="", help="sqlite (default) or etcd.")
@click.option("--container-runtime", "runtime", default="", help="oci (default), docker or simulated.")
@click.option("--nodes", default=1, show_default=True, help="Nodes on this machine.")
@click.option("--port", default=8080, show_default=True, help="Where the API server listens on 127.0.0.1.")
@click.option("--processes", is_flag=True, help="One process a component, instead of one for all.")
@told
def start(name: str, store: str, runtime: str, nodes: int, port: int, processes: bool) -> None:
    """Start a cluster, or what of it does not run."""
    config = load_config(name) or pick(Wishes(name, store, runtime, nodes, port, processes))
    config = apart(config) if processes else config
    print(f"Starting {describe(config)}", flush=True)
    start_cluster(config, Progress())
    print(f'\nkubectl and pykubectl use the context "{config.name}" now. Try:\n\n  pykubectl get nodes\n')


@main.command()
@name_option
@told
def stop(name: str) -> None:
    """Stop the components; pods and data stay."""
    stop_cluster(existing(name), Progress())


@main.command()
@name_option
@told
def delete(name: str) -> None:
    """Remove the cluster and everything that it made."""
    config = config_to_delete(name)
    if config is None:
        print(f'There is no cluster "{name}".')
        return
    delete_cluster(config, Progress())


@main.command()
@name_option
@click.option("-o", "--output", default="", help="json")
@told
def status(name: str, output: str) -> None:
    """Say how the cluster is: exit code 0 healthy, 1 degraded, 3 not running."""
    found = cluster_status(name)
    if output == "json":
        print(json.dumps(asdict(found), indent=2))
    else:
        print(f"{name}: {found.health}" + (f" ({found.server})" if found.server else ""))
        for component in found.components:
            sign = "✓" if component.is_running else "✗"
            print(f"  {sign} {component.name}" + (f"  pid {component.pid}" if component.pid else "  not running"))
    sys.exit(EXIT_CODES[found.health])


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
    with path.open(errors="replace") as log:
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


if __name__ == "__main__":
    main()
