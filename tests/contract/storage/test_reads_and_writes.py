"""What every store promises about single keys, lists and revisions.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/testing/store_tests.go holds its stores to the same behaviours.
"""

import asyncio
from itertools import chain

import pytest

from minikube_py.storage import (
    FutureRevision,
    KeyExists,
    KeyValue,
    RevisionConflict,
    Storage,
    StorageError,
    StorageUnavailable,
)
from tests.contract.storage.watching import increment, write_some
from tests.support.eventually import eventually


async def test_created_key_is_read_back_with_its_revisions(storage: Storage, prefix: str) -> None:
    revision = await storage.create(f"{prefix}a", b"one")
    assert await storage.get(f"{prefix}a") == KeyValue(f"{prefix}a", b"one", revision, revision)


async def test_absent_key_is_none(storage: Storage, prefix: str) -> None:
    assert await storage.get(f"{prefix}a") is None


async def test_existing_key_is_not_created_again(storage: Storage, prefix: str) -> None:
    await storage.create(f"{prefix}a", b"one")
    with pytest.raises(KeyExists):
        await storage.create(f"{prefix}a", b"two")
    found = await storage.get(f"{prefix}a")
    assert found is not None
    assert found.value == b"one"


async def test_update_changes_the_value_and_keeps_the_create_revision(storage: Storage, prefix: str) -> None:
    created = await storage.create(f"{prefix}a", b"one")
    updated = await storage.update(f"{prefix}a", b"two", created)
    assert updated > created
    assert await storage.get(f"{prefix}a") == KeyValue(f"{prefix}a", b"two", created, updated)


async def test_update_at_a_stale_revision_conflicts_and_shows_the_current_state(storage: Storage, prefix: str) -> None:
    stale = await storage.create(f"{prefix}a", b"one")
    await storage.update(f"{prefix}a", b"two", stale)
    with pytest.raises(RevisionConflict) as conflict:
        await storage.update(f"{prefix}a", b"three", stale)
    assert conflict.value.current == await storage.get(f"{prefix}a")
    assert conflict.value.current is not None
    assert conflict.value.current.value == b"two"


@pytest.mark.parametrize("expected", [0, 1])
async def test_update_and_delete_of_an_absent_key_conflict_with_nothing(
    storage: Storage, prefix: str, expected: int
) -> None:
    with pytest.raises(RevisionConflict) as on_update:
        await storage.update(f"{prefix}a", b"one", expected)
    with pytest.raises(RevisionConflict) as on_delete:
        await storage.delete(f"{prefix}a", expected)
    assert on_update.value.current is None
    assert on_delete.value.current is None
    assert await storage.get(f"{prefix}a") is None


async def test_delete_at_a_stale_revision_conflicts_and_keeps_the_key(storage: Storage, prefix: str) -> None:
    stale = await storage.create(f"{prefix}a", b"one")
    await storage.update(f"{prefix}a", b"two", stale)
    with pytest.raises(RevisionConflict):
        await storage.delete(f"{prefix}a", stale)
    assert await storage.get(f"{prefix}a") is not None


async def test_deleted_key_is_gone_and_can_be_created_anew(storage: Storage, prefix: str) -> None:
    created = await storage.create(f"{prefix}a", b"one")
    deleted = await storage.delete(f"{prefix}a", created)
    assert deleted > created
    assert await storage.get(f"{prefix}a") is None
    again = await storage.create(f"{prefix}a", b"two")
    assert await storage.get(f"{prefix}a") == KeyValue(f"{prefix}a", b"two", again, again)


async def test_old_revision_shows_the_old_state(storage: Storage, prefix: str) -> None:
    created = await storage.create(f"{prefix}a", b"one")
    updated = await storage.update(f"{prefix}a", b"two", created)
    deleted = await storage.delete(f"{prefix}a", updated)
    assert await storage.get(f"{prefix}a", created) == KeyValue(f"{prefix}a", b"one", created, created)
    assert await storage.get(f"{prefix}a", updated) == KeyValue(f"{prefix}a", b"two", created, updated)
    assert await storage.get(f"{prefix}a", deleted) is None
    assert [item.value for item in (await storage.list(prefix, revision=created)).items] == [b"one"]
    assert (await storage.list(prefix, revision=deleted)).items == ()


