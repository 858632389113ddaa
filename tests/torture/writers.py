"""Writers: create, update and delete under names that they share, each write with a nonce of its own."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.torture.connection import SHADES, Connection, Kind
from tests.torture.history import Operation
from tests.torture.log import NONCE, SHADE

_OPS = ("update", "create", "delete")
_SHARES = (70, 15, 15)
_UNCONDITIONAL_SHARE = 0.15
_WRONG_UID_SHARE = 0.1
_LARGE_SHARE = 0.005
_LARGE_BYTES = 900_000


@dataclass
class Seen:
    """What the writers know together: the newest revision of each object that any of them was told."""

    kinds: tuple[Kind, ...]
    names: int
    has_large: bool = True
    revisions: dict[str, int] = field(default_factory=dict)


class Writer:
    def __init__(self, connection: Connection, seen: Seen) -> None:
        self._connection = connection
        self._random = connection.random
        self._seen = seen
        self._numbers: Iterator[int] = itertools.count()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            kind = self._random.choice(self._seen.kinds)
            name = f"n{self._random.randrange(self._seen.names)}"
            op = self._random.choices(_OPS, _SHARES)[0]
            if op != "create" and f"{kind.prefix}{name}" not in self._seen.revisions:
                op = "create"
            await getattr(self, f"_{op}")(kind, name)

    async def create_named(self, kind: Kind, name: str, shade: str) -> bool:
        """Create one object; whether that was acknowledged."""
        return (await self._create(kind, name, shade)).is_acknowledged

    async def _create(self, kind: Kind, name: str, shade: str = "") -> Operation:
        operation = self._operation("create", kind, name)
        body = self._body(kind, name, operation, shade)
        return await self._sent(operation, "POST", kind.path, body)

    async def _update(self, kind: Kind, name: str) -> None:
        operation = self._operation("update", kind, name)
        if kind.path.endswith("leases") or self._random.random() >= _UNCONDITIONAL_SHARE:
            operation.asked = self._seen.revisions[operation.key]
        body = self._body(kind, name, operation, "")
        if operation.asked:
            body["metadata"]["resourceVersion"] = str(operation.asked)
        await self._sent(operation, "PUT", f"{kind.path}/{name}", body)

    async def _delete(self, kind: Kind, name: str) -> None:
        operation = self._operation("delete", kind, name)
        operation.nonce = ""
        operation.asked = self._seen.revisions[operation.key]
        preconditions = {"resourceVersion": str(operation.asked)}
        if self._random.random() < _WRONG_UID_SHARE:
            operation.mode = "wrong-uid"
            preconditions = {"uid": "00000000-0000-0000-0000-000000000000"}
        await self._sent(operation, "DELETE", f"{kind.path}/{name}", {"preconditions": preconditions})

    def _operation(self, op: str, kind: Kind, name: str) -> Operation:
        nonce = f"{self._connection.name}-{next(self._numbers)}"
        return self._connection.operation(op, f"{kind.prefix}{name}", nonce=nonce)

    def _body(self, kind: Kind, name: str, operation: Operation, shade: str) -> dict[str, Any]:
        labels = {SHADE: shade or self._random.choice(SHADES)}
        metadata = {"name": name, "labels": labels, "annotations": {NONCE: operation.nonce}}
        size = int(self._random.expovariate(1 / 1000))
        if self._seen.has_large and self._random.random() < _LARGE_SHARE:
            size = _LARGE_BYTES
        if kind.path.endswith("configmaps"):
            return {"metadata": metadata, "data": {"payload": "x" * size}}
        if kind.path.endswith("secrets"):
            return {"metadata": metadata, "data": {"payload": base64.b64encode(b"x" * min(size, 5000)).decode()}}
        return {"metadata": metadata}

    async def _sent(self, operation: Operation, method: str, path: str, body: object) -> Operation:
        document = await self._connection.send(operation, method, path, body)
        if operation.is_acknowledged and operation.op != "delete":
            operation.rv = int(document["metadata"]["resourceVersion"])
            self._seen.revisions[operation.key] = operation.rv
        elif operation.status == 404 or (operation.is_acknowledged and operation.op == "delete"):
            self._seen.revisions.pop(operation.key, None)
        elif operation.status == 409 and operation.mode != "wrong-uid":
            await self._look_again(operation.key, path)
        self._connection.done(operation)
        return operation

    async def _look_again(self, key: str, path: str) -> None:
        name = key.rpartition("/")[2]
        again = self._connection.operation("look", key)
        document = await self._connection.send(again, "GET", path if path.endswith(f"/{name}") else f"{path}/{name}")
        if again.is_acknowledged:
            self._seen.revisions[key] = int(document["metadata"]["resourceVersion"])
