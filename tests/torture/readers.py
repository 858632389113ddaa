"""Readers: get and list in every mode, pages included."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.torture.connection import SHADES, Connection, Kind, read_mark
from tests.torture.history import Operation
from tests.torture.log import SHADE
from tests.torture.writers import Seen

_PAUSE_S = 0.03
_PAGE = 7


class Reader:
    def __init__(self, connection: Connection, seen: Seen) -> None:
        self._connection = connection
        self._random = connection.random
        self._seen = seen

    async def run(self) -> None:
        """Read until cancelled."""
        reads = (self._get, self._get, self._newest, self._any, self._not_older, self._exact, self._pages)
        while True:
            await self._random.choice(reads)(self._random.choice(self._seen.kinds))
            await asyncio.sleep(_PAUSE_S)

    async def _get(self, kind: Kind) -> None:
        name = f"n{self._random.randrange(self._seen.names)}"
        operation = self._connection.operation("get", f"{kind.prefix}{name}", mode="newest")
        document = await self._connection.send(operation, "GET", f"{kind.path}/{name}")
        if operation.status == 200:
            read_mark(operation, document)
        self._connection.done(operation)

    async def _newest(self, kind: Kind) -> None:
        await self._list(self._begun(kind, "newest"), kind, {})

    async def _any(self, kind: Kind) -> None:
        await self._list(self._begun(kind, "any"), kind, {"resourceVersion": "0"})

    async def _not_older(self, kind: Kind) -> None:
        operation = self._begun(kind, "not-older", asked=self._some_revision())
        await self._list(operation, kind, {"resourceVersion": str(operation.asked)})

    async def _exact(self, kind: Kind) -> None:
        operation = self._begun(kind, "exact", asked=self._some_revision())
        parameters = {"resourceVersion": str(operation.asked), "resourceVersionMatch": "Exact"}
        await self._list(operation, kind, parameters)

    async def _pages(self, kind: Kind) -> None:
        """A walk in pages; one whose token expired is finished as the 410 says, and is no snapshot any more."""
        operation = self._begun(kind, "pages")
        parameters = {"limit": str(_PAGE)}
        items: dict[str, int] = {}
        revisions = set()
        while True:
            document = await self._page(operation, kind, parameters)
            again = document.get("metadata", {}).get("continue", "")
            if operation.status == 410:
                operation.mode, operation.ended = "inconsistent", "" if again else "no token"
            elif operation.status != 200:
                break
            else:
                items |= items_of(kind, document)
                revisions.add(int(document["metadata"]["resourceVersion"]))
            if not again:
                break
            parameters["continue"] = again
        operation.items, operation.rv = items, max(revisions, default=0)
        if operation.mode == "pages" and len(revisions) > 1:
            operation.ended = "several revisions"
        self._connection.done(operation)

    def _begun(self, kind: Kind, mode: str, **known: Any) -> Operation:
        return self._connection.operation(
            "list", kind.prefix, mode=mode, selector=self._random.choice(("", "", *SHADES)), **known
        )

    def _some_revision(self) -> int:
        known = list(self._seen.revisions.values())
        return self._random.choice(known) if known else 1

    async def _list(self, operation: Operation, kind: Kind, parameters: dict[str, str]) -> None:
        document = await self._page(operation, kind, parameters)
        if operation.status == 200:
            operation.items = items_of(kind, document)
            operation.rv = int(document["metadata"]["resourceVersion"])
        self._connection.done(operation)

    async def _page(self, operation: Operation, kind: Kind, parameters: dict[str, str]) -> dict[str, Any]:
        if operation.selector:
            parameters = parameters | {"labelSelector": f"{SHADE}={operation.selector}"}
        return await self._connection.send(operation, "GET", kind.path, None, **parameters)


def items_of(kind: Kind, document: dict[str, Any]) -> dict[str, int]:
    return {
        f"{kind.prefix}{item['metadata']['name']}": int(item["metadata"]["resourceVersion"])
        for item in document["items"]
    }