async def test_reading_a_revision_not_yet_reached_is_refused(storage: Storage, prefix: str) -> None:
    future = await storage.current_revision() + 1000
    with pytest.raises(FutureRevision):
        await storage.get(f"{prefix}a", future)
    with pytest.raises(FutureRevision):
        await storage.list(prefix, revision=future)


async def test_empty_and_megabyte_values_come_back_unchanged(storage: Storage, prefix: str) -> None:
    large = bytes(range(256)) * 4096
    await storage.create(f"{prefix}empty", b"")
    await storage.create(f"{prefix}large", large)
    assert [item.value for item in (await storage.list(prefix)).items] == [b"", large]


ODD_KEYS = ("", " ", "%", "'", '"; --', "*", "A", "a", "a/b", "a\x00b", "a_", "é", "\ud7ff", "\ue000", "日本", "😀")


async def test_odd_keys_are_kept_apart_and_listed_by_code_point(storage: Storage, prefix: str) -> None:
    for odd in ODD_KEYS:
        await storage.create(prefix + odd, odd.encode())
    page = await storage.list(prefix)
    assert [item.key for item in page.items] == sorted(prefix + odd for odd in ODD_KEYS)
    for odd in ODD_KEYS:
        found = await storage.get(prefix + odd)
        assert found is not None
        assert found.value == odd.encode()
        assert prefix + odd in [item.key for item in (await storage.list(prefix + odd)).items]


async def test_key_that_is_no_text_is_refused_and_spoils_nothing(storage: Storage, prefix: str) -> None:
    with pytest.raises(StorageError, match="Unicode"):
        await storage.create(f"{prefix}\ud800", b"")
    assert await storage.create(f"{prefix}a", b"")


async def test_prefix_is_text_and_not_a_path_or_a_pattern(storage: Storage, prefix: str) -> None:
    for name in ("pods/a", "pods/b", "podsets/a", "p%ds/a"):
        await storage.create(prefix + name, b"")
    assert [item.key for item in (await storage.list(f"{prefix}pods/")).items] == [f"{prefix}pods/a", f"{prefix}pods/b"]
    assert [item.key for item in (await storage.list(f"{prefix}p%")).items] == [f"{prefix}p%ds/a"]


async def test_pages_together_are_one_snapshot_while_writes_go_on(storage: Storage, prefix: str) -> None:
    names = [f"{prefix}{number:02}" for number in range(25)]
    revisions = {name: await storage.create(name, b"before") for name in names}
    page = await storage.list(prefix, limit=10)
    snapshot, seen, left = page.revision, list(page.items), [page.remaining]
    assert page.more
    while page.more:
        victim = names.pop()
        await storage.delete(victim, revisions.pop(victim))
        await storage.update(names[12], b"after", revisions[names[12]]) if len(seen) == 10 else None
        await storage.create(f"{prefix}new-{len(seen)}", b"after")
        page = await storage.list(prefix, start=seen[-1].key + "\0", limit=10, revision=snapshot)
        assert page.revision == snapshot
        seen += page.items
        left.append(page.remaining)
    assert left == [15, 5, 0]
    assert [item.key for item in seen] == [f"{prefix}{number:02}" for number in range(25)]
    assert {item.value for item in seen} == {b"before"}


async def test_start_is_inclusive_and_limit_zero_means_all(storage: Storage, prefix: str) -> None:
    for name in ("a", "b", "c"):
        await storage.create(prefix + name, b"")
    page = await storage.list(prefix, start=f"{prefix}b")
    assert [item.key for item in page.items] == [f"{prefix}b", f"{prefix}c"]
    assert (page.more, page.remaining) == (False, 0)
    exact = await storage.list(prefix, limit=3)
    assert (len(exact.items), exact.more, exact.remaining) == (3, False, 0)


async def test_list_revision_covers_every_item_and_every_earlier_write(storage: Storage, prefix: str) -> None:
    revisions = await write_some(storage, prefix, 20)
    page = await storage.list(prefix)
    assert page.revision >= revisions[-1]
    assert all(item.revision <= page.revision for item in page.items)
    assert (await storage.list(f"{prefix}nothing/")).revision >= revisions[-1]


