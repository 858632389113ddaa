"""What every store promises about watching: filtered, ordered, unique, complete and resumable anywhere.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/testing/watcher_tests.go; etcd's tests/robustness for the words.
"""

import asyncio
from contextlib import aclosing
from itertools import chain

from minikube_py.storage import Event, Storage, StorageUnavailable
from tests.contract.storage.watching import events_through, first_events, write_some


async def test_create_update_and_delete_arrive_with_the_state_before(storage: Storage, prefix: str) -> None:
    key = f"{prefix}a"
    created = await storage.create(key, b"one")
    updated = await storage.update(key, b"two", created)
    deleted = await storage.delete(key, updated)
    again = await storage.create(key, b"three")
    assert await events_through(storage, prefix, created - 1, again) == [
        Event(key, b"one", None, created, created=True),
        Event(key, b"two", b"one", updated, created=False),
        Event(key, None, b"two", deleted, created=False),
        Event(key, b"three", None, again, created=True),
    ]


async def test_watch_waits_for_what_is_yet_to_happen(storage: Storage, prefix: str) -> None:
    after = await storage.current_revision()
    watching = asyncio.create_task(first_events(storage, prefix, after, 2))
    first = await storage.create(f"{prefix}a", b"one")
    second = await storage.create(f"{prefix}b", b"two")
    assert [event.revision for event in await watching] == [first, second]


async def test_watch_from_a_revision_in_the_future_skips_what_comes_before_it(storage: Storage, prefix: str) -> None:
    now = await storage.current_revision()
    watching = asyncio.create_task(first_events(storage, prefix, now + 3, 2))
    revisions = [await storage.create(f"{prefix}{number}", b"") for number in range(5)]
    assert [event.revision for event in await watching] == revisions[3:]


async def test_watch_sees_only_its_prefix(storage: Storage, prefix: str) -> None:
    after = await storage.current_revision()
    await storage.create(f"{prefix}pods/a", b"")
    await storage.create(f"{prefix}podsets/a", b"")
    last = await storage.create(f"{prefix}pods/b", b"")
    events = await events_through(storage, f"{prefix}pods/", after, last)
    assert [event.key for event in events] == [f"{prefix}pods/a", f"{prefix}pods/b"]


async def test_writes_elsewhere_move_the_revision_of_a_quiet_watch(storage: Storage, prefix: str) -> None:
    after = await storage.current_revision()
    watching = asyncio.create_task(events_through(storage, f"{prefix}quiet/", after, after + 3))
    for number in range(3):
        await storage.create(f"{prefix}loud/{number}", b"")
    assert await asyncio.wait_for(watching, 10) == []


async def test_watch_of_the_past_goes_on_into_the_present(storage: Storage, prefix: str) -> None:
    after = await storage.current_revision()
    past = await write_some(storage, prefix, 20)
    watching = asyncio.create_task(first_events(storage, prefix, after, 40))
    present = await write_some(storage, f"{prefix}more/", 20)
    assert [event.revision for event in await watching] == past + present


async def test_batches_never_go_back_and_cover_their_events(storage: Storage, prefix: str) -> None:
    after = await storage.current_revision()
    revisions = await write_some(storage, prefix, 50)
    position = after
    async with aclosing(storage.watch(prefix, after)) as batches:
        async for batch in batches:
            assert batch.revision > position
            assert all(position < event.revision <= batch.revision for event in batch.events)
            position = batch.revision
            if position >= revisions[-1]:
                return


async def test_twenty_watchers_see_the_same_sequence(storage: Storage, prefix: str) -> None:
    after = await storage.current_revision()
    watchers = [asyncio.create_task(first_events(storage, prefix, after, 200)) for _ in range(20)]
    writers = [write_some(storage, f"{prefix}{writer}/", 50) for writer in range(4)]
    written = sorted(chain.from_iterable(await asyncio.gather(*writers)))
    seen = await asyncio.gather(*watchers)
    assert [event.revision for event in seen[0]] == written
    assert all(events == seen[0] for events in seen)


async def test_watch_cut_at_every_event_resumes_without_loss_or_repeat(storage: Storage, prefix: str) -> None:
    after = await storage.current_revision()
    revisions = await write_some(storage, prefix, 30)
    whole = await events_through(storage, prefix, after, revisions[-1])
    assert [event.revision for event in whole] == revisions
    for cut, event in enumerate(whole[:-1]):
        assert await events_through(storage, prefix, event.revision, revisions[-1]) == whole[cut + 1 :]


async def test_replaying_a_watch_gives_the_listed_state(storage: Storage, prefix: str) -> None:
    after = await storage.current_revision()
    await asyncio.gather(*(write_some(storage, f"{prefix}{writer}/", 40) for writer in range(5)))
    page = await storage.list(prefix)
    state: dict[str, bytes] = {}
    for event in await events_through(storage, prefix, after, page.revision):
        assert event.previous == state.get(event.key)
        assert event.created == (event.key not in state)
        if event.value is None:
            del state[event.key]
        else:
            state[event.key] = event.value
    assert state == {item.key: item.value for item in page.items}


async def test_acknowledged_write_is_never_ahead_of_the_progress_it_causes(storage: Storage, prefix: str) -> None:
    revision = await storage.create(f"{prefix}a", b"")
    events = await asyncio.wait_for(events_through(storage, prefix, revision - 1, await storage.current_revision()), 10)
    assert [event.revision for event in events] == [revision]


async def test_slow_watcher_holds_nobody_up_and_misses_nothing(storage: Storage, prefix: str) -> None:
    after = await storage.current_revision()
    async with aclosing(storage.watch(prefix, after)) as slow:
        first = await storage.create(f"{prefix}first", b"")
        batch = await anext(slow)
        position, seen = batch.revision, list(batch.events)
        large = bytes(1 << 20)
        written = [await storage.create(f"{prefix}{number}", large) for number in range(40)]
        fast = await first_events(storage, prefix, after, 41)
        while position < written[-1]:
            batch = await anext(slow)
            position = batch.revision
            seen += batch.events
    assert [event.revision for event in seen] == [first, *written]
    assert seen == fast


async def test_expiry_is_an_event_like_any_deletion(storage: Storage, prefix: str) -> None:
    created = await storage.create(f"{prefix}short", b"brief", ttl_s=1)
    events = await asyncio.wait_for(first_events(storage, prefix, created, 1), 15)
    assert events[0] == Event(f"{prefix}short", None, b"brief", events[0].revision, created=False)
    assert events[0].revision > created


async def test_closing_the_store_ends_its_watches(storage: Storage, prefix: str) -> None:
    async with aclosing(storage.watch(prefix, await storage.current_revision())) as batches:
        await storage.create(f"{prefix}a", b"")
        await anext(batches)
        outcome, _ = await asyncio.gather(anext(batches), storage.close(), return_exceptions=True)
        assert isinstance(outcome, StorageUnavailable)
