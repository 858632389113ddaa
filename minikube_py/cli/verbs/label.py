"""pykubectl label and pykubectl annotate: KEY=VALUE sets, KEY- removes.

Kubernetes: kubectl pkg/cmd/label, pkg/cmd/annotate.
Simplified: no --local; keys are checked by the server only.
"""

import json
import re
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import MERGE_PATCH
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, SelectorFlags, Target, each, objects
from minikube_py.cli.writing import Results, WriteFlags
from minikube_py.client.yaml_text import Document

_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")


@dataclass(frozen=True)
class LabelFlags(WriteFlags, SelectorFlags, FilenameFlags):
    """What label and annotate take."""

    all_: bool = flag(False, "", "All objects of the types in the namespace.", name="all")
    list_: bool = flag(False, "", "Show the present ones.", name="list")
    overwrite: bool = flag(False, "", "Allow values to be replaced.")
    resource_version: str = flag("", "", "Only when this is the present version of the object.")


@dataclass(frozen=True, slots=True)
class Change:
    """What to set and what to remove; `key` is labels or annotations."""

    key: str
    values: dict[str, str]
    removed: tuple[str, ...]

    @property
    def noun(self) -> str:
        return self.key.removesuffix("s")

    def conflicts(self, present: Document) -> list[str]:
        """Say which values would be replaced."""
        return [
            f"'{name}' already has a value ({present[name]})"
            for name, value in self.values.items()
            if name in present and present[name] != value
        ]

    def patch(self, present: Document) -> Document:
        """Make the merge patch; empty when nothing changes."""
        changes: Document = {name: value for name, value in self.values.items() if present.get(name) != value}
        return {**changes, **{name: None for name in self.removed if name in present}}


def parse_change(key: str, words: tuple[str, ...]) -> tuple[tuple[str, ...], Change]:
    """Split the words into those that name objects and those that say what to change.

    Raises: CommandError for words in the wrong order, a value that is no label, a key set and removed.
    """
    noun = key.removesuffix("s")
    values: dict[str, str] = {}
    removed: list[str] = []
    resources: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name:
            _check_value(key, word, value)
            values[name] = value
        elif word.endswith("-") and not equals:
            removed.append(word[:-1])
        elif values or removed or equals:
            raise CommandError(f"all resources must be specified before {noun} changes: {word}")
        else:
            resources.append(word)
    if set(values) & set(removed):
        raise CommandError(f"can not both modify and remove {'a label' if noun == 'label' else 'an annotation'} "
                           "in the same command")  # fmt: skip
    return tuple(resources), Change(key, values, tuple(removed))


def _check_value(key: str, word: str, value: str) -> None:
    if key == "labels" and (len(value) > 63 or not _VALUE.fullmatch(value)):
        raise CommandError(
            f'invalid label value: "{word}": a valid label must be an empty string or consist of alphanumeric '
            "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
            "'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        )


def label(call: Invocation[LabelFlags]) -> None:
    """Change the labels of objects."""
    _run(call, "labels", "kubectl-label")


def annotate(call: Invocation[LabelFlags]) -> None:
    """Change the annotations of objects."""
    _run(call, "annotations", "kubectl-annotate")


def _run(call: Invocation[LabelFlags], key: str, field_manager: str) -> None:
    flags = call.flags
    resources, change = parse_change(key, call.words)
    if not change.values and not change.removed and not flags.list_:
        raise CommandError(f"at least one {change.noun} update is required")
    results = Results.of(call.session, flags, field_manager)
    selection = Selection(
        resources,
        flags.filename,
        flags.recursive,
        flags.kustomize,
        flags.selector,
        flags.field_selector,
        flags.all_namespaces,
        all_of_type=flags.all_,
    )

    def act(target: Target) -> None:
        if flags.list_:
            _list(target, key, is_many=flags.all_ or bool(flags.selector) or len(resources) > 2)
        else:
            _change_one(call, target, change, results)

    each(objects(call.session, selection), act)


def _list(target: Target, key: str, is_many: bool) -> None:
    document = target.document or {}
    indent = " " if is_many else ""
    if is_many:
        resource = target.resource
        print(f"Listing {key} for {resource.kind}.{resource.group}/{target.name}:")
    for name, value in sorted((document["metadata"].get(key) or {}).items()):
        print(f"{indent}{name}={value}")


def _change_one(call: Invocation[LabelFlags], target: Target, change: Change, results: Results) -> None:
    document = target.document or {}
    present: Document = document["metadata"].get(change.key) or {}
    conflicts = [] if call.flags.overwrite else change.conflicts(present)
    if conflicts and change.key == "labels":
        raise CommandError(f"{conflicts[0]}, and --overwrite is false")
    if conflicts:
        raise CommandError(
            f"--overwrite is false but found the following declared annotation(s): {'; '.join(conflicts)}"
        )
    if change.key == "labels":
        for name in change.removed:
            if name not in present:
                print(f'label "{name}" not found.')
    patch = change.patch(present)
    if patch and not results.is_client_dry_run:
        metadata: Document = {change.key: patch}
        if call.flags.resource_version:
            metadata["resourceVersion"] = call.flags.resource_version
        connection = call.session.connection
        document = connection.send("PATCH", target.path, {"metadata": metadata}, results.query, MERGE_PATCH)
    results.tell(document, _outcome(change, present, patch, call.flags.overwrite))


def _outcome(change: Change, present: Document, patch: Document, overwrite: bool) -> str:
    if change.key == "annotations":
        return "annotated"
    if not patch:
        return "not labeled"
    after = {name: value for name, value in {**present, **patch}.items() if value is not None}
    shrinks = len(json.dumps(after)) < len(json.dumps(present))
    return "unlabeled" if shrinks and not overwrite else "labeled"


COMMAND = Verb(
    "label",
    label,
    LabelFlags,
    summary="Change the labels of objects",
    usage="label [--overwrite] (-f FILENAME | TYPE NAME) KEY=VALUE ... KEY- ...",
    examples=f"""
# Set one label, remove another
{PROGRAM} label pod web tier=front old-
""",
)
ANNOTATE = Verb(
    "annotate",
    annotate,
    LabelFlags,
    summary="Change the annotations of objects",
    usage="annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY=VALUE ... KEY- ...",
)
