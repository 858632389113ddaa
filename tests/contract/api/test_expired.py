"""After compaction: what is too old is told so, never answered with nothing (kubernetes/kubernetes#104171)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.api.objects import Objects, names, revision_of
from tests.support.api_server import api_server
from tests.support.eventually import eventually


@pytest.fixture(params=["memory", "sqlite"])
async def objects(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Objects]:
    """On a server that compacts all the time."""
    store = "memory://" if request.param == "memory" else f"sqlite://{tmp_path / 'store.db'}"
    async with api_server(storage=store, compaction_interval_s=0.05) as client:
        yield Objects(client, "default")


async def test_an_exact_list_of_a_compacted_version_is_expired(objects: Objects) -> None:
    first = await objects.create("one")
    query = {"resourceVersion": str(first), "resourceVersionMatch": "Exact"}

    async def is_expired() -> bool:
        await objects.update("one", now=str(revision_of(await objects.listed())))
        return (await objects.client.get(objects.path, params=query)).status_code == 410

    await eventually(is_expired)
    assert (await objects.refused(**query))["reason"] == "Expired"


async def test_a_walk_that_expired_is_finished_with_the_token_of_the_answer(objects: Objects) -> None:
    for number in range(4):
        await objects.create(f"n{number}")
    first = await objects.listed(limit="2")
    query = {"limit": "2", "continue": first["metadata"]["continue"]}

    async def is_expired() -> bool:
        await objects.update("n0", now=str(revision_of(await objects.listed())))
        return (await objects.client.get(objects.path, params=query)).status_code == 410

    await eventually(is_expired)
    await objects.create("n22")
    expired = await objects.refused(**query)
    assert expired["reason"] == "Expired"
    rest = await objects.listed(limit="9", **{"continue": expired["metadata"]["continue"]})
    assert names(rest) == ["n2", "n22", "n3"]


async def test_a_watch_from_before_the_server_began_is_told_410_and_ends(tmp_path: Path) -> None:
    store = f"sqlite://{tmp_path / 'store.db'}"
    async with api_server(storage=store) as client:
        first = await Objects(client, "default").create("one")
    async with api_server(storage=store) as client:
        objects = Objects(client, "default")
        await objects.create("two")
        async with objects.watch(resourceVersion=str(first - 1)) as events:
            event = await anext(events)
            left = [each async for each in events]
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
        assert left == []
