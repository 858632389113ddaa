"""pykubectl delete: asks for deletion, then waits until the objects are gone.

An object with finalizers, or a pod with a grace period, lives on for a while after it was deleted; --wait=false does
not wait for that.

Kubernetes: kubectl pkg/cmd/delete.
Simplified: polls instead of watching; no --raw, no --interactive.
"""

import time
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import (
    FilenameFlags,
    Listing,
    Selection,
    SelectorFlags,
    Target,
    list_objects,
    resolve,
)
from minikube_py.cli.session import Session
from minikube_py.cli.writing import Results, WriteFlags
from minikube_py.client.yaml_text import Document

_CASCADES = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan", "true": "Background"}
_WEEK_S = 7 * 24 * 3600.0
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0


@dataclass(frozen=True)
class DeleteFlags(WriteFlags, SelectorFlags, FilenameFlags):
    """What delete takes."""

    all_: bool = flag(False, "", "All objects of the types in the namespace.", name="all")
    cascade: str = flag("background", "", "What becomes of dependents: background, orphan, foreground.", bare="true")
    force: bool = flag(False, "", "Delete at once, without waiting for the containers to end.")
    grace_period: int = flag(-1, "", "Seconds that the containers get to end; negative leaves it to the pod.")
    now: bool = flag(False, "", "The same as --grace-period=1.")
    ignore_not_found: bool = flag(False, "", "Treat a missing object as deleted.")
    wait: bool = flag(True, "", "Wait until the objects are gone.")
    timeout: float = flag(0.0, "", "How long to wait; 0 waits as long as it takes.")


@dataclass(frozen=True, slots=True)
class Deleted:
    """An object whose deletion was asked for, with the uid that has to vanish."""

    target: Target
    uid: str


def delete(call: Invocation[DeleteFlags]) -> None:
    """Delete objects."""
    flags = call.flags
    options = delete_options(flags)
    if flags.output not in ("", "name"):
        raise CommandError(f"unexpected -o output mode: {flags.output}. We only support '-o name'")
    results = Results.of(call.session, flags, "")
    if options.get("gracePeriodSeconds") == 0:
        call.session.warn(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. "
            "The resource may continue to run on the cluster indefinitely."
        )
    failures: list[CommandError] = []
    deleted: list[Deleted] = []
    count = 0
    for target in _targets(call):
        count += 1
        try:
            found = None if results.is_client_dry_run else request_deletion(call.session, target, options, results)
        except ServerError as error:
            if not (error.is_not_found and (flags.ignore_not_found or flags.all_)):
                failures.append(error)
            continue
        tell_deleted(target, results, "force deleted" if flags.force else "deleted")
        if found is not None:
            deleted.append(found)
    if flags.wait:
        failures += _wait(call, deleted)
    if failures:
        raise join_errors(failures)
    if not count:
        print("No resources found")


def delete_options(flags: DeleteFlags) -> Document:
    """Make the body of the requests.

    Raises: CommandError for flags that contradict each other.
    """
    grace = flags.grace_period
    if flags.now:
        if grace != -1:
            raise CommandError("--now and --grace-period cannot be specified together")
        grace = 1
    if flags.force:
        if grace > 0:
            raise CommandError("--force and --grace-period greater than 0 cannot be specified together")
        grace = 0
    elif grace == 0:
        # Nobody should lose data by accident: without --force the containers get a second.
        grace = 1
    policy = _CASCADES.get(flags.cascade)
    if policy is None:
        raise CommandError(f'invalid cascade value ({flags.cascade}). Must be "background", "foreground", or "orphan"')
    return {**({"gracePeriodSeconds": grace} if grace >= 0 else {}), "propagationPolicy": policy}


def _targets(call: Invocation[DeleteFlags]) -> list[Target]:
    flags = call.flags
    if flags.all_ and flags.filename:
        raise CommandError("cannot set --all and --filename at the same time")
    if flags.all_ and flags.selector:
        raise CommandError("cannot set --all and --selector at the same time")
    selection = Selection(
        call.words,
        flags.filename,
        flags.recursive,
        flags.kustomize,
        flags.selector,
        flags.field_selector,
        flags.all_namespaces,
        all_of_type=flags.all_,
    )
    found: list[Target] = []
    for one in resolve(call.session, selection):
        found += list_objects(call.session, one) if isinstance(one, Listing) else [one]
    return found


def request_deletion(session: Session, target: Target, options: Document, results: Results) -> Deleted | None:
    """Ask the server to delete an object; None when it only tries."""
    # A server that finds options in the body does not look at those of the query.
    dry_run = {"dryRun": ["All"]} if results.strategy == "server" else {}
    answer = session.connection.send("DELETE", target.path, {**options, **dry_run})
    if results.strategy != "none":
        return None
    details, metadata = answer.get("details") or {}, answer.get("metadata") or {}
    return Deleted(target, str(details.get("uid") or metadata.get("uid") or ""))


def tell_deleted(target: Target, results: Results, action: str = "deleted") -> None:
    """Print the line about an object whose deletion was asked for; with -o name, its name alone."""
    if results.printer is not None:
        print(target.label)
        return
    place = f" from {target.namespace} namespace" if target.namespace else ""
    results.tell_name(f'{target.resource.singular_name} "{target.name}"', f"{action}{place}")


def _wait(call: Invocation[DeleteFlags], deleted: list[Deleted]) -> list[CommandError]:
    deadline = time.monotonic() + (call.flags.timeout or _WEEK_S)
    failures: list[CommandError] = []
    for one in deleted:
        try:
            wait_until_gone(call.session, one, deadline)
        except CommandError as error:
            failures.append(error)
    return failures


def wait_until_gone(session: Session, one: Deleted, deadline: float) -> None:
    """Ask for an object until it is gone, or another one has its name; `deadline` is on the monotonic clock.

    Raises: CommandError when that takes too long.
    """
    pause_s = _FIRST_PAUSE_S
    while not _is_gone(session, one):
        if time.monotonic() >= deadline:
            label = f"{one.target.resource.plural}/{one.target.name}"
            raise CommandError(f"timed out waiting for the condition on {label}")
        time.sleep(min(pause_s, max(deadline - time.monotonic(), 0)))
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _is_gone(session: Session, one: Deleted) -> bool:
    try:
        document = session.connection.get(one.target.path)
    except ServerError as error:
        if error.is_not_found:
            return True
        raise
    return bool(one.uid) and document["metadata"].get("uid") != one.uid


COMMAND = Verb(
    "delete",
    delete,
    DeleteFlags,
    summary="Delete objects by files, names, or label selector",
    usage="delete (-f FILENAME | TYPE (NAME ... | -l LABEL | --all))",
    examples=f"""
# One pod, with a second to end
{PROGRAM} delete pod web-0 --now

# All services and config maps of the namespace
{PROGRAM} delete svc,cm --all
""",
)
