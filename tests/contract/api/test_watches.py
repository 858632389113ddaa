"""Watches through the watch cache (Kubernetes' names for the behaviours: RunTestWatch..., RunWatchSemantics...)."""

from __future__ import annotations

import asyncio

from tests.contract.api.objects import Objects, told


async def test_without_a_version_it_begins_with_what_is_there(objects: Objects) -> None:
    one, two = await objects.create("one"), await objects.create("two")
    async with objects.watch() as events:
        initial = [told(await anext(events)) for _ in range(2)]
        three = await objects.create("three")
        assert initial == [("ADDED", "one", one), ("ADDED", "two", two)]
        assert told(await anext(events)) == ("ADDED", "three", three)


async def test_from_zero_it_begins_with_some_state(objects: Objects) -> None:
    one = await objects.create("one")
    await objects.listed()
    assert await objects.watched(1, resourceVersion="0") == [("ADDED", "one", one)]


async def test_from_a_version_it_tells_what_came_after_it_as_changes(objects: Objects) -> None:
    start = await objects.create("one")
    changed = await objects.update("one", a="b")
    other = await objects.create("two")
    events = await objects.watched(2, resourceVersion=str(start))
    assert events == [("MODIFIED", "one", changed), ("ADDED", "two", other)]


async def test_a_deletion_has_the_last_state_and_a_version_of_its_own(objects: Objects) -> None:
    last = await objects.create("one", kept="yes")
    assert await objects.delete("one") == 200
    async with objects.watch(resourceVersion=str(last)) as events:
        event = await anext(events)
    assert (event["type"], event["object"]["metadata"]["labels"]) == ("DELETED", {"kept": "yes"})
    assert told(event)[2] > last


async def test_an_object_made_again_is_added_again(objects: Objects) -> None:
    start = await objects.create("one")
    await objects.delete("one")
    again = await objects.create("one")
    events = await objects.watched(2, resourceVersion=str(start))
    assert [events[0][0], events[1]] == ["DELETED", ("ADDED", "one", again)]


async def test_entering_a_selector_is_added_and_leaving_it_is_deleted(objects: Objects) -> None:
    start = await objects.create("one", on="no")
    entered, changed = await objects.update("one", on="yes"), await objects.update("one", on="yes", more="1")
    left = await objects.update("one", on="no")
    await objects.update("one", on="no", more="2")
    last = await objects.create("last", on="yes")
    events = await objects.watched(4, resourceVersion=str(start), labelSelector="on=yes")
    assert events == [
        ("ADDED", "one", entered),
        ("MODIFIED", "one", changed),
        ("DELETED", "one", left),
        ("ADDED", "last", last),
    ]


async def test_one_name_is_watched_by_its_field(objects: Objects) -> None:
    start = await objects.create("one")
    await objects.create("two")
    changed = await objects.update("one", a="b")
    events = await objects.watched(1, resourceVersion=str(start), fieldSelector="metadata.name=one")
    assert events == [("MODIFIED", "one", changed)]


async def test_a_namespace_sees_its_own_and_all_namespaces_see_all(objects: Objects) -> None:
    other = Objects(objects.client, "default")
    start = await objects.create("here")
    name = f"there-{objects.namespace}"
    there, here = await other.create(name), await objects.create("here-too")
    assert await objects.watched(1, resourceVersion=str(start)) == [("ADDED", "here-too", here)]
    async with objects.watch("/api/v1/configmaps", resourceVersion=str(start)) as events:
        assert [told(await anext(events)) for _ in range(2)] == [("ADDED", name, there), ("ADDED", "here-too", here)]


async def test_the_initial_events_end_with_a_marked_bookmark_of_their_state(objects: Objects) -> None:
    one = await objects.create("one")
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    async with objects.watch(**query) as events:
        assert told(await anext(events)) == ("ADDED", "one", one)
        end = await anext(events)
        assert end["type"] == "BOOKMARK"
        assert end["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert told(end)[2] >= one
        two = await objects.create("two")
        assert told(await anext(events)) == ("ADDED", "two", two)


async def test_without_initial_events_there_are_only_changes(objects: Objects) -> None:
    start = await objects.create("one")
    query = {
        "sendInitialEvents": "false",
        "resourceVersionMatch": "NotOlderThan",
        "resourceVersion": str(start),
        "allowWatchBookmarks": "true",
    }
    two = await objects.create("two")
    assert await objects.watched(1, **query) == [("ADDED", "two", two)]


async def test_it_ends_when_its_time_is_over(objects: Objects) -> None:
    await objects.create("one")
    async with objects.watch(timeoutSeconds="1") as events:
        assert [told(event)[:2] async for event in events] == [("ADDED", "one")]


async def test_twenty_watchers_are_told_the_same(objects: Objects) -> None:
    start = await objects.create("start")
    watchers = [asyncio.create_task(objects.watched(30, resourceVersion=str(start))) for _ in range(20)]
    written = [await objects.create(f"n{number}") for number in range(30)]
    told_to = await asyncio.gather(*watchers)
    assert [revision for _, _, revision in told_to[0]] == written
    assert all(events == told_to[0] for events in told_to)


async def test_a_watcher_that_was_away_is_told_all_that_it_missed(objects: Objects) -> None:
    position = await objects.create("n0")
    for number in range(1, 12):
        revision = await objects.create(f"n{number}")
        assert await objects.watched(1, resourceVersion=str(position)) == [("ADDED", f"n{number}", revision)]
        position = revision
