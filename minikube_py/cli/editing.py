"""An editor around documents: opened again, with the reasons, until what was saved is taken or nothing changes.

    document(s) ── YAML or JSON, a header ──> the editor ──> parsed, then `send` ──> done, or once more with reasons

Kubernetes: kubectl pkg/cmd/util/editor.
"""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from minikube_py.cli.errors import PROGRAM, CommandError, ServerError
from minikube_py.cli.manifests import Manifest, ManifestError, read_text
from minikube_py.cli.output import make_printer, parse_format, without_managed_fields
from minikube_py.cli.resource_arguments import Target, manifest_target
from minikube_py.cli.session import Session
from minikube_py.client.yaml_text import Document, load_documents
from minikube_py.errors import ConfigError

OBJECT_HEADER = (
    "# Please edit the object below. Lines beginning with a '#' will be ignored,\n"
    "# and an empty file will abort the edit. If an error occurs while saving this file will be\n"
    "# reopened with the relevant failures.\n#\n"
)

_EDITABLE = "json,kyaml,yaml"


@dataclass(slots=True)
class Problems:
    """What was wrong with one saved file: reasons to edit again, objects that are gone, refusals of another kind."""

    session: Session
    reasons: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    gone: int = 0
    refused: int = 0

    def add(self, target: Target, error: ServerError) -> None:
        """Tell of a refusal, and remember what follows from it."""
        if error.reason == "Invalid":
            causes = (error.status.get("details") or {}).get("causes") or []
            self.is_invalid(target, [f"{cause.get('field', '')}: {cause.get('message', '')}" for cause in causes])
        elif error.is_not_found:
            self.gone += 1
            self.session.warn(f"error: {_named(target)} could not be found on the server")
        else:
            self.refused += 1
            self.session.warn(f"error: {_named(target)} could not be patched: {error.said}")

    def is_invalid(self, target: Target, causes: Sequence[str]) -> None:
        self.reasons.append((f"{_named(target)} was not valid", causes))
        self.session.warn(f"error: {_named(target)} is invalid")

    @property
    def text(self) -> str:
        """The reasons as lines of the header."""
        lines: list[str] = []
        for head, causes in self.reasons:
            lines += [f"{head}:" if causes else head, *(f"* {cause}" for cause in causes), ""]
        return "".join(f"# {line}".rstrip() + "\n" for part in lines for line in (part.splitlines() or [""]))


Send = Callable[[Sequence[Target], Problems], None]
"""Does what an edited file asks for; refusals of the server go to the Problems. Raises: CommandError to give up."""


