"""Lists, gets and conditional writes through the watch cache (Kubernetes' names: RunTestList..., RunTestGet...)."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.api.objects import Json, Objects, names, revision_of

FAR_AHEAD = str(1 << 40)


async def test_a_list_holds_every_write_that_had_ended(objects: Objects) -> None:
    for number in range(10):
        revision = await objects.create(f"n{number}")
        listed = await objects.listed()
        assert names(listed) == [f"n{each}" for each in range(number + 1)]
        assert revision_of(listed) >= revision


@pytest.mark.parametrize("match", ["", "NotOlderThan"])
async def test_a_list_is_not_older_than_asked(objects: Objects, match: str) -> None:
    first = await objects.create("one")
    last = await objects.create("two")
    query = {"resourceVersionMatch": match} if match else {}
    for asked in (first, last):
        listed = await objects.listed(resourceVersion=str(asked), **query)
        assert revision_of(listed) >= asked
        assert "one" in names(listed)


async def test_an_exact_list_is_of_its_version(objects: Objects) -> None:
    first = await objects.create("one", a="1")
    await objects.update("one", a="2")
    await objects.create("two")
    listed = await objects.listed(resourceVersion=str(first), resourceVersionMatch="Exact")
    assert (revision_of(listed), names(listed)) == (first, ["one"])
    assert listed["items"][0]["metadata"]["labels"] == {"a": "1"}


async def test_a_version_far_ahead_is_too_large(objects: Objects) -> None:
    listed, exact, gotten = await asyncio.gather(
        objects.refused(resourceVersion=FAR_AHEAD),
        objects.refused(resourceVersion=FAR_AHEAD, resourceVersionMatch="Exact"),
        objects.get("one", resourceVersion=FAR_AHEAD),
    )
    for refused in (listed, exact, gotten.json()):
        assert (refused["code"], refused["reason"]) == (504, "Timeout")
        assert refused["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


async def walk(objects: Objects, **query: str) -> list[Json]:
    """All pages of a list."""
    pages = [await objects.listed(**query)]
    while token := pages[-1]["metadata"].get("continue"):
        pages.append(await objects.listed(**query | {"continue": token}))
    return pages


async def test_pages_are_one_snapshot_and_count_what_is_left(objects: Objects) -> None:
    for number in range(7):
        await objects.create(f"n{number}")
    first = await objects.listed(limit="3")
    await objects.create("n33")
    await objects.delete("n5")
    rest = await walk(objects, limit="3", **{"continue": first["metadata"]["continue"]})
    pages = [first, *rest]
    assert [name for page in pages for name in names(page)] == [f"n{number}" for number in range(7)]
    assert {revision_of(page) for page in pages} == {revision_of(first)}
    assert [page["metadata"].get("remainingItemCount") for page in pages] == [4, 1, None]


async def test_a_rare_object_is_found_in_pages(objects: Objects) -> None:
    for number in range(30):
        await objects.create(f"n{number:02}", rare="yes" if number == 27 else "no")
    pages = await walk(objects, limit="1", labelSelector="rare=yes")
    assert [name for page in pages for name in names(page)] == ["n27"]
    assert all("remainingItemCount" not in page["metadata"] for page in pages)


async def test_a_filtered_list_in_pages_has_all_that_match(objects: Objects) -> None:
    for number in range(12):
        await objects.create(f"n{number:02}", odd="yes" if number % 2 else "no")
    pages = await walk(objects, limit="4", labelSelector="odd=yes")
    assert [name for page in pages for name in names(page)] == [f"n{number:02}" for number in range(1, 12, 2)]


async def test_a_list_of_one_namespace_does_not_begin_another(objects: Objects) -> None:
    await objects.create("one")
    made = await objects.client.post("/api/v1/namespaces", json={"metadata": {"name": f"{objects.namespace}-more"}})
    assert made.status_code == 201
    await Objects(objects.client, f"{objects.namespace}-more").create("two")
    assert names(await objects.listed()) == ["one"]


async def test_a_get_sees_the_write_before_it_and_one_that_is_gone(objects: Objects) -> None:
    for number in range(10):
        revision = await objects.update("one", n=str(number)) if number else await objects.create("one")
        assert revision_of((await objects.get("one")).json()) == revision
        assert revision_of((await objects.get("one", resourceVersion=str(revision))).json()) >= revision
    await objects.delete("one")
    assert (await objects.get("one")).status_code == 404


async def test_preconditions_of_a_deletion_hold_or_it_is_a_conflict(objects: Objects) -> None:
    first = await objects.create("one")
    uid = (await objects.get("one")).json()["metadata"]["uid"]
    last = await objects.update("one", a="b")
    assert await objects.delete("one", uid="00000000-0000-0000-0000-000000000000") == 409
    assert await objects.delete("one", resourceVersion=str(first)) == 409
    assert await objects.delete("one", uid=uid, resourceVersion=str(last)) == 200
    assert await objects.delete("one", uid=uid) == 404


async def test_an_update_that_changes_nothing_keeps_the_version(objects: Objects) -> None:
    revision = await objects.create("one", a="b")
    assert await objects.update("one", a="b") == revision


async def test_of_writers_at_once_each_count_is_kept(objects: Objects) -> None:
    created = await objects.client.post(objects.path, json={"metadata": {"name": "count"}, "data": {"n": "0"}})
    assert created.status_code == 201

    async def increment(times: int) -> None:
        while times:
            document = (await objects.get("count")).json()
            document["data"]["n"] = str(int(document["data"]["n"]) + 1)
            answer = await objects.client.put(f"{objects.path}/count", json=document)
            assert answer.status_code in (200, 409)
            times -= answer.status_code == 200

    await asyncio.gather(*(increment(8) for _ in range(5)))
    assert (await objects.get("count")).json()["data"] == {"n": "40"}


async def test_of_many_creators_one_wins(objects: Objects) -> None:
    body = {"metadata": {"name": "one"}}
    answers = await asyncio.gather(*(objects.client.post(objects.path, json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json()["reason"] for answer in answers if answer.status_code == 409} == {"AlreadyExists"}
