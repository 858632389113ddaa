"""pykubectl rollout history and undo: the replica sets of a deployment are its earlier revisions, and the controller
revisions of a daemon set or stateful set are its.

Kubernetes: kubectl pkg/polymorphichelpers/history.go, rollback.go.
"""

from dataclasses import dataclass
from typing import Any

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import JSON_PATCH, STRATEGIC_MERGE_PATCH
from minikube_py.cli.describers.pods import add_template
from minikube_py.cli.describers.text import Description, selector_query
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.last_applied import LAST_APPLIED
from minikube_py.cli.resource_arguments import Target, each, objects
from minikube_py.cli.verbs.rollout import RolloutFlags, RolloutSelectionFlags, require, rollout_selection
from minikube_py.cli.writing import Results
from minikube_py.client.yaml_text import Document

_REVISION = "deployment.kubernetes.io/revision"
_CHANGE_CAUSE = "kubernetes.io/change-cause"
_HASH_LABEL = "pod-template-hash"
_OWN_ANNOTATIONS = (
    LAST_APPLIED,
    _REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
)


@dataclass(frozen=True)
class HistoryFlags(RolloutSelectionFlags):
    """What rollout history takes."""

    revision: int = flag(0, "", "Show the pod template of this revision.")


@dataclass(frozen=True)
class UndoFlags(RolloutFlags):
    """What rollout undo takes."""

    to_revision: int = flag(0, "", "The revision to go back to; 0 is the one before the present one.")


def history(call: Invocation[HistoryFlags]) -> None:
    """Show the revisions of each deployment."""
    each(objects(call.session, rollout_selection(call.words, call.flags)), lambda target: _show(call, target))


def _show(call: Invocation[HistoryFlags], target: Target) -> None:
    wanted = call.flags.revision
    if wanted < 0:
        raise CommandError(f"revision must be a positive integer: {wanted}")
    revisions = _revisions(call, require(target, "history"))
    if not wanted:
        print(f"{target.label} ")
        if not revisions:
            print("No rollout history found.")
            return
        print("REVISION  CHANGE-CAUSE")
        for number, found in sorted(revisions.items()):
            print(f"{number:<10}{_annotations(found).get(_CHANGE_CAUSE) or '<none>'}")
        print()
        return
    if wanted not in revisions:
        raise CommandError("unable to find the specified revision")
    out = Description(call.session, revisions[wanted])
    add_template(out, revisions[wanted]["spec"]["template"])
    print(f"{target.label} with revision #{wanted}")
    # kubectl does not align this one.
    print("\n".join(out.lines), end="\n\n")


def undo(call: Invocation[UndoFlags]) -> None:
    """Give each object the pod template of an earlier revision."""
    results = Results.of(call.session, call.flags, "kubectl-rollout")

    def act(target: Target) -> None:
        document = require(target, "rolling back")
        number, earlier = earlier_revision(document, _revisions(call, document), call.flags.to_revision)
        template = _bare(earlier["spec"]["template"])
        if template == _bare(document["spec"]["template"]):
            results.tell(document, f"skipped rollback (current template already matches revision {number})")
            return
        if document["spec"].get("paused"):
            raise CommandError(
                f'you cannot rollback a paused deployment; resume it first with "kubectl rollout resume '
                f'deployment/{target.name}" and try again'
            )
        if not results.is_client_dry_run:
            patch, form = undo_patch(document, earlier), JSON_PATCH
            if document["kind"] != "Deployment":
                patch, form = earlier["data"], STRATEGIC_MERGE_PATCH
            document = call.session.connection.send("PATCH", target.path, patch, results.query, form)
        results.tell(document, "rolled back")

    each(objects(call.session, rollout_selection(call.words, call.flags)), act)


def earlier_revision(document: Document, revisions: dict[int, Document], wanted: int) -> tuple[int, Document]:
    """Choose the revision to go back to.

    Raises: CommandError when there is none.
    """
    if wanted:
        if wanted not in revisions:
            raise CommandError(f"unable to find specified revision {wanted} in history")
        return wanted, revisions[wanted]
    if len(revisions) < 2 and document["kind"] != "Deployment":
        raise CommandError("no last revision to roll back to")
    if len(revisions) < 2:
        raise CommandError(f'no rollout history found for deployment "{document["metadata"]["name"]}"')
    number = sorted(revisions)[-2]
    return number, revisions[number]


def undo_patch(document: Document, earlier: Document) -> list[Document]:
    """Make the patch that goes back; the deployment keeps the annotations that are its own."""
    kept = {key: value for key, value in _annotations(document).items() if key in _OWN_ANNOTATIONS}
    taken = {key: value for key, value in _annotations(earlier).items() if key not in _OWN_ANNOTATIONS}
    template = _bare(earlier["spec"]["template"])
    return [
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": {**kept, **taken}},
    ]


def _revisions(call: Invocation[Any], document: Document) -> dict[int, Document]:
    """What keeps the templates that an object had, by revision."""
    metadata, is_deployment = document["metadata"], document["kind"] == "Deployment"
    found = call.session.connection.get(
        f"/apis/apps/v1/namespaces/{metadata['namespace']}/{'replicasets' if is_deployment else 'controllerrevisions'}",
        {"labelSelector": selector_query(document["spec"].get("selector"))},
    )
    owned = [
        one
        for one in found.get("items") or []
        if any(owner.get("uid") == metadata["uid"] for owner in one["metadata"].get("ownerReferences") or [])
    ]
    if is_deployment:
        return {int(_annotations(one).get(_REVISION) or 0): one for one in owned}
    return {one["revision"]: one | {"spec": one["data"]["spec"]} for one in owned}


def _annotations(document: Document) -> dict[str, str]:
    return dict(document["metadata"].get("annotations") or {})


def _bare(template: Document) -> Document:
    """A pod template without what its replica set, or its revision, put on it."""
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = {key: value for key, value in (metadata.get("labels") or {}).items() if key != _HASH_LABEL}
    return {key: value for key, value in template.items() if key != "$patch"} | {"metadata": metadata}


HISTORY = Verb(
    "history",
    history,
    HistoryFlags,
    summary="Show the revisions of a workload",
    usage="history (TYPE NAME | TYPE/NAME) [--revision=NUMBER]",
)
UNDO = Verb(
    "undo",
    undo,
    UndoFlags,
    summary="Go back to an earlier revision",
    usage="undo (TYPE NAME | TYPE/NAME) [--to-revision=NUMBER]",
)
