"""What the verbs that change objects share: --dry-run, the field manager, and how each result is told.

A result is one line, `deployment.apps/web scaled`, or the object itself with -o. Every verb makes one `Results` and
hands it each object that was changed; the words of a dry run are added here.

Kubernetes: cmdutil.DryRunStrategy, cli-runtime printers.NamePrinter.
"""

import sys
from dataclasses import dataclass
from typing import Any

from minikube_py.cli.errors import CommandError, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.output import OBJECT_FORMATS, OutputFlags, Printer, make_printer, parse_format, qualified_kind
from minikube_py.cli.session import Session
from minikube_py.client.yaml_text import Document


@dataclass(frozen=True)
class WriteFlags(OutputFlags):
    """The flags of every verb that changes objects; without slots, so that verbs can combine it."""

    output: str = flag("", "o", f"Print the object instead of a line; one of: {OBJECT_FORMATS}.")
    dry_run: str = flag("none", "", "none, client (send nothing) or server (store nothing).", bare="unchanged")
    field_manager: str = flag("", "", "The name under which the server remembers who set the fields.")


@dataclass(frozen=True)
class ValidationFlags:
    """The flag of the verbs that send whole objects."""

    validate: str = flag("strict", "", "What the server does with unknown fields: strict, warn or ignore.", bare="true")


_DRY_RUN_WORDS = {"none": "", "client": " (dry run)", "server": " (server dry run)"}
_VALIDATIONS = {"strict": "Strict", "warn": "Warn", "ignore": "Ignore", "true": "Strict", "false": "Ignore"}


@dataclass(slots=True)
class Results:
    """How changes are asked for and told; `strategy` is none, client or server."""

    strategy: str
    field_manager: str
    printer: Printer | None
    is_yaml: bool = False
    printed: int = 0

    @classmethod
    def of(cls, session: Session, flags: WriteFlags, field_manager: str) -> "Results":
        """Read the flags.

        Raises: CommandError for a dry run or an output format that is not known.
        """
        strategy = flags.dry_run
        if strategy == "unchanged":
            session.warn("--dry-run is deprecated and can be replaced with --dry-run=client.")
            strategy = "client"
        if strategy not in _DRY_RUN_WORDS:
            raise CommandError(f'Invalid dry-run value ({strategy}). Must be "none", "server", or "client".')
        chosen = parse_format(flags.output, flags.template, OBJECT_FORMATS)
        printer = None if chosen.is_table else make_printer(chosen, keep_managed_fields=flags.show_managed_fields)
        return cls(strategy, flags.field_manager or field_manager, printer, chosen.name == "yaml")

    @property
    def is_client_dry_run(self) -> bool:
        return self.strategy == "client"

    @property
    def suffix(self) -> str:
        """What is written behind a result when nothing has happened."""
        return _DRY_RUN_WORDS[self.strategy]

    @property
    def query(self) -> dict[str, str]:
        """The query of a request that changes something."""
        dry_run = {"dryRun": "All"} if self.strategy == "server" else {}
        return {**dry_run, **({"fieldManager": self.field_manager} if self.field_manager else {})}

    def tell(self, document: Document, action: str) -> None:
        """Print one result; `action` is what happened to the object: created, scaled."""
        if self.printer is not None:
            separator = "---\n" if self.is_yaml and self.printed else ""
            sys.stdout.write(separator + self.printer(document))
        else:
            self.tell_name(f"{qualified_kind(document)}/{document['metadata'].get('name', '')}", action)
        self.printed += 1

    def tell_name(self, label: str, action: str) -> None:
        """Print one line about an object of which only the name is known."""
        print(f"{label} {action}{self.suffix}")


def validation_query(validate: str) -> dict[str, str]:
    """Say how strictly the server is to read.

    Raises: CommandError for a value that is not known.
    """
    value = _VALIDATIONS.get(validate.lower())
    if value is None:
        raise CommandError(
            f'invalid - validate option "{validate}"; must be one of: strict (or true), warn, ignore (or false)'
        )
    return {"fieldValidation": value}


def server_message(error: ServerError) -> str:
    """What the server itself said, without the words put in front of it."""
    return error.said


def put_in_front(error: ServerError, words: str) -> CommandError:
    """Say during what the server refused, as in: Error from server (BadRequest): error when creating "a.yaml": ..."""
    if error.reason == "Invalid" or not error.status.get("message"):
        return error
    return ServerError(error.code, error.status, f"{words}: {server_message(error)}")


def parse_pairs(text: str) -> dict[str, str]:
    """Read a=b,c=d.

    Raises: CommandError for a part without =.
    """
    pairs: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise CommandError(f"unexpected label/annotation: {part}")
        pairs[key] = value
    return pairs


def without_nulls(document: Any) -> Any:
    """Copy a document without the members that are null."""
    if isinstance(document, dict):
        return {name: without_nulls(value) for name, value in document.items() if value is not None}
    return [without_nulls(item) for item in document] if isinstance(document, list) else document
