"""One client of the API: it sends requests to one server after the other and records every answer."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from tests.torture.history import UNKNOWN, History, Operation
from tests.torture.log import marks

TIMEOUT_S = 8.0
_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind under load: the path of its objects, and the store's prefix."""

    path: str
    prefix: str


KINDS = (
    Kind("/api/v1/namespaces/default/configmaps", "/registry/configmaps/default/"),
    Kind("/api/v1/namespaces/default/secrets", "/registry/secrets/default/"),
    Kind("/api/v1/namespaces/default/serviceaccounts", "/registry/serviceaccounts/default/"),
    Kind("/apis/coordination.k8s.io/v1/namespaces/default/leases", "/registry/coordination.k8s.io/leases/default/"),
)
SHADES = ("dark", "light")


class Connection:
    """Requests of one client, to one server of several until that one fails."""

    def __init__(self, name: str, servers: Sequence[str], history: History, seed: int) -> None:
        self.name = name
        self.random = random.Random(f"{seed}-{name}")
        self._servers = servers
        self._current = self.random.randrange(len(servers))
        self._history = history
        self.http = httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S, verify=False)
        self.slowest_s = 0.0

    @property
    def server(self) -> str:
        return self._servers[self._current]

    def operation(self, op: str, key: str, **known: Any) -> Operation:
        return Operation(self.name, op, key, time.monotonic(), server=self.server, **known)

    async def send(
        self, operation: Operation, method: str, path: str, body: object = None, **parameters: str
    ) -> dict[str, Any]:
        """Send it once; the answer's document ({} when there was none). The operation is recorded by `done`."""
        try:
            content = None if body is None else orjson.dumps(body)
            answer = await self.http.request(
                method,
                f"{operation.server}{path}",
                params=parameters,
                content=content,
                headers={"Content-Type": "application/json"},
            )
            document: dict[str, Any] = orjson.loads(answer.content)
            operation.status = answer.status_code
            if answer.status_code >= 500:
                operation.message = document["message"]
                await self.go_elsewhere()
        except (httpx.TransportError, ValueError):  # ValueError: an answer that broke off
            operation.status, document = UNKNOWN, {}
            await self.go_elsewhere()
        return document

    def done(self, operation: Operation) -> None:
        operation.t_end = time.monotonic()
        self.slowest_s = max(self.slowest_s, operation.t_end - operation.t_start)
        self._history.add(operation)

    async def go_elsewhere(self) -> None:
        self._current = (self._current + 1) % len(self._servers)
        await asyncio.sleep(_PAUSE_S)


def read_mark(operation: Operation, document: dict[str, Any]) -> None:
    """Take revision and nonce from an object in an answer."""
    operation.nonce = marks(document)[0]
    operation.rv = int(document["metadata"]["resourceVersion"])
