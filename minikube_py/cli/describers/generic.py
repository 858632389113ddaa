"""Any kind without a describer of its own: its fields by name.

Kubernetes: kubectl pkg/describe (genericDescriber).
"""

import re
from typing import Any

from minikube_py.cli.describers.text import Description, add_annotations, add_events, add_labels
from minikube_py.client.yaml_text import Document

_ACRONYMS = {"api": "API", "uid": "UID", "url": "URL", "osb": "OSB", "guid": "GUID"}
_SHOWN_ABOVE = ("name", "namespace", "labels", "annotations", "managedFields", "selfLink")


def describe_generic(out: Description) -> None:
    """Describe any object."""
    out.add("Name:", out.metadata["name"])
    out.add("Namespace:", out.metadata.get("namespace", ""))
    add_labels(out)
    add_annotations(out)
    metadata = {name: value for name, value in out.metadata.items() if name not in _SHOWN_ABOVE}
    _add_fields(out, {**out.document, "metadata": metadata}, depth=0)
    add_events(out)


def _add_fields(out: Description, fields: Document, depth: int) -> None:
    margin = "  " * depth
    for name in sorted(fields):
        value, label = fields[name], field_label(name)
        if isinstance(value, dict):
            out.add(f"{margin}{label}:")
            _add_fields(out, value, depth + 1)
        elif isinstance(value, list):
            out.add(f"{margin}{label}:")
            for item in value:
                if isinstance(item, dict):
                    _add_fields(out, item, depth + 1)
                else:
                    out.add(f"{margin}  {_scalar(item)}")
        else:
            out.add(f"{margin}{label}:", _scalar(value))


def field_label(name: str) -> str:
    """Split a field's name into words: creationTimestamp -> Creation Timestamp."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+|[^A-Za-z0-9]+", name)
    return " ".join(_ACRONYMS.get(word.lower(), word[:1].upper() + word[1:]) for word in words)


def _scalar(value: Any) -> str:
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
