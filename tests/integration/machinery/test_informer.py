"""The informer against a server that breaks: every transition of its states, and a cut at every byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.client.client import Client
from minikube_py.machinery.backoff import BackoffPolicy
from minikube_py.machinery.informer import Change, Informer, Listed, Listing, Watching
from tests.support.eventually import eventually
from tests.support.scripted_api import ScriptedApi, serve

AT_ONCE = BackoffPolicy(initial_s=0.001, cap_s=0.001)


class Diary:
    """A handler that writes down what it was told: `+a=1`, `~a=2`, `-a=2`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, change: Change[ConfigMap]) -> None:
        sign = "+" if change.old is None else "-" if change.new is None else "~"
        self.lines.append(f"{sign}{change.object.metadata.name}={change.object.data['value']}")


@asynccontextmanager
async def running(client: Client, diary: Diary) -> AsyncIterator[Informer[ConfigMap]]:
    informer = Informer(client, ConfigMap, retry=AT_ONCE)
    informer.add_handler(diary)
    task = asyncio.create_task(informer.run())
    try:
        await asyncio.wait_for(informer.synced(), 5)
        yield informer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def contents(informer: Informer[ConfigMap]) -> dict[str, str]:
    return {each.metadata.name: each.data["value"] for each in informer.store}


async def test_first_list_is_told_as_appearances_and_then_the_watch_starts_at_its_revision() -> None:
    api, diary = ScriptedApi(), Diary()
    api.put("a", "1")
    api.put("b", "1")
    async with serve(api) as client, running(client, diary) as informer:
        assert diary.lines == ["+a=1", "+b=1"]
        await eventually(lambda: informer.state == Watching("3"))
        assert "resourceVersion=3" in api.requests[1]


async def test_events_change_the_store_and_are_told_once() -> None:
    api, diary = ScriptedApi(), Diary()
    api.put("a", "1")
    async with serve(api) as client, running(client, diary) as informer:
        api.put("b", "1")
        api.put("a", "2")
        api.delete("b")
        await eventually(lambda: informer.state == Watching("5"))
        assert contents(informer) == {"a": "2"}
        assert diary.lines == ["+a=1", "+b=1", "~a=2", "-b=1"]


async def test_bookmark_moves_the_revision_and_nothing_else() -> None:
    api, diary = ScriptedApi(), Diary()
    async with serve(api) as client, running(client, diary) as informer:
        await eventually(lambda: informer.state == Watching("1"))
        api.revision = 90
        api.bookmark()
        await eventually(lambda: informer.state == Watching("90"))
        assert diary.lines == []


async def test_broken_watch_is_resumed_where_it_was_without_another_list() -> None:
    api, diary = ScriptedApi(), Diary()
    api.cut_after = [300, 300, 300]
    async with serve(api) as client, running(client, diary) as informer:
        for value in range(5):
            api.put("a", str(value))
        await eventually(lambda: contents(informer) == {"a": "4"})
        assert sum("watch=" not in request for request in api.requests) == 1


async def test_expired_history_leads_to_a_list_that_reports_what_vanished() -> None:
    api, diary = ScriptedApi(), Diary()
    api.put("kept", "1")
    api.put("lost", "1")
    api.cut_after = [1]
    async with serve(api) as client, running(client, diary) as informer:
        api.delete("lost")
        api.put("new", "1")
        api.forget_history()
        await eventually(lambda: contents(informer) == {"kept": "1", "new": "1"})
        assert sorted(diary.lines) == ["+kept=1", "+lost=1", "+new=1", "-lost=1"]
        assert sum("watch=" not in request for request in api.requests) == 2


async def test_refused_list_is_tried_again_and_nothing_is_told_before_it_succeeds() -> None:
    api, diary = ScriptedApi(), Diary()
    api.put("a", "1")
    api.refusals = [500, 503, 500]
    async with serve(api) as client, running(client, diary) as informer:
        assert contents(informer) == {"a": "1"}
        assert diary.lines == ["+a=1"]


async def test_refused_watch_is_tried_again_from_the_same_revision() -> None:
    api = ScriptedApi()
    api.put("a", "1")
    async with serve(api) as client:
        informer = Informer(client, ConfigMap, retry=AT_ONCE)
        informer.state = Listed("2")
        api.refusals = [500, 500]
        task = asyncio.create_task(informer.run())
        await eventually(lambda: isinstance(informer.state, Watching))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert all("resourceVersion=2" in request for request in api.requests)


async def test_server_with_a_younger_history_is_listed_anew() -> None:
    api, diary = ScriptedApi(), Diary()
    api.put("a", "1")
    async with serve(api) as client, running(client, diary) as informer:
        await eventually(lambda: informer.state == Watching("2"))
        api.start_over()
        await eventually(lambda: contents(informer) == {})
        assert diary.lines == ["+a=1", "-a=1"]


async def test_late_handler_is_told_of_all_that_exists() -> None:
    api, diary = ScriptedApi(), Diary()
    api.put("a", "1")
    async with serve(api) as client, running(client, Diary()) as informer:
        informer.add_handler(diary)
        assert diary.lines == ["+a=1"]


async def test_failing_handler_does_not_blind_the_others() -> None:
    api, diary = ScriptedApi(), Diary()

    def failing(_change: Change[ConfigMap]) -> None:
        raise RuntimeError("a mistake")

    async with serve(api) as client, running(client, diary) as informer:
        informer._handlers.insert(0, failing)
        api.put("a", "1")
        await eventually(lambda: diary.lines == ["+a=1"])


async def test_state_before_anything_is_listing() -> None:
    async with serve(ScriptedApi()) as client:
        assert Informer(client, ConfigMap).state == Listing()


async def test_cut_at_every_byte_loses_nothing_and_repeats_nothing() -> None:
    for cut in range(1, 760, 3):
        api, diary = ScriptedApi(), Diary()
        api.put("a", "1")
        api.cut_after = [cut]
        async with serve(api) as client, running(client, diary) as informer:
            api.put("b", "1")
            api.put("a", "2")
            api.delete("b")
            await eventually(lambda informer=informer: informer.state == Watching("5"))  # type: ignore[misc]  # a loop's
            assert contents(informer) == {"a": "2"}, cut
            assert diary.lines == ["+a=1", "+b=1", "~a=2", "-b=1"], cut
            assert not api.cut_after
