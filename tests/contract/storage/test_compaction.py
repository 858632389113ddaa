"""What every store promises about forgetting: the present stays whole, and the forgotten past is refused by name."""

import asyncio
from contextlib import aclosing

import pytest

from minikube_py.storage import Compacted, Event, FutureRevision, Storage
from tests.contract.storage.watching import events_through, write_some


async def test_compaction_changes_nothing_about_the_present(storage: Storage, prefix: str) -> None:
    await write_some(storage, prefix, 40)
    before = await storage.list(prefix)
    await storage.compact(before.revision)
    after = await storage.list(prefix)
    assert after.items == before.items
    assert after.revision >= before.revision
    assert (await storage.list(prefix, revision=before.revision)).items == before.items


async def test_reading_before_the_compacted_revision_is_refused(storage: Storage, prefix: str) -> None:
    revisions = await write_some(storage, prefix, 40)
    await storage.compact(revisions[30])
    with pytest.raises(Compacted):
        await storage.get(f"{prefix}0", revisions[29])
    with pytest.raises(Compacted):
        await storage.list(prefix, revision=revisions[29])
    assert (await storage.list(prefix, revision=revisions[30])).revision == revisions[30]


async def test_watching_from_before_the_compacted_revision_is_refused(storage: Storage, prefix: str) -> None:
    revisions = await write_some(storage, prefix, 40)
    await storage.compact(revisions[30])
    for after in (revisions[0], revisions[28], revisions[29]):
        with pytest.raises(Compacted):
            await events_through(storage, prefix, after, revisions[-1])


async def test_watching_from_the_compacted_revision_misses_nothing(storage: Storage, prefix: str) -> None:
    revisions = await write_some(storage, prefix, 40)
    whole = await events_through(storage, prefix, revisions[0] - 1, revisions[-1])
    await storage.compact(revisions[30])
    assert await events_through(storage, prefix, revisions[30], revisions[-1]) == whole[31:]


async def test_watcher_that_keeps_up_is_not_disturbed(storage: Storage, prefix: str) -> None:
    after = await storage.current_revision()
    seen: list[Event] = []
    written: list[int] = []
    async with aclosing(storage.watch(prefix, after)) as batches:
        for round_number in range(10):
            written += await write_some(storage, f"{prefix}{round_number}/", 10)
            while not seen or seen[-1].revision < written[-1]:
                seen += (await anext(batches)).events
            await storage.compact(written[-1])
    assert [event.revision for event in seen] == written


async def test_compacting_backwards_or_twice_does_nothing(storage: Storage, prefix: str) -> None:
    revisions = await write_some(storage, prefix, 20)
    await storage.compact(revisions[10])
    await storage.compact(revisions[10])
    await storage.compact(revisions[5])
    with pytest.raises(Compacted):
        await storage.list(prefix, revision=revisions[9])


async def test_compacting_the_future_is_refused(storage: Storage, prefix: str) -> None:
    with pytest.raises(FutureRevision):
        await storage.compact(await storage.current_revision() + 1000)


async def test_key_deleted_before_the_compaction_can_be_created_anew(storage: Storage, prefix: str) -> None:
    first = await storage.create(f"{prefix}a", b"one")
    deleted = await storage.delete(f"{prefix}a", first)
    await storage.compact(deleted)
    again = await storage.create(f"{prefix}a", b"two")
    assert again > deleted
    updated = await storage.update(f"{prefix}a", b"three", again)
    assert await events_through(storage, prefix, deleted, updated) == [
        Event(f"{prefix}a", b"two", None, again, created=True),
        Event(f"{prefix}a", b"three", b"two", updated, created=False),
    ]


async def test_writes_go_on_while_much_is_compacted(storage: Storage, prefix: str) -> None:
    revisions = await asyncio.gather(*(write_some(storage, f"{prefix}{writer}/", 60) for writer in range(10)))
    newest = max(max(written) for written in revisions)
    _, more = await asyncio.gather(storage.compact(newest), write_some(storage, f"{prefix}during/", 60))
    assert more == sorted(set(more))
    during = await events_through(storage, f"{prefix}during/", newest, more[-1])
    assert [event.revision for event in during] == more
