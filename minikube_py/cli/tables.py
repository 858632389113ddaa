"""Prints the tables that the server makes of its objects.

The server decides the columns; this adds NAMESPACE, the type's prefix, labels and the watch's EVENT, and hides the
columns of priority 1 and above unless `wide`.

Kubernetes: cli-runtime printers/tableprinter.go; KEP on server-side printing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from minikube_py.cli.tabular import ColumnWriter
from minikube_py.client.yaml_text import Document


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What the user wants to see of a table."""

    wide: bool = False
    no_headers: bool = False
    with_namespace: bool = False
    kind_prefix: str = ""
    show_labels: bool = False
    label_columns: tuple[str, ...] = ()


@dataclass(slots=True)
class TablePrinter:
    """Prints the tables of one type; keeps columns and widths for the rows that a watch adds."""

    options: TableOptions
    columns: Sequence[Mapping[str, Any]] = ()
    writer: ColumnWriter = field(default_factory=ColumnWriter)
    has_printed_headers: bool = False

    def render(self, table: Document, event: str = "") -> str:
        """Format a Table; the headers come with the first one that has columns."""
        self.columns = table.get("columnDefinitions") or self.columns
        shown = [index for index, column in enumerate(self.columns) if self._is_shown(column)]
        rows = [self._row(row, shown, event) for row in table.get("rows") or []]
        if not rows:
            return ""
        if not self.has_printed_headers and not self.options.no_headers:
            rows.insert(0, self._headers(shown, bool(event)))
        self.has_printed_headers = True
        return self.writer.format(rows)

    def _is_shown(self, column: Mapping[str, Any]) -> bool:
        return self.options.wide or not column.get("priority")

    def _headers(self, shown: Sequence[int], with_event: bool) -> list[str]:
        options = self.options
        labels = [label.rpartition("/")[2].upper() for label in options.label_columns]
        return [
            *(["EVENT"] if with_event else []),
            *(["NAMESPACE"] if options.with_namespace else []),
            *(str(self.columns[index]["name"]).upper() for index in shown),
            *labels,
            *(["LABELS"] if options.show_labels else []),
        ]

    def _row(self, row: Mapping[str, Any], shown: Sequence[int], event: str) -> list[str]:
        options = self.options
        metadata = (row.get("object") or {}).get("metadata") or {}
        labels = metadata.get("labels") or {}
        cells = row["cells"]
        texts = []
        for index in shown:
            text = cell_text(cells[index]) if index < len(cells) else ""
            is_name = self.columns[index].get("format") == "name"
            texts.append(f"{options.kind_prefix}/{text}" if is_name and options.kind_prefix else text)
        return [
            *([event] if event else []),
            *([metadata.get("namespace", "")] if options.with_namespace else []),
            *texts,
            *(labels.get(label, "") for label in options.label_columns),
            *([labels_text(labels)] if options.show_labels else []),
        ]


def cell_text(value: object) -> str:
    """Write one cell; of several lines only the first."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        first = value.splitlines()[0] if value else ""
        return f"{first}..." if first != value else value
    return str(value)


def labels_text(labels: Mapping[str, str]) -> str:
    """Write labels in one column."""
    return ",".join(f"{name}={value}" for name, value in sorted(labels.items())) or "<none>"
