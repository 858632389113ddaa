"""pykubectl diff: what apply would change, shown by the program diff.

The server says what each object would become (a dry run); both states are written as files into two folders, which an
external program compares. Exit code: 0 no difference, 1 some, more than 1 a failure.

Kubernetes: kubectl pkg/cmd/diff.
Simplified: no --prune, no --concurrency.
"""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import APPLY_PATCH, Request
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.last_applied import LAST_APPLIED
from minikube_py.cli.manifests import labelled
from minikube_py.cli.output import without_managed_fields, yaml_text
from minikube_py.cli.resource_arguments import FilenameFlags, Target, manifest_target, manifests_of
from minikube_py.client.yaml_text import Document

_FAILED = 2


@dataclass(frozen=True)
class DiffFlags(FilenameFlags):
    """What diff takes."""

    server_side: bool = flag(False, "", "Let the server apply, with field managers.")
    force_conflicts: bool = flag(False, "", "With --server-side: take fields over from other managers.")
    field_manager: str = flag("", "", "The name under which the server would remember who set the fields.")
    show_managed_fields: bool = flag(False, "", "Compare metadata.managedFields as well.")
    selector: str = flag("", "l", "Only the files' objects whose labels match.")


def diff(call: Invocation[DiffFlags]) -> int:
    """Compare, and return the exit code of the comparing program."""
    try:
        _check(call)
        with _folders() as (live, merged):
            for manifest in labelled(manifests_of(call.session, call.flags), call.flags.selector):
                target = manifest_target(call.session, manifest)
                _write_both(call, target, live, merged)
            return _compare(live, merged)
    except CommandError as error:
        error.exit_code = max(error.exit_code, _FAILED)
        raise


def _check(call: Invocation[DiffFlags]) -> None:
    flags = call.flags
    if call.words:
        raise call.usage_error(f"Unexpected args: [{' '.join(call.words)}]")
    flags.require_files()


def _write_both(call: Invocation[DiffFlags], target: Target, live: Path, merged: Path) -> None:
    """Write the object as it is and as it would be."""
    present: Document | None
    try:
        present = call.session.connection.get(target.path)
    except ServerError as error:
        if not error.is_not_found:
            raise
        present = None
    wanted = _server_side(call, target) if call.flags.server_side else _client_side(call, target, present)
    name = _file_name(target)
    is_secret = (target.resource.group, target.resource.kind) == ("", "Secret")
    shown_present, shown_wanted = _masked(present, wanted) if is_secret else (present, wanted)
    keeps = call.flags.show_managed_fields
    if shown_present is not None or is_secret:
        _write(live / name, shown_present, keeps)
    _write(merged / name, shown_wanted, keeps)


def _write(path: Path, document: Document | None, keeps_managed_fields: bool) -> None:
    if document is None:
        path.write_text("null\n")
        return
    path.write_text(yaml_text(document if keeps_managed_fields else without_managed_fields(document)))


def _file_name(target: Target) -> str:
    resource = target.resource
    parts = (resource.group, resource.version, resource.kind, target.namespace, target.name)
    return ".".join(part for part in parts if part)


def _client_side(call: Invocation[DiffFlags], target: Target, present: Document | None) -> Document:
    from minikube_py.cli.verbs.apply import three_way_patch

    manager = call.flags.field_manager or "kubectl-client-side-apply"
    query = {"dryRun": "All", "fieldManager": manager}
    wanted = target.manifest.document if target.manifest else {}
    if target.namespace:
        wanted = {**wanted, "metadata": {**(wanted.get("metadata") or {}), "namespace": target.namespace}}
    connection = call.session.connection
    if present is None:
        found: Any = connection.send("POST", target.resource.path(target.namespace), wanted, query)
        return dict(found)
    from minikube_py.cli.last_applied import with_last_applied

    patch, content_type = three_way_patch(call.session, target.resource, with_last_applied(wanted), present)
    if not patch:
        return present
    # The annotation that remembers what was applied is no news to anybody: it is left out.
    metadata = dict(patch.get("metadata") or {})
    annotations = {name: value for name, value in (metadata.get("annotations") or {}).items() if name != LAST_APPLIED}
    metadata = {**metadata, "annotations": annotations, "resourceVersion": present["metadata"]["resourceVersion"]}
    if not annotations:
        metadata.pop("annotations")
    answer: Any = connection.send("PATCH", target.path, {**patch, "metadata": metadata}, query, content_type)
    return dict(answer)


def _server_side(call: Invocation[DiffFlags], target: Target) -> Document:
    flags = call.flags
    force = str(flags.force_conflicts).lower()
    query = {"dryRun": "All", "fieldManager": flags.field_manager or "kubectl", "force": force}
    body = target.manifest.document if target.manifest else {}
    request = Request("PATCH", target.path, query, body, APPLY_PATCH)
    document: Document = call.session.connection.ask(request).json()
    return document


def _masked(present: Document | None, wanted: Document) -> tuple[Document | None, Document]:
    """Hide the values of a secret, but not whether they differ."""
    old, new = (present or {}).get("data") or {}, wanted.get("data") or {}
    stars = "***"
    shown_old = {key: f"{stars} (before)" if key in new and new[key] != value else stars for key, value in old.items()}
    shown_new = {key: f"{stars} (after)" if key in old and old[key] != value else stars for key, value in new.items()}
    before = None if present is None else {**present, **({"data": shown_old} if old else {})}
    return before, {**wanted, **({"data": shown_new} if new else {})}


@contextmanager
def _folders() -> Iterator[tuple[Path, Path]]:
    live, merged = Path(tempfile.mkdtemp(prefix="LIVE-")), Path(tempfile.mkdtemp(prefix="MERGED-"))
    try:
        yield live, merged
    finally:
        shutil.rmtree(live, ignore_errors=True)
        shutil.rmtree(merged, ignore_errors=True)


def _compare(live: Path, merged: Path) -> int:
    words = shlex.split(os.environ.get("KUBECTL_EXTERNAL_DIFF", "")) or ["diff"]
    options = ["-u", "-N"] if len(words) == 1 and words[0] == "diff" else []
    try:
        return subprocess.run([*words, *options, str(live), str(merged)], check=False).returncode
    except OSError as error:
        raise CommandError(f'failed to run "{words[0]}": {(error.strerror or "").lower()}', _FAILED) from error


COMMAND = Verb(
    "diff",
    diff,
    DiffFlags,
    summary="Show what apply would change",
    usage="diff -f FILENAME",
    examples=f"""
# What would happen to the cluster's objects
{PROGRAM} diff -f web.yaml

# With another program
KUBECTL_EXTERNAL_DIFF="diff --color -u -N" {PROGRAM} diff -f web.yaml
""",
)
