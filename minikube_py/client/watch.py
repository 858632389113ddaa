"""Watch: the lines of a watch stream, as typed events.

An ERROR event is raised as the ApiError that it carries, so a reader sees objects or an exception, never a Status.

Kubernetes: apimachinery/pkg/watch, staging/src/k8s.io/client-go/rest/watch
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

import orjson

from minikube_py.api.resource import Resource
from minikube_py.api.status import error_from_status

R = TypeVar("R", bound=Resource)


class EventType(StrEnum):
    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"
    """Nothing happened to any object; metadata.resourceVersion says how far the stream has come."""


@dataclass(frozen=True, slots=True)
class WatchEvent(Generic[R]):
    type: EventType
    object: R

    @property
    def revision(self) -> str:
        """Where to resume when this was the last event read."""
        return self.object.metadata.resource_version


_ENVELOPE = re.compile(rb'\s*\{"type":"([A-Z]+)","object":')


def decode_event(kind: type[R], line: bytes) -> WatchEvent[R]:
    """Read one line.

    Raises: the ApiError of an ERROR event (Expired, most often); DecodeError.
    """
    envelope = _ENVELOPE.match(line)
    if envelope is not None:
        name, document = envelope[1].decode(), line[envelope.end() : line.rindex(b"}")]
    else:
        whole = orjson.loads(line)
        name, document = whole["type"], orjson.dumps(whole["object"])
    if name == "ERROR":
        status = orjson.loads(document)
        raise error_from_status(status, int(status.get("code", 500)))
    return WatchEvent(EventType(name), kind.from_json(document))


async def decode_events(kind: type[R], lines: AsyncIterator[bytes]) -> AsyncIterator[WatchEvent[R]]:
    async for line in lines:
        if line:
            yield decode_event(kind, line)
