"""pykubectl edit: an object as YAML in the user's editor, then a patch with what was changed.

Kubernetes: kubectl pkg/cmd/util/editor.
Simplified: one object at a time; a change that the server refuses is kept in a file instead of being edited again.
"""

import os
import shlex
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import MERGE_PATCH, STRATEGIC_MERGE_PATCH
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.output import without_managed_fields, yaml_text
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, Target, objects
from minikube_py.cli.writing import Results, ValidationFlags, WriteFlags, validation_query
from minikube_py.client.yaml_text import Document, load_documents
from minikube_py.errors import ConfigError

_HEADER = (
    "# Please edit the object below. Lines beginning with a '#' will be ignored,\n"
    "# and an empty file will abort the edit.\n#\n"
)


@dataclass(frozen=True)
class EditFlags(WriteFlags, ValidationFlags, FilenameFlags):
    """What edit takes."""


def edit(call: Invocation[EditFlags]) -> None:
    """Open the object in an editor and send what was changed."""
    flags = call.flags
    results = Results.of(call.session, flags, "kubectl-edit")
    found = list(objects(call.session, Selection(call.words, flags.filename, flags.recursive, flags.kustomize)))
    if len(found) != 1:
        raise CommandError(f"edit of several objects at once is not supported by {PROGRAM} yet; use kubectl")
    target = replace(found[0], document=without_managed_fields(found[0].document or {}))
    before = target.document or {}
    text = _HEADER + yaml_text(before)
    with tempfile.NamedTemporaryFile("w", prefix="kubectl-edit-", suffix=".yaml", delete=False) as file:
        file.write(text)
    path = Path(file.name)
    _open_editor(path)
    edited = path.read_text(encoding="utf-8")
    if edited == text or not _content(edited):
        path.unlink()
        call.session.warn("Edit cancelled, no changes made.")
        return
    try:
        after = _parse(edited)
        document = _send(call, target, after, results) if after != before else before
    except CommandError:
        call.session.warn(f'A copy of your changes has been stored to "{path}"')
        raise
    path.unlink()
    results.tell(document, "edited" if after != before else "skipped")


def _send(call: Invocation[EditFlags], target: Target, after: Document, results: Results) -> Document:
    from minikube_py.cli.patch_schemas import merges_strategically, patch_schema
    from minikube_py.patching.merge_patch import create_merge_patch
    from minikube_py.patching.strategic_diff import create_two_way_strategic_merge_patch

    before = target.document or {}
    for field in ("apiVersion", "kind"):
        if after.get(field) != before.get(field):
            raise CommandError(f"{field} may not be changed by edit")
    if (after.get("metadata") or {}).get("name") != target.name:
        raise CommandError("At least one of apiVersion, kind and name was changed")
    if merges_strategically(target.resource):
        schema = patch_schema(call.session, target.resource)
        patch, content_type = create_two_way_strategic_merge_patch(before, after, schema), STRATEGIC_MERGE_PATCH
    else:
        patch, content_type = create_merge_patch(before, after), MERGE_PATCH
    if results.is_client_dry_run:
        return after
    query = {**results.query, **validation_query(call.flags.validate)}
    sent: Any = call.session.connection.send("PATCH", target.path, patch, query, content_type)
    document: Document = sent
    return document


def _content(text: str) -> str:
    return "".join(line for line in text.splitlines() if not line.lstrip().startswith("#")).strip()


def _parse(text: str) -> Document:
    try:
        documents = list(load_documents(text, "edited"))
    except ConfigError as error:
        raise CommandError(str(error)) from error
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise CommandError("the edited file must hold one object")
    return documents[0]


def _open_editor(path: Path) -> None:
    editor = os.environ.get("KUBE_EDITOR") or os.environ.get("EDITOR") or "vi"
    try:
        code = subprocess.call([*shlex.split(editor), str(path)])
    except OSError as error:
        raise CommandError(f'unable to launch the editor "{editor}"') from error
    if code:
        raise CommandError(f'there was a problem with the editor "{editor}"')


COMMAND = Verb(
    "edit",
    edit,
    EditFlags,
    summary="Change an object in an editor",
    usage="edit (TYPE NAME | TYPE/NAME | -f FILENAME)",
    examples=f"""
# With another editor than vi
KUBE_EDITOR=nano {PROGRAM} edit deployment/web
""",
)
