"""YAML for people's files: kubeconfigs, manifests, `-o yaml`; api.manifest, with the client's error.

Invariant: `load_documents(dump(value))` gives `value` again, for every JSON value but null.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minikube_py.documents.manifest import ManifestError, dump_yaml, load_all_yaml
from minikube_py.errors import ConfigError

Document = dict[str, Any]


def load_documents(text: str, source: str = "input") -> Iterator[Any]:
    """Read every document of a YAML (or JSON) text, empty ones left out.

    Raises: ConfigError with the place of the mistake.
    """
    try:
        for document, _ in load_all_yaml(text):
            yield document
    except ManifestError as error:
        raise ConfigError(f"error parsing {source}: error converting YAML to JSON: {error}") from error


def dump(value: Any) -> str:
    """Write one value as YAML text that ends with a newline, as kubectl does."""
    return dump_yaml(value)
