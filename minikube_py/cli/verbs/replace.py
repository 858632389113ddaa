"""pykubectl replace: each object becomes what its file says, whole.

Kubernetes: kubectl pkg/cmd/replace.
Simplified: no --raw, no --subresource.
"""

import time
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.last_applied import last_applied, with_last_applied
from minikube_py.cli.manifests import Manifest, act_on_each
from minikube_py.cli.resource_arguments import FilenameFlags, Target, manifest_target, manifests_of
from minikube_py.cli.verbs.delete import Deleted, wait_until_gone
from minikube_py.cli.writing import Results, ValidationFlags, WriteFlags, put_in_front, validation_query


@dataclass(frozen=True)
class ReplaceFlags(WriteFlags, ValidationFlags, FilenameFlags):
    """What replace takes."""

    save_config: bool = flag(False, "", "Remember the object in its last-applied annotation, for apply.")
    force: bool = flag(False, "", "Delete the object and make it anew.")
    grace_period: int = flag(-1, "", "With --force: seconds for pods to end; -1 leaves it to the pod.")
    timeout: float = flag(0.0, "", "With --force: how long to wait until the object is gone; 0 has no end.")


def replace_objects(call: Invocation[ReplaceFlags]) -> None:
    """Replace every object of the files; one that fails does not stop the others."""
    flags = call.flags
    flags.require_files()
    if not flags.force and flags.grace_period >= 0:
        raise CommandError("--grace-period must have --force specified")
    if not flags.force and flags.timeout:
        raise CommandError("--timeout must have --force specified")
    results = Results.of(call.session, flags, "kubectl-replace")
    manifests = manifests_of(call.session, flags)
    _, failures = act_on_each(manifests, lambda manifest: _replace_one(call, manifest, results))
    if failures:
        raise join_errors(failures)


def _replace_one(call: Invocation[ReplaceFlags], manifest: Manifest, results: Results) -> None:
    target = manifest_target(call.session, manifest)
    document = manifest.document
    if target.namespace:
        document = {**document, "metadata": {**manifest.metadata, "namespace": target.namespace}}
    if call.flags.save_config or last_applied(document) is not None:
        document = with_last_applied(document)
    if results.is_client_dry_run:
        results.tell(document, "replaced")
        return
    query = {**results.query, **validation_query(call.flags.validate)}
    try:
        if call.flags.force:
            _delete(call, target, results)
            request = Request("POST", target.resource.path(target.namespace), query, document)
        else:
            request = Request("PUT", target.path, query, document)
        document = call.session.connection.ask(request).json()
    except ServerError as error:
        raise put_in_front(error, f'error when replacing "{manifest.source}"') from error
    results.tell(document, "replaced")


def _delete(call: Invocation[ReplaceFlags], target: Target, results: Results) -> None:
    """Delete the object, if it is there, and wait until it is gone."""
    flags, session = call.flags, call.session
    grace = {"gracePeriodSeconds": max(flags.grace_period, 1)} if flags.grace_period >= 0 else {}
    try:
        answer = session.connection.send("DELETE", target.path, {**grace, "propagationPolicy": "Background"})
    except ServerError as error:
        if error.is_not_found:
            return
        raise
    uid = (answer.get("details") or {}).get("uid") or (answer.get("metadata") or {}).get("uid") or ""
    place = f" from {target.namespace} namespace" if target.namespace else ""
    results.tell_name(f'{target.resource.singular_name} "{target.name}"', f"deleted{place}")
    timeout_s = flags.timeout or _WEEK_S
    wait_until_gone(session, Deleted(target, str(uid)), time.monotonic() + timeout_s)


_WEEK_S = 7 * 24 * 3600.0
COMMAND = Verb(
    "replace",
    replace_objects,
    ReplaceFlags,
    summary="Put objects in place of those of the same name",
    usage="replace -f FILENAME",
    examples=f"""
# Whatever web was, it is now what the file says
{PROGRAM} replace -f web.yaml

# Even what may not be changed
{PROGRAM} replace --force -f web.yaml
""",
)
