"""How a watch's events are put together, on virtual time."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress

import pytest

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.registry import Registry
from minikube_py.apiserver.lists import Lister
from minikube_py.apiserver.negotiation import Rendering
from minikube_py.apiserver.options import list_options
from minikube_py.apiserver.watch_stream import GATHER_S, WatchRequest, WatchStreamer
from minikube_py.storage.memory import MemoryStorage
from minikube_py.watchcache.cacher import Cacher

pytestmark = pytest.mark.looptime


async def test_of_a_burst_the_first_event_is_told_at_once_and_the_rest_together() -> None:
    storage = MemoryStorage()
    cacher = Cacher(storage, Registry((ConfigMap,)))
    following = asyncio.create_task(cacher.run())
    await cacher.is_synced.wait()
    options = list_options({"timeoutSeconds": "1"}, watch=True)
    streamer = WatchStreamer(cacher, Lister(storage, cacher))
    clock = asyncio.get_running_loop().time
    told: list[tuple[float, int]] = []

    async def watch() -> None:
        events = await streamer.open(WatchRequest(ConfigMap, "default", options, Rendering()))
        async with aclosing(events) as opened:
            async for text in opened:
                told.append((round(clock() - began, 3), text.count(b"\n")))

    began = clock()
    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.1)
    for number in range(8):
        obj = ConfigMap.from_dict({"metadata": {"name": f"map-{number}", "namespace": "default"}})
        await storage.create(ConfigMap.definition.key("default", f"map-{number}"), obj.to_stored())
        await asyncio.sleep(GATHER_S / 10)
    await watching
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    assert told == [(0.1, 1), (round(0.1 + GATHER_S, 3), 7)]
