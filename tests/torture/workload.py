"""The workload: eight writers, four readers, twelve watchers and a follower of each kind, for some seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.eventually import eventually
from tests.torture.connection import KINDS, SHADES, Connection
from tests.torture.history import History
from tests.torture.readers import Reader
from tests.torture.watchers import LAST, Follower, Watcher
from tests.torture.writers import Seen, Writer


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many of each, and over how many names."""

    writers: int = 8
    readers: int = 4
    watchers: int = 12
    names: int = 40
    has_large: bool = True


class Workload:
    def __init__(self, servers: Sequence[str], traffic: Traffic, seed: int) -> None:
        self._servers, self._traffic, self._seed = tuple(servers), traffic, seed
        self._connections: list[Connection] = []
        self._following: dict[asyncio.Task[None], Follower] = {}
        self._load: list[asyncio.Task[None]] = []
        self.history = History()
        self.seen = Seen(KINDS, traffic.names, traffic.has_large)

    @property
    def slowest_s(self) -> float:
        """The longest that any request (a watch is none) waited for its answer."""
        requests = (operation for operation in self.history.operations if operation.op != "watch")
        return max(operation.t_end - operation.t_start for operation in requests)

    @asynccontextmanager
    async def running(self, settle_s: float = 20.0) -> AsyncIterator[None]:
        """Load until the block ends; then `settle`, if that was not done already."""
        followers = [
            Follower(self.connection(f"follower{number}-{selector or 'all'}"), kind, selector)
            for number, kind in enumerate(KINDS)
            for selector in ("", *SHADES[: number % 2])
        ]
        self._following = {asyncio.create_task(follower.run()): follower for follower in followers}
        self._load = [asyncio.create_task(work()) for work in self._clients()]
        try:
            yield
            await self.settle(settle_s)
        finally:
            await _cancelled([*self._load, *self._following])
            for connection in self._connections:
                await connection.http.aclose()
        for task in (*self._load, *self._following):
            if not task.cancelled():
                task.result()

    async def settle(self, timeout_s: float) -> None:
        """End the load, write the last objects, and wait until every follower has seen them."""
        if not self._load:
            return
        await _cancelled(self._load)
        self._load = []
        await self._write_last(timeout_s)
        _, late = await asyncio.wait(self._following, timeout=timeout_s)
        for task in late:
            self.history.add(self._following[task].stuck())

    def _clients(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        of, traffic, seen = self.connection, self._traffic, self.seen
        return [
            *(Writer(of(f"writer{number}"), seen).run for number in range(traffic.writers)),
            *(Reader(of(f"reader{number}"), seen).run for number in range(traffic.readers)),
            *(Watcher(of(f"watcher{number}"), seen).run for number in range(traffic.watchers)),
        ]

    def connection(self, name: str) -> Connection:
        connection = Connection(name, self._servers, self.history, self._seed)
        self._connections.append(connection)
        return connection

    async def _write_last(self, timeout_s: float) -> None:
        writer = Writer(self.connection("last"), self.seen)
        for kind in KINDS:
            for shade in SHADES:
                names = iter(f"{LAST}{shade}-{attempt}" for attempt in range(1_000_000))
                await eventually(
                    lambda kind=kind, shade=shade, names=names: writer.create_named(kind, next(names), shade),  # type: ignore[misc]
                    timeout_s=timeout_s,
                )


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
