"""Watches over HTTP: order, selectors, resuming, bookmarks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.support.api_server import api_server
from tests.support.eventually import eventually

Json = Any
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with api_server() as client:
        yield client


@asynccontextmanager
async def watching(client: httpx.AsyncClient, **query: str) -> AsyncIterator[AsyncIterator[Json]]:
    """The events of a watch, parsed."""
    async with client.stream("GET", CONFIG_MAPS, params={"watch": "1", **query}, timeout=10) as response:
        assert response.status_code == 200

        async def events() -> AsyncIterator[Json]:
            async for line in response.aiter_lines():
                yield json.loads(line)

        yield events()


async def make(client: httpx.AsyncClient, name: str, **labels: str) -> str:
    """Create a config map; its resourceVersion."""
    body = {"metadata": {"name": name, "labels": labels}}
    answer = await client.post(CONFIG_MAPS, json=body)
    version: str = answer.json()["metadata"]["resourceVersion"]
    return version


def told(event: Json) -> tuple[str, str]:
    return event["type"], event["object"]["metadata"]["name"]


async def test_a_watch_from_a_version_tells_all_that_came_after_it(client: httpx.AsyncClient) -> None:
    await make(client, "before")
    version = await make(client, "start")
    await make(client, "a")
    await client.patch(f"{CONFIG_MAPS}/a", json={"data": {"k": "v"}}, headers=MERGE)
    async with watching(client, resourceVersion=version) as events:
        assert [told(await anext(events)) for _ in range(2)] == [("ADDED", "a"), ("MODIFIED", "a")]
        deleted = (await client.delete(f"{CONFIG_MAPS}/a")).json()
        last = await anext(events)
        assert told(last) == ("DELETED", "a")
        assert last["object"]["data"] == {"k": "v"}
        assert int(last["object"]["metadata"]["resourceVersion"]) > int(version)
        assert deleted["status"] == "Success"


async def test_a_watch_from_a_version_still_to_come_skips_what_comes_before_it(client: httpx.AsyncClient) -> None:
    to_come = int(await make(client, "now")) + 3
    async with watching(client, resourceVersion=str(to_come)) as events:
        versions = {name: int(await make(client, name)) for name in ("one", "two", "three", "four")}
        # The server's own writes count too, so it is not said which of them is the first.
        first = next(name for name, version in versions.items() if version > to_come)
        assert told(await anext(events)) == ("ADDED", first)


async def test_entering_a_selector_is_added_and_leaving_it_deleted(client: httpx.AsyncClient) -> None:
    version = await make(client, "a")
    async with watching(client, resourceVersion=version, labelSelector="on=yes") as events:
        for labels in ({"on": "yes"}, {"on": "no"}):
            await client.patch(f"{CONFIG_MAPS}/a", json={"metadata": {"labels": labels}}, headers=MERGE)
        entered, left = await anext(events), await anext(events)
        assert [told(entered), told(left)] == [("ADDED", "a"), ("DELETED", "a")]
        assert left["object"]["metadata"]["labels"] == {"on": "yes"}
        assert left["object"]["metadata"]["resourceVersion"] > entered["object"]["metadata"]["resourceVersion"]


async def test_versions_rise_over_all_kinds(client: httpx.AsyncClient) -> None:
    first = await make(client, "a")
    secret = await client.post("/api/v1/namespaces/default/secrets", json={"metadata": {"name": "s"}})
    last = await make(client, "b")
    assert int(first) < int(secret.json()["metadata"]["resourceVersion"]) < int(last)


async def test_initial_events_end_with_a_marked_bookmark(client: httpx.AsyncClient) -> None:
    await make(client, "a")
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    async with watching(client, **query) as events:
        seen = [await anext(events)]
        while seen[-1]["type"] == "ADDED":
            seen.append(await anext(events))
    assert "a" in [told(event)[1] for event in seen[:-1]]
    assert seen[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_a_watch_ends_when_its_time_is_over(client: httpx.AsyncClient) -> None:
    async with watching(client, timeoutSeconds="1") as events:
        assert [event async for event in events if event["type"] != "ADDED"] == []


async def test_a_table_watch_sends_its_columns_once(client: httpx.AsyncClient) -> None:
    version = await make(client, "a")
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    query = {"watch": "1", "resourceVersion": version}
    async with client.stream("GET", CONFIG_MAPS, params=query, headers=accept, timeout=10) as response:
        lines = response.aiter_lines()
        await make(client, "b")
        await make(client, "c")
        first, second = json.loads(await anext(lines)), json.loads(await anext(lines))
    assert [row["cells"][0] for row in first["object"]["rows"]] == ["b"]
    assert first["object"]["columnDefinitions"]
    assert second["object"]["columnDefinitions"] is None


async def test_a_row_changes_with_its_object(client: httpx.AsyncClient) -> None:
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}

    async def row() -> Json:
        rows = (await client.get(CONFIG_MAPS, headers=accept)).json()["rows"]
        return next(row for row in rows if row["cells"][0] == "a")

    created = await make(client, "a")
    before = await row()
    changed = (await client.patch(f"{CONFIG_MAPS}/a", json={"data": {"k": "v"}}, headers=MERGE)).json()["metadata"]
    after = await row()
    assert (before["cells"][1], after["cells"][1]) == (0, 1)
    versions = [shown["object"]["metadata"]["resourceVersion"] for shown in (before, after)]
    assert versions == [created, changed["resourceVersion"]]
    deleted = (await client.delete(f"{CONFIG_MAPS}/a")).json()
    assert deleted["status"] == "Success"
    assert "a" not in [row["cells"][0] for row in (await client.get(CONFIG_MAPS, headers=accept)).json()["rows"]]


async def test_a_kept_row_grows_older(client: httpx.AsyncClient) -> None:
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    await make(client, "a")

    async def age() -> str:
        rows = (await client.get(CONFIG_MAPS, headers=accept)).json()["rows"]
        return next(str(row["cells"][2]) for row in rows if row["cells"][0] == "a")

    young = await age()

    async def is_older() -> bool:
        return await age() != young

    await eventually(is_older)


async def test_a_deleted_object_is_shown_with_the_version_of_its_deletion(client: httpx.AsyncClient) -> None:
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    version = await make(client, "a", app="web")
    await client.get(CONFIG_MAPS, headers=accept)
    query = {"watch": "1", "resourceVersion": version, "labelSelector": "app=web"}
    await client.patch(f"{CONFIG_MAPS}/a", json={"metadata": {"labels": {"app": "other"}}}, headers=MERGE)
    async with client.stream("GET", CONFIG_MAPS, params=query, headers=accept, timeout=10) as response:
        left = json.loads(await anext(response.aiter_lines()))
    metadata = left["object"]["rows"][0]["object"]["metadata"]
    assert (left["type"], metadata["labels"]) == ("DELETED", {"app": "web"})
    assert int(metadata["resourceVersion"]) > int(version)


async def test_a_server_that_stops_ends_its_watches_in_good_order(caplog: pytest.LogCaptureFixture) -> None:
    async with AsyncExitStack() as serving:
        served = await serving.enter_async_context(api_server())
        query = {"watch": "1"}
        async with (
            httpx.AsyncClient(base_url=served.base_url, trust_env=False) as other,
            other.stream("GET", CONFIG_MAPS, params=query, timeout=10) as response,
        ):
            await serving.aclose()
            assert [line async for line in response.aiter_lines() if "ADDED" not in line] == []
    assert "Exception in ASGI application" not in caplog.text


async def test_who_watches_by_a_field_sees_objects_come_and_go(client: httpx.AsyncClient) -> None:
    """Two watch for one value each, one for all but that: whatever changes is told to those whom it concerns."""
    nodes = "/api/v1/nodes"

    async def cordon(name: str, value: bool) -> None:
        patch = {"spec": {"unschedulable": value}}
        assert (await client.patch(f"{nodes}/{name}", json=patch, headers=MERGE)).status_code == 200

    created = await client.post(nodes, json={"metadata": {"name": "a"}})
    await client.post(nodes, json={"metadata": {"name": "b"}})
    version = created.json()["metadata"]["resourceVersion"]
    seen: dict[str, list[tuple[str, str]]] = {}

    async def follow(selector: str, count: int) -> None:
        query = {"watch": "1", "resourceVersion": version, "fieldSelector": selector}
        async with client.stream("GET", nodes, params=query, timeout=10) as response:
            lines = response.aiter_lines()
            while len(seen.setdefault(selector, [])) < count:
                seen[selector].append(told(json.loads(await anext(lines))))

    async with asyncio.TaskGroup() as group:
        group.create_task(follow("spec.unschedulable=true", 3))
        group.create_task(follow("spec.unschedulable=false", 4))
        group.create_task(follow("metadata.name=b", 2))
        group.create_task(follow("spec.unschedulable!=true", 4))
        await eventually(lambda: len(seen) == 4)
        await cordon("a", True)
        await cordon("b", True)
        await cordon("a", False)
    assert seen == {
        "spec.unschedulable=true": [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "a")],
        "spec.unschedulable=false": [("ADDED", "b"), ("DELETED", "a"), ("DELETED", "b"), ("ADDED", "a")],
        "metadata.name=b": [("ADDED", "b"), ("MODIFIED", "b")],
        "spec.unschedulable!=true": [("ADDED", "b"), ("DELETED", "a"), ("DELETED", "b"), ("ADDED", "a")],
    }