@dataclass(frozen=True, slots=True)
class Editing:
    """How documents are edited: as what, under which header, and whether they must be whole before they are sent."""

    session: Session
    header: str = OBJECT_HEADER
    output: str = ""
    validates: bool = True
    line_end: str = "\n"

    def run(self, targets: Sequence[Target], send: Send) -> None:
        """Open the editor until the file is taken, or nothing was changed.

        Raises: CommandError; the file is kept then, and named on stderr.
        """
        documents = [without_managed_fields(target.document or {}) for target in targets]
        whole = documents[0] if len(documents) == 1 else _list_of(documents)
        original = make_printer(parse_format(self.output or "yaml", allowed=_EDITABLE))(whole)
        path, text, problems = Path(), original, Problems(self.session)
        while True:
            before, is_again = text, bool(problems.reasons)
            previous, path = path, self._open(problems.text, text, path)
            text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
            if is_again and _content(before) == _content(text):
                raise self._kept(CommandError("Edit cancelled, no valid changes were saved."), path)
            if is_again:
                previous.unlink(missing_ok=True)
            problems, given_up = Problems(self.session), self._given_up(original, text)
            wrong = self._mistake(text)
            if wrong:
                problems.is_invalid(targets[0], [f'<nil>: Invalid value: "The edited file failed validation": {wrong}'])
            elif given_up:
                path.unlink()
                self.session.warn(f"Edit cancelled, {given_up}.")
                return
            else:
                self._send(text, problems, send, path)
            if not problems.reasons:
                path.unlink()
                return
            text = _without_comments(text)

    def _given_up(self, original: str, text: str) -> str:
        if _content(original) == _content(text):
            return "no changes made"
        return "" if _without_comments(text).strip() else "saved file was empty"

    def _mistake(self, text: str) -> str:
        """What is no object in a text; "" when all is well."""
        if not self.validates:
            return ""
        try:
            documents = list(load_documents(_without_comments(text)))
        except ConfigError as error:
            return f"{error.__cause__ or error}"
        if not documents or not all(isinstance(document, dict) for document in documents):
            return "invalid object to validate"
        lacking = [name for name in ("apiVersion", "kind") for document in documents if not document.get(name)]
        listed = ", ".join(f"{name} not set" for name in lacking)
        return f"[{listed}]" if len(lacking) > 1 else listed

    def _send(self, text: str, problems: Problems, send: Send, path: Path) -> None:
        try:
            manifests = list(read_text(text, "edited-file", validating=False))
            targets = [manifest_target(self.session, manifest) for manifest in manifests]
        except ManifestError as error:
            problems.reasons.append((f"The edited file had a syntax error: {error.message}", ()))
            return
        try:
            for target, manifest in zip(targets, manifests, strict=True):
                self._require_namespace(target, manifest)
            send(targets, problems)
        except CommandError as error:
            raise self._kept(error, path) from error
        if problems.refused:
            self.session.warn(f"You can run `{PROGRAM} replace -f {path}` to try this update again.")
            raise CommandError("")
        if problems.gone:
            self.session.warn(f'The edits you made on deleted resources have been saved to "{path}"')
            raise CommandError("")

    def _require_namespace(self, target: Target, manifest: Manifest) -> None:
        wanted = self.session.namespace
        if target.namespace and manifest.namespace not in ("", wanted):
            raise CommandError(
                f'the namespace from the provided object "{manifest.namespace}" does not match the namespace '
                f"\"{wanted}\". You must pass '--namespace={manifest.namespace}' to perform this operation."
            )

    def _open(self, reasons: str, body: str, previous: Path) -> Path:
        """Let the user edit a new file."""
        is_json = self.output == "json"
        suffix = ".json" if is_json else ".yaml"
        text = ("" if is_json else self.header + reasons) + body
        prefix = f"{PROGRAM}-edit-"
        with tempfile.NamedTemporaryFile(
            "w", prefix=prefix, suffix=suffix, delete=False, newline=self.line_end, encoding="utf-8"
        ) as file:
            file.write(text)
        editor = os.environ.get("KUBE_EDITOR") or os.environ.get("EDITOR") or "vi"
        try:
            code = subprocess.call([*shlex.split(editor), file.name])
        except OSError as error:
            raise self._kept(CommandError(f'unable to launch the editor "{editor}"'), previous) from error
        if code:
            raise self._kept(CommandError(f'there was a problem with the editor "{editor}"'), previous)
        return Path(file.name)

    def _kept(self, error: CommandError, path: Path) -> CommandError:
        if path.is_file():
            self.session.warn(f'A copy of your changes has been stored to "{path}"')
        return error


def original_of(target: Target, originals: Sequence[Target]) -> Target:
    """Find what an edited document was made from, by its uid, with the edited document in the answer's manifest.

    Raises: CommandError for a uid that nobody has.
    """
    uid = _uid(target.manifest.document if target.manifest else {})
    for original in originals:
        if _uid(original.document or {}) == uid:
            return replace(original, manifest=target.manifest)
    raise CommandError(f"no original object found for {_named(target)}")


def _uid(document: Document) -> str:
    return str((document.get("metadata") or {}).get("uid") or "")


def _named(target: Target) -> str:
    return f'{target.resource.full_name} "{target.name}"'


def _list_of(documents: list[Document]) -> Document:
    return {"apiVersion": "v1", "items": documents, "kind": "List", "metadata": {}}


def _without_comments(text: str) -> str:
    return "".join(f"{line}\n" for line in text.splitlines() if not line.lstrip().startswith("#"))


def _content(text: str) -> str:
    """What a text says, comments and spacing apart."""
    try:
        return json.dumps(list(load_documents(text)), sort_keys=True)
    except ConfigError:
        return _without_comments(text)
