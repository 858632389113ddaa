"""The config maps of one namespace: written, listed and watched over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

Json = Any


@dataclass(frozen=True)
class Objects:
    client: httpx.AsyncClient
    namespace: str

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/configmaps"

    async def create(self, name: str, **labels: str) -> int:
        """The revision of a new object."""
        answer = await self.client.post(self.path, json={"metadata": {"name": name, "labels": labels}})
        assert answer.status_code == 201, answer.text
        return revision_of(answer.json())

    async def update(self, name: str, **labels: str) -> int:
        answer = await self.client.put(f"{self.path}/{name}", json={"metadata": {"name": name, "labels": labels}})
        assert answer.status_code == 200, answer.text
        return revision_of(answer.json())

    async def delete(self, name: str, **preconditions: str) -> int:
        """The code of the answer."""
        body = {"preconditions": preconditions} if preconditions else None
        answer = await self.client.request("DELETE", f"{self.path}/{name}", json=body)
        return answer.status_code

    async def get(self, name: str, **query: str) -> httpx.Response:
        return await self.client.get(f"{self.path}/{name}", params=query)

    async def listed(self, **query: str) -> Json:
        answer = await self.client.get(self.path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, **query: str) -> Json:
        """The Status of a list that is refused."""
        answer = await self.client.get(self.path, params=query)
        assert answer.status_code >= 400, answer.text
        return answer.json()

    @asynccontextmanager
    async def watch(self, path: str = "", **query: str) -> AsyncIterator[AsyncIterator[Json]]:
        parameters = {"watch": "1", **query}
        async with self.client.stream("GET", path or self.path, params=parameters, timeout=20) as answer:
            assert answer.status_code == 200

            async def events() -> AsyncIterator[Json]:
                async for line in answer.aiter_lines():
                    yield orjson.loads(line)

            yield events()

    async def watched(self, count: int, **query: str) -> list[tuple[str, str, int]]:
        """The first events of a watch: type, name, revision."""
        async with self.watch(**query) as events:
            return [told(await anext(events)) for _ in range(count)]


def told(event: Json) -> tuple[str, str, int]:
    return event["type"], event["object"]["metadata"].get("name", ""), revision_of(event["object"])


def revision_of(document: Json) -> int:
    return int(document["metadata"]["resourceVersion"])


def names(document: Json) -> list[str]:
    return [item["metadata"]["name"] for item in document["items"]]
