"""Watchers: streams that are opened anywhere and cut at any time, and followers that miss nothing to the end."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

import httpx
import orjson

from tests.torture.connection import SHADES, Connection, Kind
from tests.torture.history import Operation
from tests.torture.log import SHADE, marks
from tests.torture.writers import Seen

LAST = "zz-last-"
"""Objects of these names are written last: who has seen them has been told everything."""

_SHORTEST_S, _LONGEST_S = 0.3, 1.5
_IDLE_S = 40.0
"""Longer than between two bookmarks, and between two signs of life of a server that was stopped."""


class Stream:
    """One watch from its request to its end."""

    def __init__(self, connection: Connection, kind: Kind, operation: Operation) -> None:
        self._connection = connection
        self._kind = kind
        self.operation = operation
        self.position = operation.asked
        """Where the next stream goes on."""
        self.is_at_last = False

    async def read(self, timeout_s: int) -> None:
        """Read until the server ends it, or the connection breaks, or this is cancelled; record it in any case."""
        operation = self.operation
        try:
            await self._read(timeout_s)
        except (httpx.TransportError, ValueError):
            operation.ended = operation.ended or "cut"
            await self._connection.go_elsewhere()
        except asyncio.CancelledError:
            operation.ended = operation.ended or "left"
            raise
        finally:
            self._connection.done(operation)

    async def _read(self, timeout_s: int) -> None:
        parameters = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(timeout_s)}
        if self.operation.mode == "initial":
            parameters |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        else:
            parameters["resourceVersion"] = str(self.operation.asked)
        if self.operation.selector:
            parameters["labelSelector"] = f"{SHADE}={self.operation.selector}"
        url = f"{self.operation.server}{self._kind.path}"
        async with self._connection.http.stream("GET", url, params=parameters, timeout=_IDLE_S) as answer:
            self.operation.status = answer.status_code
            if answer.status_code != 200:
                await answer.aread()
                self.operation.ended = "gone" if answer.status_code == 410 else "refused"
                return
            rest = b""
            async for chunk in answer.aiter_bytes():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._take(orjson.loads(line))
                    if self.operation.ended:
                        return
            self.operation.ended = "closed"

    def _take(self, event: dict[str, Any]) -> None:
        kind, document = event["type"], event["object"]
        if kind == "ERROR":
            self.operation.ended = "gone" if document["code"] == 410 else f"error {document['code']}"
            return
        metadata = document["metadata"]
        revision, name = int(metadata["resourceVersion"]), metadata.get("name", "")
        is_marked = metadata.get("annotations", {}).get("k8s.io/initial-events-end") == "true"
        nonce = marks(document)[0] if kind != "BOOKMARK" else ""
        kind = "INITIAL-END" if is_marked else kind
        self.operation.events.append((kind, f"{self._kind.prefix}{name}" if name else "", revision, nonce))
        # The initial events come in the order of names: until their end there is nowhere to go on from.
        if self.operation.mode == "resume" or is_marked or self.position:
            self.position = revision
        self.is_at_last = self.is_at_last or name.startswith(LAST)


class Watcher:
    """Opens streams around the present revision and cuts each within a second or two."""

    def __init__(self, connection: Connection, seen: Seen) -> None:
        self._connection = connection
        self._random = connection.random
        self._seen = seen

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            kind = self._random.choice(self._seen.kinds)
            selector = self._random.choice(("", *SHADES))
            if self._random.random() < 0.3:
                operation = self._connection.operation("watch", kind.prefix, mode="initial", selector=selector)
            else:
                present = max(self._seen.revisions.values(), default=1)
                asked = max(1, present + self._random.randint(-100, 100))
                operation = self._connection.operation(
                    "watch", kind.prefix, mode="resume", selector=selector, asked=asked
                )
            with suppress(TimeoutError):
                async with asyncio.timeout(self._random.uniform(_SHORTEST_S, _LONGEST_S)):
                    await Stream(self._connection, kind, operation).read(60)
            if operation.ended == "gone":
                await asyncio.sleep(0.05)


class Follower:
    """Follows one kind from the beginning to the objects that are written last, over every broken stream."""

    def __init__(self, connection: Connection, kind: Kind, selector: str) -> None:
        self._connection = connection
        self._kind = kind
        self._selector = selector

    async def run(self) -> None:
        """Watch until the last objects came."""
        position, is_at_last = 0, False
        while not is_at_last:
            operation = self._connection.operation(
                "watch",
                self._kind.prefix,
                mode="resume" if position else "initial",
                asked=position,
                selector=self._selector,
            )
            stream = Stream(self._connection, self._kind, operation)
            await self._read(stream)
            position, is_at_last = stream.position, stream.is_at_last
            if operation.ended == "gone":
                position = 0
            if operation.ended != "closed":
                await asyncio.sleep(0.02)

    async def _read(self, stream: Stream) -> None:
        """Until it ends, or is at the last objects."""
        reading = asyncio.create_task(stream.read(20))
        try:
            while not stream.is_at_last and not reading.done():
                await asyncio.wait((reading,), timeout=0.1)
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    def stuck(self) -> Operation:
        """What to record when it did not come to the last objects in time."""
        now = time.monotonic()
        return Operation(
            self._connection.name, "watch", self._kind.prefix, now, now, status=200, ended="stuck", mode="initial"
        )
