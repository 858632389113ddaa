"""-o custom-columns: a table whose columns the user names, HEADER:JSONPATH.

Kubernetes: kubectl pkg/cmd/get/customcolumn.go.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikube_py.cli.errors import CommandError
from minikube_py.cli.tabular import ColumnWriter
from minikube_py.cli.template import Template, find_values
from minikube_py.client.yaml_text import Document
from minikube_py.expressions.jsonpath import to_text


@dataclass(frozen=True, slots=True)
class Columns:
    """The parsed columns."""

    headers: tuple[str, ...]
    templates: tuple[Template, ...]

    def render(self, document: Document, no_headers: bool = False) -> str:
        """Format one object, or the items of a List.

        Raises: CommandError for a path that does not fit an object.
        """
        items = document["items"] if isinstance(document.get("items"), list) else [document]
        rows = [[_cell(template, item) for template in self.templates] for item in items]
        headers = [] if no_headers else [list(self.headers)]
        return ColumnWriter().format([*headers, *rows])


def from_text(text: str) -> Columns:
    """Read HEADER:JSONPATH,HEADER:JSONPATH.

    Raises: CommandError.
    """
    headers, templates = [], []
    for part in text.split(","):
        header, colon, path = part.partition(":")
        if not colon:
            raise CommandError(f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
        headers.append(header)
        templates.append(Template.parse_relaxed(path))
    return Columns(tuple(headers), tuple(templates))


def from_file(path: str) -> Columns:
    """Read a file with a line of headers and a line of paths.

    Raises: CommandError.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from error
    if len(lines) < 2:
        raise CommandError("unexpected EOF: a custom columns file has a line of headers and a line of paths")
    headers, paths = lines[0].split(), lines[1].split()
    if len(headers) != len(paths):
        raise CommandError(f"number of columns ({len(headers)}) and paths ({len(paths)}) differ in {path}")
    return Columns(tuple(headers), tuple(Template.parse_relaxed(path) for path in paths))


def _cell(template: Template, item: Any) -> str:
    values = find_values(template, item)
    return ",".join(_value_text(value) for value in values) if values else "<none>"


def _value_text(value: Any) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{_value_text(value[name])}" for name in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(_value_text(item) for item in value) + "]"
    return "<nil>" if value is None else to_text(value)
