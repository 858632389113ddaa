"""Answer: what a handler gives back, before it becomes bytes on a connection.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass

import orjson

from minikube_py.api.manifest import dump_yaml
from minikube_py.api.model import Json
from minikube_py.apiserver.negotiation import JSON_TYPE, Rendering


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response. `body` is already in the form of `content_type`."""

    body: bytes
    code: int = 200
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """A response that goes on: each item is sent as soon as it is there."""

    chunks: AsyncGenerator[bytes, None]
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    code: int = 200


def json_answer(document: Json, *, code: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(orjson.dumps(document), code, headers=headers)


def success_answer(code: int) -> Answer:
    """The Status of a request that did what it should and has no object to show."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code}
    return json_answer(status, code=code)


def object_answer(data: bytes, rendering: Rendering, *, code: int = 200, warnings: Iterable[str] = ()) -> Answer:
    """An object's JSON text as the client wants it, with Warning headers."""
    body = dump_yaml(orjson.loads(data)).encode() if rendering.is_yaml else data
    return Answer(body, code, rendering.content_type, tuple(("Warning", warning_header(text)) for text in warnings))


def warning_header(text: str) -> str:
    """Kubernetes: RFC 7234 section 5.5, code 299."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'299 - "{escaped}"'
