"""pykubectl top: refused, because no metrics API is served.

Kubernetes: kubectl pkg/cmd/top.
Simplified: the metrics API comes from an add-on there; without it kubectl says the same.
"""

from dataclasses import dataclass

from minikube_py.cli.command import Entry, Invocation, Verb, VerbGroup
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import SelectorFlags

_GROUP = "metrics.k8s.io"


@dataclass(frozen=True)
class TopFlags(SelectorFlags):
    """What top takes."""

    containers: bool = flag(False, "", "Show containers one by one.")
    no_headers: bool = flag(False, "", "No line of headers.")
    sort_by: str = flag("", "", "cpu or memory.")


def top(call: Invocation[TopFlags]) -> None:
    """Say that there are no measurements to show.

    Raises: CommandError.
    """
    flags, name = call.flags, call.command_path.rpartition(" ")[2]
    if len(call.words) > 1:
        raise call.usage_error(f"{name} [NAME | -l label]")
    if flags.sort_by not in ("", "cpu", "memory"):
        raise CommandError("--sort-by accepts only cpu or memory")
    if call.words and flags.selector:
        raise CommandError("only one of NAME or selector can be provided")
    if any(resource.group == _GROUP for resource in call.session.discovery.all_versions):
        raise CommandError(f"top is not supported by {PROGRAM} yet; use kubectl")
    raise CommandError("Metrics API not available")


_HERE = "minikube_py.cli.verbs.top"
NODE = Verb("node", top, TopFlags, summary="Show what nodes use", usage="node [NAME]")
POD = Verb("pod", top, TopFlags, summary="Show what pods use", usage="pod [NAME]")
COMMAND = VerbGroup(
    "top",
    (
        Entry("node", _HERE, "Show what nodes use", attribute="NODE", aliases=("nodes", "no")),
        Entry("pod", _HERE, "Show what pods use", attribute="POD", aliases=("pods", "po")),
    ),
    summary="Show what pods and nodes use",
)
