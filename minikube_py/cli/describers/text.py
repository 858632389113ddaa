"""The text of one description, and the sections that all kinds share.

A description is lines with tabs, aligned at the end; a describer is a function that adds lines to one. It may ask
the server for what belongs to the object (events, pods of a node, replica sets of a deployment).

Kubernetes: kubectl pkg/describe/describe.go.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minikube_py.cli.ages import long_date
from minikube_py.cli.errors import ServerError
from minikube_py.cli.event_records import by_time, interval, sender
from minikube_py.cli.session import Session
from minikube_py.cli.tabular import align
from minikube_py.client.yaml_text import Document

MAX_ANNOTATION_LENGTH = 140
_HIDDEN_ANNOTATIONS = ("kubectl.kubernetes.io/last-applied-configuration",)


@dataclass(slots=True)
class Description:
    """One object's description in the making."""

    session: Session
    document: Document
    shows_events: bool = True
    lines: list[str] = field(default_factory=list)

    @property
    def metadata(self) -> Document:
        return dict(self.document.get("metadata") or {})

    @property
    def spec(self) -> Document:
        return dict(self.document.get("spec") or {})

    @property
    def status(self) -> Document:
        return dict(self.document.get("status") or {})

    def add(self, *cells: object) -> None:
        """Add one line of cells; leading spaces of the first are the indentation."""
        self.lines.append("\t".join(str(cell) for cell in cells))

    def text(self) -> str:
        """The aligned text."""
        return align("\n".join(self.lines) + "\n")


Describer = Callable[[Description], None]


def add_identity(out: Description, *, namespaced: bool = True) -> None:
    """Add name and namespace."""
    out.add("Name:", out.metadata["name"])
    if namespaced:
        out.add("Namespace:", out.metadata.get("namespace", ""))


def add_labels(out: Description, title: str = "Labels:", labels: Mapping[str, str] | None = None) -> None:
    """Add labels, one a line."""
    found = out.metadata.get("labels") if labels is None else labels
    pairs = [f"{name}={value}" for name, value in sorted((found or {}).items())] or ["<none>"]
    add_column(out, title, pairs)


def add_annotations(out: Description, title: str = "Annotations:", values: Mapping[str, str] | None = None) -> None:
    """Add annotations; long ones and those of several lines below their names."""
    found = out.metadata.get("annotations") if values is None else values
    shown = {name: value for name, value in sorted((found or {}).items()) if name not in _HIDDEN_ANNOTATIONS}
    entries: list[str] = []
    for name, value in shown.items():
        text = str(value).removesuffix("\n")
        if len(text) + len(name) + 2 < MAX_ANNOTATION_LENGTH and "\n" not in text:
            entries.append(f"{name}: {text}")
        else:
            entries.append(f"{name}:")
            entries += [f"  {_shorten(line)}" for line in text.split("\n")]
    add_column(out, title, entries or ["<none>"])


def add_column(out: Description, title: str, values: Iterable[str]) -> None:
    """Add values below each other, the title beside the first."""
    margin = " " * (len(title) - len(title.lstrip(" ")))
    for index, value in enumerate(values):
        out.add(margin if index else title, value)


def add_controller(out: Description) -> None:
    """Add who owns the object."""
    for owner in out.metadata.get("ownerReferences") or []:
        if owner.get("controller"):
            out.add("Controlled By:", f"{owner['kind']}/{owner['name']}")


def add_events(out: Description) -> None:
    """Add the table of the object's events."""
    if not out.shows_events:
        return
    found = _events_about(out)
    if not found:
        out.add("Events:", "<none>")
        return
    out.add("Events:")
    out.add("  Type", "Reason", "Age", "From", "Message")
    out.add("  ----", "------", "----", "----", "-------")
    for event in found:
        message = str(event.get("message", "")).strip()
        out.add(f"  {event.get('type', '')}", event.get("reason", ""), interval(event), sender(event), message)


def add_table(out: Description, headers: tuple[str, ...], rows: Iterable[tuple[Any, ...]], margin: str = "  ") -> None:
    """Add a table with its headers underlined."""
    out.add(margin + headers[0], *headers[1:])
    out.add(margin + "-" * len(headers[0]), *("-" * len(header) for header in headers[1:]))
    for row in rows:
        out.add(f"{margin}{str(row[0]).strip()}", *(str(cell).strip() for cell in row[1:]))


def date_or(timestamp: str | None, otherwise: str) -> str:
    """Write a time, or something else where there is none."""
    return long_date(timestamp) if timestamp else otherwise


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """Write a label selector on one line."""
    if not selector:
        return "<none>"
    parts = [f"{name}={value}" for name, value in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or []:
        key, operator = expression["key"], expression["operator"]
        values = ",".join(sorted(expression.get("values") or []))
        texts = {"Exists": key, "DoesNotExist": f"!{key}", "In": f"{key} in ({values})"}
        parts.append(texts.get(operator, f"{key} notin ({values})"))
    return ",".join(parts) or "<none>"


def selector_query(selector: Mapping[str, Any] | None) -> str:
    """Write a label selector for the server."""
    text = selector_text(selector)
    return "" if text == "<none>" else text


def _shorten(text: str) -> str:
    limit = MAX_ANNOTATION_LENGTH - len("  ")
    return text if len(text) <= limit else text[:limit] + "..."


def _events_about(out: Description) -> list[Document]:
    metadata = out.metadata
    parts = {
        "involvedObject.name": metadata["name"],
        "involvedObject.namespace": metadata.get("namespace", ""),
        "involvedObject.kind": out.document.get("kind", ""),
        "involvedObject.uid": metadata.get("uid", ""),
    }
    # A node's events carry its name where others carry a uid.
    if out.document.get("kind") == "Node":
        parts["involvedObject.uid"] = ""
    selector = ",".join(f"{name}={value}" for name, value in parts.items() if value)
    namespace = metadata.get("namespace", "")
    path = f"/api/v1/namespaces/{namespace}/events" if namespace else "/api/v1/events"
    try:
        answer = out.session.connection.get(path, {"fieldSelector": selector, "limit": 500})
    except ServerError:
        # Who may not read events may still read the object; kubectl leaves the section empty as well.
        return []
    return by_time(answer.get("items") or [])
