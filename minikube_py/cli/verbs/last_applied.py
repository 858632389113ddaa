"""pykubectl apply edit-last-applied, set-last-applied and view-last-applied: the annotation that apply compares with.

Kubernetes: kubectl pkg/cmd/apply.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import MERGE_PATCH
from minikube_py.cli.editing import Editing, Problems, original_of
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.last_applied import LAST_APPLIED, compact_text, last_applied
from minikube_py.cli.output import yaml_text
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, Target, fetch, objects, resolve
from minikube_py.cli.verbs.edit import EditorFlags
from minikube_py.cli.writing import Results, WriteFlags
from minikube_py.client.yaml_text import Document

_HEADER = (
    "# Please edit the 'last-applied-configuration' annotations below.\n"
    "# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.\n#\n"
)


@dataclass(frozen=True)
class ViewFlags(FilenameFlags):
    """What apply view-last-applied takes."""

    output: str = flag("yaml", "o", "json or yaml.")
    all_: bool = flag(False, "", "All objects of the types in the namespace.", name="all")
    selector: str = flag("", "l", "Only objects whose labels match.")


@dataclass(frozen=True)
class SetFlags(WriteFlags):
    """What apply set-last-applied takes."""

    filename: tuple[str, ...] = flag((), "f", "Files, folders or URLs with what was applied last.")
    create_annotation: bool = flag(False, "", "Give the annotation to objects that have none.")


def view(call: Invocation[ViewFlags]) -> None:
    """Print what was applied last; objects without the annotation are passed over."""
    flags = call.flags
    if flags.all_ and flags.selector:
        raise CommandError(f"found non-empty label selector \"{flags.selector}\" with previously set 'all' parameter. ")
    selection = Selection(
        call.words, flags.filename, flags.recursive, flags.kustomize, flags.selector, all_of_type=flags.all_
    )
    annotations = [
        (target.document or {})["metadata"].get("annotations") or {} for target in objects(call.session, selection)
    ]
    texts = [each[LAST_APPLIED] for each in annotations if LAST_APPLIED in each]
    if texts and flags.output not in ("json", "yaml"):
        raise call.usage_error(f"Unexpected -o output mode: {flags.output}, the flag 'output' must be one of yaml|json")
    for text in texts:
        document = json.loads(text)
        sys.stdout.write(yaml_text(document) if flags.output == "yaml" else _json_text(document))


def _json_text(document: Document) -> str:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026") + "\n"


def set_last_applied(call: Invocation[SetFlags]) -> None:
    """Write files into the annotation, and change nothing else."""
    flags = call.flags
    results = Results.of(call.session, flags, "")
    for target in _changed(call):
        document = target.document or {}
        if not results.is_client_dry_run:
            document = _annotate(call, target, results)
        results.tell(document, "configured")


def _changed(call: Invocation[SetFlags]) -> list[Target]:
    """The objects that have another annotation; all are looked at before any is changed."""
    changed: list[Target] = []
    for found in resolve(call.session, Selection((), call.flags.filename)):
        if not isinstance(found, Target) or found.manifest is None:
            continue
        wanted = found.manifest.document
        if found.namespace:
            wanted = {**wanted, "metadata": {**found.manifest.metadata, "namespace": found.namespace}}
        target = replace(found, document=fetch(call.session, found), manifest=replace(found.manifest, document=wanted))
        present = last_applied(target.document or {})
        if present is None and not call.flags.create_annotation:
            raise CommandError(
                f"no last-applied-configuration annotation found on resource: {target.name}, to create the annotation, "
                "run the command with --create-annotation"
            )
        if present == wanted:
            print(f"set-last-applied {target.name}: no changes required.")
        else:
            changed.append(target)
    return changed


def _annotate(call: Invocation[SetFlags] | Invocation[EditorFlags], target: Target, results: Results) -> Document:
    wanted = target.manifest.document if target.manifest else {}
    patch = {"metadata": {"annotations": {LAST_APPLIED: compact_text(wanted)}}}
    document: Document = call.session.connection.send("PATCH", target.path, patch, results.query, MERGE_PATCH)
    return document


def edit_last_applied(call: Invocation[EditorFlags]) -> None:
    """Open what was applied last in an editor, and write it back."""
    flags = call.flags
    results = flags.results(call, "kubectl-client-side-apply")
    selection = Selection(call.words, flags.filename, flags.recursive, flags.kustomize, requires_selector=False)
    found = [
        replace(target, document=applied)
        for target in objects(call.session, selection)
        if (applied := last_applied(target.document or {})) is not None
    ]
    if not found:
        raise CommandError(
            "no last-applied-configuration annotation found on resources, to create the annotation, use command "
            f"`{PROGRAM} apply set-last-applied --create-annotation`"
        )

    def send(edited: Sequence[Target], problems: Problems) -> None:
        for target in edited:
            document = target.manifest.document if target.manifest else {}
            if document == original_of(target, found).document:
                results.tell(document, "skipped")
                continue
            _annotate(call, target, results)
            results.tell(document, "edited")

    editing = Editing(call.session, _HEADER, flags.output, line_end=flags.line_end)
    editing.run(found, send)


EDIT = Verb(
    "edit-last-applied",
    edit_last_applied,
    EditorFlags,
    summary="Change what was applied last in an editor",
    usage="edit-last-applied (TYPE NAME | TYPE/NAME | -f FILENAME)",
)
SET = Verb(
    "set-last-applied",
    set_last_applied,
    SetFlags,
    summary="Make what was applied last as files say",
    usage="set-last-applied -f FILENAME",
)
VIEW = Verb(
    "view-last-applied",
    view,
    ViewFlags,
    summary="Show what was applied last",
    usage="view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)",
)