async def test_revisions_follow_real_time(storage: Storage, prefix: str) -> None:
    before = await storage.current_revision()
    revisions = await write_some(storage, prefix, 30)
    assert revisions == sorted(set(revisions))
    assert revisions[0] > before
    assert await storage.current_revision() >= revisions[-1]


async def test_concurrent_writers_get_revisions_of_their_own(storage: Storage, prefix: str) -> None:
    revisions = await asyncio.gather(*(storage.create(f"{prefix}{number}", b"") for number in range(100)))
    assert len(set(revisions)) == 100
    stored = {item.key: item.revision for item in (await storage.list(prefix)).items}
    assert stored == {f"{prefix}{number}": revision for number, revision in enumerate(revisions)}


async def test_counter_under_many_writers_counts_every_increment(storage: Storage, prefix: str) -> None:
    await storage.create(f"{prefix}counter", b"0")

    async def count_to_ten() -> list[int]:
        return [await increment(storage, f"{prefix}counter") for _ in range(10)]

    revisions = list(chain.from_iterable(await asyncio.gather(*(count_to_ten() for _ in range(8)))))
    found = await storage.get(f"{prefix}counter")
    assert found is not None
    assert found.value == b"80"
    assert len(set(revisions)) == 80


async def test_one_of_many_creators_wins_and_the_losers_spoil_nothing(storage: Storage, prefix: str) -> None:
    attempts = [storage.create(f"{prefix}same", str(number).encode()) for number in range(20)]
    neighbours = [storage.create(f"{prefix}other-{number}", b"") for number in range(20)]
    outcomes = await asyncio.gather(*attempts, *neighbours, return_exceptions=True)
    winners = [number for number, outcome in enumerate(outcomes[:20]) if isinstance(outcome, int)]
    losers = [outcome for outcome in outcomes[:20] if isinstance(outcome, KeyExists)]
    assert (len(winners), len(losers)) == (1, 19)
    assert all(isinstance(outcome, int) for outcome in outcomes[20:])
    found = await storage.get(f"{prefix}same")
    assert found is not None
    assert found.value == str(winners[0]).encode()


async def test_key_with_a_time_to_live_deletes_itself(storage: Storage, prefix: str) -> None:
    await storage.create(f"{prefix}short", b"", ttl_s=1)
    await storage.create(f"{prefix}long", b"", ttl_s=3600)
    before = await storage.current_revision()

    async def is_gone() -> bool:
        return await storage.get(f"{prefix}short") is None

    await eventually(is_gone, timeout_s=15)
    assert [item.key for item in (await storage.list(prefix)).items] == [f"{prefix}long"]
    assert await storage.current_revision() > before


async def test_update_without_a_time_to_live_makes_the_key_stay(storage: Storage, prefix: str) -> None:
    first = await storage.create(f"{prefix}kept", b"", ttl_s=1)
    await storage.update(f"{prefix}kept", b"kept", first)
    await storage.create(f"{prefix}witness", b"", ttl_s=1)

    async def witness_is_gone() -> bool:
        return await storage.get(f"{prefix}witness") is None

    await eventually(witness_is_gone, timeout_s=15)
    assert await storage.get(f"{prefix}kept") is not None


async def test_closed_store_says_so(storage: Storage, prefix: str) -> None:
    await storage.close()
    with pytest.raises(StorageUnavailable):
        await storage.get(f"{prefix}a")
    with pytest.raises(StorageUnavailable):
        await storage.create(f"{prefix}a", b"")
    with pytest.raises(StorageUnavailable):
        await storage.current_revision()
    await storage.close()


async def test_the_current_revision_is_never_older_than_a_write_that_had_ended(storage: Storage, prefix: str) -> None:
    """However many ask at the same time, each is answered for the moment of its own question."""

    async def write_and_ask(worker: int) -> None:
        for turn in range(25):
            written = await storage.create(f"{prefix}{worker}-{turn}", b"x")
            assert await storage.current_revision() >= written

    async def ask() -> None:
        while True:
            await storage.current_revision()
            await asyncio.sleep(0)

    asking = [asyncio.create_task(ask()) for _ in range(10)]
    try:
        await asyncio.gather(*(write_and_ask(worker) for worker in range(8)))
    finally:
        for task in asking:
            task.cancel()
