"""Answer: what a handler gives back, before it becomes bytes on a connection.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass

import orjson

from minikube_py.api.model import Json
from minikube_py.apiserver.negotiation import JSON_TYPE, Rendering
from minikube_py.documents.manifest import dump_yaml

_CHUNK_ITEMS = 64
_CHUNK_BYTES = 128 * 1024
"""What is sent at once; so much of an answer waits in memory where a client reads slowly."""
_LIST_END = b"]}"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def pieces(text: bytes) -> Iterator[bytes]:
    """What is sent at once of one text."""
    if len(text) <= 2 * _CHUNK_BYTES:
        yield text
        return
    for start in range(0, len(text), _CHUNK_BYTES):
        yield text[start : start + _CHUNK_BYTES]


@dataclass(frozen=True, slots=True)
class ListText:
    """A document that ends with a JSON array, in pieces: put together while it is sent, never as a whole.

    So a reader costs the memory of what is on its way to him, and not that of the list.
    """

    head: bytes
    """Up to and with `[`."""
    items: Sequence[bytes]
    is_of_cache: bool = False
    """The items are texts that the cache keeps: the next list has the very same."""

    def __len__(self) -> int:
        return len(self.head) + sum(map(len, self.items)) + max(len(self.items) - 1, 0) + len(_LIST_END)

    def __bytes__(self) -> bytes:
        return b"".join(self.chunks())

    def groups(self) -> Iterator[Sequence[bytes]]:
        """The items that go out together."""
        group: list[bytes] = []
        size = 0
        for item in self.items:
            group.append(item)
            size += len(item)
            if size >= _CHUNK_BYTES or len(group) == _CHUNK_ITEMS:
                yield group
                group, size = [], 0
        if group:
            yield group

    def chunks(self) -> Iterator[bytes]:
        before = self.head
        for items in self.groups():
            yield before + b",".join(items)
            before = b","
        yield _LIST_END if self.items else self.head + _LIST_END


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response. `body` is already in the form of `content_type`."""

    body: bytes | ListText
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


def success_answer(wanted: Rendering, *, code: int = 0, details: Json = None) -> Answer:
    """The Status of a request that did what it should and has no object to show."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    more = {key: value for key, value in (("details", details), ("code", code)) if value}
    return object_answer(orjson.dumps(status | more), wanted, code=code or 200)


def object_answer(data: bytes | ListText, wanted: Rendering, *, code: int = 200) -> Answer:
    """The JSON text of an object or a list as the client wants it."""
    if wanted.is_yaml:
        data = dump_yaml(orjson.loads(bytes(data))).encode()
    elif wanted.is_pretty:
        data = orjson.dumps(orjson.loads(bytes(data)), option=orjson.OPT_INDENT_2)
    return Answer(data, code, wanted.content_type)


def warning_header(text: str) -> str:
    """A control character, which may be part of a field's name, becomes a space: no header can have one.

    Kubernetes: RFC 7234 section 5.5, code 299. There a warning with such a character is not sent.
    """
    escaped = _CONTROL.sub(" ", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'
