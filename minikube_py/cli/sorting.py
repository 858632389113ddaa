"""--sort-by: orders documents, or the rows of a table that carry them.

Kubernetes: kubectl pkg/cmd/get/sorter.go.
"""

import re
from typing import Any

from minikube_py.cli.errors import CommandError
from minikube_py.cli.template import Template, find_values
from minikube_py.client.yaml_text import Document

_SUFFIXES = {"m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_SUFFIXES |= {f"{prefix}i": 1024.0**power for power, prefix in enumerate("KMGTPE", start=1)}
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)(m|k|[KMGTPE]i|[MGTPE])")


def sort_documents(documents: list[Document], path: str) -> list[Document]:
    """Order documents by a field.

    Raises: CommandError when no document has it.
    """
    template = Template.parse_relaxed(path)
    keys = [_key(template, document) for document in documents]
    _require_found(keys, template)
    return [document for _, document in sorted(zip(keys, documents, strict=True), key=lambda pair: pair[0])]


def sort_rows(table: Document, path: str) -> Document:
    """Order a table's rows by a field of their objects.

    Raises: CommandError when no object has it.
    """
    template = Template.parse_relaxed(path)
    rows = table["rows"]
    keys = [_key(template, row.get("object") or {}) for row in rows]
    _require_found(keys, template)
    return {**table, "rows": [row for _, row in sorted(zip(keys, rows, strict=True), key=lambda pair: pair[0])]}


def _require_found(keys: list[tuple[int, float, str]], template: Template) -> None:
    if keys and all(key[0] == 0 for key in keys):
        raise CommandError(f'couldn\'t find any field with path "{template.source}" in the list of objects')


def _key(template: Template, document: Any) -> tuple[int, float, str]:
    """Missing first, then numbers and quantities by size, then text."""
    values = find_values(template, document)
    value = values[0] if values else None
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, dict | list):
        raise CommandError(f"Field {template.source} is an unsortable type")
    if isinstance(value, int | float):
        return (1, float(value), "")
    quantity = _QUANTITY.fullmatch(value)
    if quantity:
        return (1, float(quantity.group(1)) * _SUFFIXES[quantity.group(2)], "")
    return (2, 0.0, value)
