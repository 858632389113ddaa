"""What the stores that write to a disk promise over a restart."""

import pytest

from minikube_py.storage import Compacted
from tests.contract.storage.backends import Backend
from tests.contract.storage.watching import events_through, write_some
from tests.support.eventually import eventually

PREFIX = "/registry/"


async def test_restart_keeps_the_state_the_history_and_the_revision(durable_backend: Backend) -> None:
    storage = await durable_backend.open()
    revisions = await write_some(storage, PREFIX, 50)
    before = await storage.list(PREFIX)
    history = await events_through(storage, PREFIX, revisions[0] - 1, revisions[-1])
    await storage.close()
    await durable_backend.restart()

    storage = await durable_backend.open()
    assert await storage.list(PREFIX) == before
    assert await storage.current_revision() == before.revision
    assert await events_through(storage, PREFIX, revisions[0] - 1, revisions[-1]) == history
    assert await events_through(storage, PREFIX, revisions[20], revisions[-1]) == history[21:]
    assert await storage.create(f"{PREFIX}new", b"") > before.revision
    await storage.close()


async def test_revision_never_goes_back_even_when_the_newest_write_was_a_compacted_deletion(
    durable_backend: Backend,
) -> None:
    storage = await durable_backend.open()
    created = await storage.create(f"{PREFIX}only", b"")
    deleted = await storage.delete(f"{PREFIX}only", created)
    await storage.compact(deleted)
    await storage.close()
    await durable_backend.restart()

    storage = await durable_backend.open()
    assert await storage.current_revision() >= deleted
    assert await storage.create(f"{PREFIX}only", b"") > deleted
    await storage.close()


async def test_compacted_history_stays_refused_after_a_restart(durable_backend: Backend) -> None:
    storage = await durable_backend.open()
    revisions = await write_some(storage, PREFIX, 20)
    await storage.compact(revisions[10])
    await storage.close()
    await durable_backend.restart()

    storage = await durable_backend.open()
    with pytest.raises(Compacted):
        await storage.list(PREFIX, revision=revisions[9])
    with pytest.raises(Compacted):
        await events_through(storage, PREFIX, revisions[9], revisions[-1])
    assert len(await events_through(storage, PREFIX, revisions[10], revisions[-1])) == 9
    await storage.close()


async def test_time_to_live_goes_on_after_a_restart(durable_backend: Backend) -> None:
    storage = await durable_backend.open()
    await storage.create(f"{PREFIX}short", b"", ttl_s=2)
    await storage.create(f"{PREFIX}kept", b"")
    await storage.close()
    await durable_backend.restart()

    storage = await durable_backend.open()

    async def only_the_kept_one_is_left() -> bool:
        return [item.key for item in (await storage.list(PREFIX)).items] == [f"{PREFIX}kept"]

    await eventually(only_the_kept_one_is_left, timeout_s=30)
    await storage.close()
