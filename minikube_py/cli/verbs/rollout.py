"""pykubectl rollout restart, pause and resume; status is in `rollout_status`, history and undo in `rollout_history`.

Kubernetes: kubectl pkg/cmd/rollout.
Simplified: kinds other than deployments, daemon sets and stateful sets are refused by name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from minikube_py.cli.command import Entry, Invocation, Verb, VerbGroup
from minikube_py.cli.connection import STRATEGIC_MERGE_PATCH
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, Target, each, objects
from minikube_py.cli.session import Session
from minikube_py.cli.writing import Results, WriteFlags
from minikube_py.client.yaml_text import Document

_RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


@dataclass(frozen=True)
class RolloutSelectionFlags(FilenameFlags):
    """The flags that select what to roll out."""

    selector: str = flag("", "l", "Only objects whose labels match.")


@dataclass(frozen=True)
class RolloutFlags(WriteFlags, RolloutSelectionFlags):
    """What restart, pause and resume take."""


def rollout_selection(words: tuple[str, ...], flags: RolloutSelectionFlags) -> Selection:
    """Make the selection of a rollout verb; a type alone stands for all its objects."""
    return Selection(words, flags.filename, flags.recursive, flags.kustomize, flags.selector, requires_selector=False)


ROLLED_OUT = ("deployments", "daemonsets", "statefulsets")


def require(target: Target, doing: str, kinds: tuple[str, ...] = ROLLED_OUT) -> Document:
    """Return the document of an object of these kinds.

    Raises: CommandError for any other kind.
    """
    document = target.document or {}
    if target.resource.group != "apps" or target.resource.plural not in kinds:
        raise CommandError(f'{target.resource.full_name} "{target.name}" {doing} is not supported')
    return document


def restart_patch(target: Target, document: Document, now: str) -> Document:
    """Make the patch that lets new pods replace the present ones.

    Raises: CommandError for a paused deployment.
    """
    if document["spec"].get("paused"):
        label = f'{target.resource.full_name} "{target.name}"'
        raise CommandError(f"{label} can't restart paused deployment (run rollout resume first)")
    return {"spec": {"template": {"metadata": {"annotations": {_RESTARTED_AT: now}}}}}


def _restart(target: Target) -> Document:
    document = require(target, "restarting")
    return restart_patch(target, document, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _pause(target: Target) -> Document:
    if require(target, "pausing", ("deployments",))["spec"].get("paused"):
        raise CommandError(f'{target.resource.full_name} "{target.name}" is already paused')
    return {"spec": {"paused": True}}


def _resume(target: Target) -> Document:
    if not require(target, "resuming", ("deployments",))["spec"].get("paused"):
        raise CommandError(f'{target.resource.full_name} "{target.name}" is not paused')
    return {"spec": {"paused": None}}


def _changing(make_patch: Callable[[Target], Document], action: str) -> Callable[[Invocation[RolloutFlags]], None]:
    def run(call: Invocation[RolloutFlags]) -> None:
        session: Session = call.session
        results = Results.of(session, call.flags, "kubectl-rollout")

        def act(target: Target) -> None:
            patch = make_patch(target)
            document = target.document or {}
            if not results.is_client_dry_run:
                connection = session.connection
                document = connection.send("PATCH", target.path, patch, results.query, STRATEGIC_MERGE_PATCH)
            results.tell(document, action)

        each(objects(session, rollout_selection(call.words, call.flags)), act)

    return run


_HERE = "minikube_py.cli.verbs.rollout"
_HISTORY = "minikube_py.cli.verbs.rollout_history"
RESTART = Verb(
    "restart",
    _changing(_restart, "restarted"),
    RolloutFlags,
    summary="Replace all pods of a workload with new ones",
    usage="restart (TYPE NAME | TYPE/NAME | -l LABEL)",
    examples=f"\n# New pods for web\n{PROGRAM} rollout restart deployment/web\n",
)
PAUSE = Verb(
    "pause", _changing(_pause, "paused"), RolloutFlags, summary="Stop a rollout where it is", usage="pause TYPE/NAME"
)
RESUME = Verb(
    "resume", _changing(_resume, "resumed"), RolloutFlags, summary="Go on with a rollout", usage="resume TYPE/NAME"
)
COMMAND = VerbGroup(
    "rollout",
    (
        Entry("history", _HISTORY, "Show the revisions of a workload", attribute="HISTORY"),
        Entry("pause", _HERE, "Stop a rollout where it is", attribute="PAUSE"),
        Entry("restart", _HERE, "Replace all pods of a workload with new ones", attribute="RESTART"),
        Entry("resume", _HERE, "Go on with a rollout", attribute="RESUME"),
        Entry("status", "minikube_py.cli.verbs.rollout_status", "Show how far a rollout is"),
        Entry("undo", _HISTORY, "Go back to an earlier revision", attribute="UNDO"),
    ),
    summary="Manage the rollout of deployments, daemon sets and stateful sets",
)
