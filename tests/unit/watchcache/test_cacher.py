"""The caches say of which revision they are, and never pass off an old state as the newest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.registry import Registry
from minikube_py.storage.interface import StorageUnavailable
from minikube_py.storage.memory import MemoryStorage
from minikube_py.watchcache.cacher import Cacher
from tests.support.eventually import eventually

KEY = ConfigMap.definition.key("default", "settings")
VALUE = ConfigMap.from_dict({"metadata": {"name": "settings", "namespace": "default"}}).to_stored()


@asynccontextmanager
async def following(storage: MemoryStorage) -> AsyncIterator[Cacher]:
    cacher = Cacher(storage, Registry((ConfigMap,)))
    task = asyncio.create_task(cacher.run())
    try:
        await cacher.is_synced.wait()
        yield cacher
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_what_the_caches_hold_is_of_the_revision_that_they_say_before_it_is_announced() -> None:
    storage, may_announce = MemoryStorage(), asyncio.Event()

    async def wait() -> None:
        await may_announce.wait()

    async with following(storage) as cacher:
        cacher.before_advance = wait
        revision = await storage.create(KEY, VALUE)
        await eventually(lambda: cacher.of(ConfigMap).get(KEY) is not None)
        assert cacher.revision == revision
        assert not await cacher.wait_for(revision, timeout_s=0.01)
        may_announce.set()
        assert await cacher.catch_up() == revision


async def test_caches_that_do_not_follow_the_store_are_no_answer_to_who_asks_for_the_newest_state() -> None:
    storage = MemoryStorage()
    async with following(storage) as cacher:
        pass
    await storage.create(KEY, VALUE)
    with pytest.raises(StorageUnavailable, match="revision 1, and its events have come up to 0"):
        await cacher.catch_up(timeout_s=0.01)
