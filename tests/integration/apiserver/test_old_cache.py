"""Updates start from the watch cache; here that has stopped following the store, and nothing may be lost by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace as replaced

import pytest

from minikube_py.admission.chain import AdmissionChain
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from minikube_py.api.status import Conflict, NotFound
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.storage.memory import MemoryStorage
from minikube_py.watchcache.cacher import Cacher

TARGET = Target(ConfigMap, "default", "settings")
KEY = ConfigMap.definition.key("default", "settings")


class Server:
    """A store with one config map {n: 1}, of which the cache knows nothing newer."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.cacher = Cacher(self.storage, Registry((ConfigMap,)))
        self.writer = Writer(self.storage, self.cacher, AdmissionChain(()))

    async def set_up(self) -> None:
        given = ConfigMap.from_dict({"metadata": {"name": "settings"}, "data": {"n": "1"}})
        await self.writer.create(TARGET, given)
        following = asyncio.create_task(self.cacher.run())
        await self.cacher.is_synced.wait()
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    async def stored(self) -> ConfigMap:
        found = await self.storage.get(KEY)
        assert found is not None
        return ConfigMap.from_json(found.value)

    async def change_behind_the_cache(self) -> None:
        await self.writer.update(TARGET, put(n="2"))
        cached = self.cacher.of(ConfigMap).get(KEY)
        assert cached is not None
        assert b'"n":"1"' in cached.data


def put(*, n: str, version: str = "") -> Callable[[Resource], Resource]:
    """What a PUT with that number asks of any current state."""

    def change(current: Resource) -> Resource:
        assert isinstance(current, ConfigMap)
        return replace(current, data={"n": n}, metadata=replace(current.metadata, resource_version=version))

    return change


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    await made.set_up()
    yield made
    await made.storage.close()


async def test_a_change_is_made_of_the_newest_state(server: Server) -> None:
    await server.change_behind_the_cache()

    def one_more(current: Resource) -> Resource:
        assert isinstance(current, ConfigMap)
        return put(n=str(int(current.data["n"]) + 1))(current)

    await server.writer.update(TARGET, one_more)
    assert (await server.stored()).data == {"n": "3"}


async def test_what_is_already_so_in_the_old_state_is_written_over_the_new_one(server: Server) -> None:
    await server.change_behind_the_cache()
    await server.writer.update(TARGET, put(n="1"))
    assert (await server.stored()).data == {"n": "1"}


async def test_the_newest_version_may_be_named_and_the_cached_one_may_not(server: Server) -> None:
    old = (await server.writer.update(TARGET, put(n="1"))).obj.metadata.resource_version
    await server.change_behind_the_cache()
    with pytest.raises(Conflict):
        await server.writer.update(TARGET, put(n="3", version=old))
    newest = (await server.writer.update(TARGET, put(n="2"))).obj.metadata.resource_version
    await server.writer.update(TARGET, put(n="3", version=newest))
    assert (await server.stored()).data == {"n": "3"}


@pytest.mark.parametrize("n", ["1", "2"])
async def test_an_object_that_is_gone_is_not_updated(server: Server, n: str) -> None:
    await server.writer.delete(TARGET, DeleteOptions())
    with pytest.raises(NotFound):
        await server.writer.update(TARGET, put(n=n))


async def test_an_object_that_the_cache_has_not_seen_yet_is_updated(server: Server) -> None:
    later = Target(ConfigMap, "default", "later")
    await server.writer.create(later, ConfigMap.from_dict({"metadata": {"name": "later"}}))
    written = await server.writer.update(later, put(n="1"))
    assert b'"n":"1"' in written.data


async def test_a_rehearsal_starts_from_the_newest_state(server: Server) -> None:
    await server.change_behind_the_cache()
    seen: list[Resource] = []

    def look(current: Resource) -> Resource:
        seen.append(current)
        return current

    await server.writer.update(replaced(TARGET, dry_run=True), look)
    assert [config_map.data for config_map in seen if isinstance(config_map, ConfigMap)] == [{"n": "2"}]
