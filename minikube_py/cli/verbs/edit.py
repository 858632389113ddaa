"""pykubectl edit: objects as YAML in the user's editor, then a patch with what was changed.

Kubernetes: kubectl pkg/cmd/edit, pkg/cmd/util/editor.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import MERGE_PATCH, STRATEGIC_MERGE_PATCH
from minikube_py.cli.editing import Editing, Problems, original_of
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.output import OBJECT_FORMATS, OutputFlags, without_managed_fields
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, Target, objects
from minikube_py.cli.writing import Results, ValidationFlags, WriteFlags, validation_query
from minikube_py.client.yaml_text import Document


@dataclass(frozen=True)
class EditorFlags(OutputFlags, FilenameFlags):
    """What every verb with an editor takes."""

    output: str = flag("", "o", f"Edit json or yaml, and print the object; one of: {OBJECT_FORMATS}.")
    field_manager: str = flag("", "", "The name under which the server remembers who set the fields.")
    windows_line_endings: bool = flag(False, "", "Edit a file with Windows' line ends.")

    def results(self, call: "Invocation[EditorFlags]", field_manager: str) -> Results:
        """How the results are told. Raises: CommandError."""
        written = WriteFlags(self.output, self.template, self.show_managed_fields)
        return Results.of(call.session, written, self.field_manager or field_manager)

    @property
    def line_end(self) -> str:
        return "\r\n" if self.windows_line_endings else "\n"


@dataclass(frozen=True)
class EditFlags(EditorFlags, ValidationFlags):
    """What edit takes."""

    output_patch: bool = flag(False, "", "Print the patch as well.")
    save_config: bool = flag(False, "", "Remember the object in its last-applied annotation, for apply.")
    subresource: str = flag("", "", "Edit a part of the object: status.")


def edit(call: Invocation[EditFlags]) -> None:
    """Open the objects in an editor and send what was changed."""
    flags = call.flags
    results = flags.results(call, "kubectl-edit")
    if flags.subresource not in ("", "status"):
        raise CommandError(f'invalid subresource value: "{flags.subresource}". Must be one of [status]')
    query = {**results.query, **validation_query(flags.validate)}
    selection = Selection(call.words, flags.filename, flags.recursive, flags.kustomize, requires_selector=False)
    found = list(objects(call.session, selection))
    if not found:
        raise CommandError("edit cancelled, no objects found")

    def send(edited: Sequence[Target], problems: Problems) -> None:
        for target in edited:
            _send(call, original_of(target, found), results, query, problems)

    validates = query["fieldValidation"] != "Ignore"
    editing = Editing(call.session, output=flags.output, validates=validates, line_end=flags.line_end)
    editing.run(found, send)


def _send(
    call: Invocation[EditFlags], target: Target, results: Results, query: dict[str, str], problems: Problems
) -> None:
    from minikube_py.cli.last_applied import with_last_applied

    before = without_managed_fields(target.document or {})
    after = target.manifest.document if target.manifest else before
    if call.flags.save_config:
        after = with_last_applied(after)
    if after == before:
        results.tell(after, "skipped")
        return
    names = [(document.get("metadata") or {}).get("name") for document in (before, after)]
    if names[0] != names[1] or any(before.get(name) != after.get(name) for name in ("apiVersion", "kind")):
        raise CommandError("At least one of apiVersion, kind and name was changed")
    patch, content_type = _patch(call, target, before, after)
    if call.flags.output_patch:
        print("Patch:", json.dumps(patch, separators=(",", ":"), sort_keys=True, ensure_ascii=False))
    path = target.resource.path(target.namespace, target.name, call.flags.subresource)
    try:
        results.tell(call.session.connection.send("PATCH", path, patch, query, content_type), "edited")
    except ServerError as error:
        problems.add(target, error)


def _patch(call: Invocation[EditFlags], target: Target, before: Document, after: Document) -> tuple[Document, str]:
    from minikube_py.cli.patch_schemas import merges_strategically, patch_schema
    from minikube_py.patching.merge_patch import create_merge_patch
    from minikube_py.patching.strategic_diff import create_two_way_strategic_merge_patch

    if not merges_strategically(target.resource):
        return create_merge_patch(before, after), MERGE_PATCH
    schema = patch_schema(call.session, target.resource)
    return create_two_way_strategic_merge_patch(before, after, schema), STRATEGIC_MERGE_PATCH


COMMAND = Verb(
    "edit",
    edit,
    EditFlags,
    summary="Change objects in an editor",
    usage="edit (TYPE NAME | TYPE/NAME | -f FILENAME)",
    examples=f"""
# With another editor than vi
KUBE_EDITOR=nano {PROGRAM} edit deployment/web
""",
)
