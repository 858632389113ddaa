"""Request: a class and a verb become a URL. The one place in the clients that knows the grammar of API paths.

Kubernetes: staging/src/k8s.io/client-go/rest/request.go; the API conventions' "Resource paths"
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from minikube_py.api.definition import Definition

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, not yet bound to a server or a user."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str = JSON
    accept: str = JSON

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def is_read(self) -> bool:
        return self.method == "GET"


def resource_path(definition: Definition, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """The path of a collection, an object or a subresource; a collection without namespace spans all of them.

    Raises: ValueError for a single object of a namespaced kind without its namespace.
    """
    if name and definition.namespaced and not namespace:
        raise ValueError(f'{definition.kind} "{name}" was asked for without its namespace')
    parts = [definition.base_path]
    if namespace and definition.namespaced:
        parts += ["namespaces", quote(namespace, safe="")]
    parts.append(definition.plural)
    parts += [quote(part, safe="/:") for part in (name, subresource) if part]
    return "/".join(parts)


def query(**values: str | int | bool | None) -> tuple[tuple[str, str], ...]:
    """Query parameters without the empty ones; `continue_` stands for Python's reserved word."""
    return tuple((name.rstrip("_"), _text(value)) for name, value in values.items() if value not in ("", None, False))


def _text(value: str | int | bool | None) -> str:
    return "true" if value is True else str(value)
