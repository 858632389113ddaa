"""How a runtime wakes those who watch it: a feed with any number of streams.

An event is a wake-up, not a record: the truth is what `list_containers` says afterwards. A stream misses nothing that
happens after it was opened, so: open the stream, list, then follow.

Kubernetes: the kubelet's evented PLEG (KEP-3386) over CRI's GetContainerEvents.
"""

import asyncio
from dataclasses import dataclass
from typing import Literal

EventKind = Literal["started", "exited", "removed"]


@dataclass(frozen=True, slots=True)
class RuntimeEvent:
    """Something happened to a container of a pod."""

    kind: EventKind
    pod_uid: str
    sandbox_id: str
    container_id: str


class EventStream:
    """Async iterator over the events since it was opened; ends when the feed ends or `close` is called."""

    def __init__(self, feed: "EventFeed") -> None:
        self._feed = feed
        self._queue: asyncio.Queue[RuntimeEvent | None] = asyncio.Queue()

    def __aiter__(self) -> "EventStream":
        return self

    async def __anext__(self) -> RuntimeEvent:
        event = await self._queue.get()
        if event is None:
            raise StopAsyncIteration
        return event

    def close(self) -> None:
        self._feed.forget(self)
        self._queue.put_nowait(None)

    def put(self, event: RuntimeEvent) -> None:
        self._queue.put_nowait(event)


class EventFeed:
    """Hands every event to every open stream, in order, without waiting for any of them."""

    def __init__(self) -> None:
        self._streams: list[EventStream] = []

    def open_stream(self) -> EventStream:
        stream = EventStream(self)
        self._streams.append(stream)
        return stream

    def publish(self, event: RuntimeEvent) -> None:
        for stream in self._streams:
            stream.put(event)

    def forget(self, stream: EventStream) -> None:
        if stream in self._streams:
            self._streams.remove(stream)

    def end(self) -> None:
        for stream in tuple(self._streams):
            stream.close()
