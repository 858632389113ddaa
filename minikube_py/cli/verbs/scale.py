"""pykubectl scale.

Kubernetes: kubectl pkg/cmd/scale/scale.go.
"""

import time
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import MERGE_PATCH
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, Target, objects
from minikube_py.cli.writing import Results, WriteFlags
from minikube_py.client.yaml_text import Document

_POLL_S = 0.2


@dataclass(frozen=True)
class ScaleFlags(WriteFlags, FilenameFlags):
    """What scale takes."""

    selector: str = flag("", "l", "Only objects whose labels match.")
    all_: bool = flag(False, "", "All objects of the type in the namespace.", name="all")
    replicas: int = flag(0, "", "The new number of replicas; required.")
    current_replicas: int = flag(-1, "", "Only when this is the present number of replicas.")
    resource_version: str = flag("", "", "Only when this is the present version of the object.")
    timeout: float = flag(0.0, "", "How long to wait until the object has that many replicas; 0 does not wait.")


def scale(call: Invocation[ScaleFlags]) -> None:
    """Set the number of replicas of each object."""
    flags = call.flags
    if "replicas" not in call.given:
        raise CommandError('required flag(s) "replicas" not set')
    if flags.replicas < 0:
        raise CommandError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    selection = Selection(
        call.words,
        flags.filename,
        flags.recursive,
        flags.kustomize,
        label_selector=flags.selector,
        all_of_type=flags.all_,
    )
    results = Results.of(call.session, flags, "")
    failures: list[CommandError] = []
    count = 0
    for target in objects(call.session, selection):
        count += 1
        try:
            _scale_one(call, target, results)
        except CommandError as error:
            failures.append(error)
    if failures:
        raise join_errors(failures)
    if not count:
        raise CommandError("no objects passed to scale")


def _scale_one(call: Invocation[ScaleFlags], target: Target, results: Results) -> None:
    flags = call.flags
    document: Document = target.document or {}
    if not results.is_client_dry_run:
        connection = call.session.connection
        path = target.resource.path(target.namespace, target.name, "scale")
        if flags.current_replicas >= 0 or flags.resource_version:
            _check_precondition(flags, connection.get(path))
        body: Document = {"spec": {"replicas": flags.replicas}}
        if flags.resource_version:
            body["metadata"] = {"resourceVersion": flags.resource_version}
        try:
            connection.send("PATCH", path, body, results.query, MERGE_PATCH)
        except ServerError as error:
            if error.code == 404 and "scale" not in target.resource.subresources:
                message = "the server could not find the requested resource"
                raise ServerError(404, {"reason": "NotFound"}, message) from error
            raise
        if flags.timeout > 0 and results.strategy == "none":
            _wait(call, target)
    results.tell(document, "scaled")


def _check_precondition(flags: ScaleFlags, present: Document) -> None:
    replicas = (present.get("spec") or {}).get("replicas", 0)
    version = present["metadata"].get("resourceVersion", "")
    if flags.current_replicas >= 0 and replicas != flags.current_replicas:
        raise CommandError(f"Expected replicas to be {flags.current_replicas}, was {replicas}")
    if flags.resource_version and version != flags.resource_version:
        raise CommandError(f"Expected resource version to be {flags.resource_version}, was {version}")


def _wait(call: Invocation[ScaleFlags], target: Target) -> None:
    """Ask until the scale's status says what was asked for.

    Raises: CommandError when that takes longer than --timeout.
    """
    path = target.resource.path(target.namespace, target.name, "scale")
    deadline = time.monotonic() + call.flags.timeout
    while time.monotonic() < deadline:
        found = call.session.connection.get(path)
        wanted = (found.get("spec") or {}).get("replicas", 0)
        if (found.get("status") or {}).get("replicas", 0) == wanted or wanted != call.flags.replicas:
            return
        time.sleep(_POLL_S)
    raise CommandError(f'timed out waiting for "{target.name}" to be synced')


COMMAND = Verb(
    "scale",
    scale,
    ScaleFlags,
    summary="Set a new size for a deployment, replica set, or replication controller",
    usage="scale --replicas=COUNT (-f FILENAME | TYPE NAME | TYPE/NAME)",
    examples=f"""
# Three pods of web
{PROGRAM} scale deployment web --replicas=3

# Only if there are two now
{PROGRAM} scale deployment/web --current-replicas=2 --replicas=3
""",
)
