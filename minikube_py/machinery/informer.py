"""Informer: keeps a local copy of one kind, and tells its handlers what changed.

    LISTING ---- full list ----> LISTED(revision) ---- watch accepted ----> WATCHING(revision)
       ^                             |    ^                                     |       |
       |                             |    '--- stream ended or broken ----------'       |
       '------- 410 Expired ---------'------------------------ 410 Expired -------------'

Invariants:
- the revision only moves forward: every event and every bookmark moves the revision, and a watch resumes after it;
- what vanished while nobody watched is found by comparing the store with the next full list, and reported as deleted;
- handlers are called once for each change, after the store has it, and never before the first full list is complete
  (`synced`).

Nothing here gives up: a failure is logged, waited out with backoff and tried again, as long as the informer runs.

Kubernetes: client-go/tools/cache/reflector.go and shared_informer.go; the states are kube-rs' watcher.rs
Simplified: a full list is one request (the server answers it from encoded bytes); no periodic resync.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias

from minikube_py.api.decoding import DecodeError
from minikube_py.api.model import compact, replace
from minikube_py.api.status import ApiError, Expired, Timeout
from minikube_py.client.client import WATCH_TIMEOUT_S, Client
from minikube_py.client.watch import EventType, WatchEvent
from minikube_py.machinery import metrics
from minikube_py.machinery.backoff import CONNECTION, Backoff, BackoffPolicy
from minikube_py.machinery.store import IndexFunction, R, Store, key_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change(Generic[R]):
    """What happened to one object: `old` is None when it appeared, `new` when it is gone."""

    old: R | None
    new: R | None

    @property
    def object(self) -> R:
        """The object as it is, or as it last was."""
        found = self.new if self.new is not None else self.old
        assert found is not None, "a change is about an object"
        return found


Handler: TypeAlias = Callable[[Change[R]], None]
"""Called in the event loop: it takes notes (adds a key to a queue) and returns."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The store is as old as it is; a full list is needed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The store is that of `revision`; a watch that starts there is needed."""

    revision: str


@dataclass(frozen=True, slots=True)
class Watching:
    """A watch is open and has come as far as `revision`."""

    revision: str


State: TypeAlias = Listing | Listed | Watching


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of the kind; all of them unless said otherwise."""

    namespace: str = ""
    label_selector: str = ""
    field_selector: str = ""


EVERYTHING = Selection()


class Informer(Generic[R]):
    """The local copy of one kind. Add handlers and indexes first, then `run` it."""

    def __init__(
        self,
        client: Client,
        kind: type[R],
        selection: Selection = EVERYTHING,
        *,
        randomness: random.Random | None = None,
        retry: BackoffPolicy = CONNECTION,
    ) -> None:
        self.kind = kind
        self.store: Store[R] = Store()
        self.state: State = Listing()
        self._client = client
        self._selection = selection
        self._randomness = randomness or random.Random()
        self._backoff = Backoff(retry, self._randomness)
        self._handlers: list[Handler[R]] = []
        self._synced = asyncio.Event()
        self._has_warned = False

    def add_handler(self, handler: Handler[R]) -> None:
        """Be told of every change from now on, and of each object that is known already as if it had just appeared."""
        self._handlers.append(handler)
        if self.is_synced:
            for resource in self.store:
                self._tell(handler, Change(None, resource))

    def add_index(self, name: str, function: IndexFunction[R]) -> None:
        self.store.add_index(name, function)

    @property
    def is_synced(self) -> bool:
        return self._synced.is_set()

    async def synced(self) -> None:
        """Wait until the first full list is in the store."""
        await self._synced.wait()

    async def run(self) -> None:
        """Follow the server until cancelled."""
        while True:
            try:
                await self._step()
            except (Expired, Timeout) as error:
                # Timeout: the server does not know our revision yet, or never will, because its store was replaced.
                log.info("cannot resume, listing anew", extra={"kind": self._name, "error": str(error)})
                self.state = Listing()
                await self._backoff.pause()
            except (ApiError, DecodeError) as error:
                self._warn(error)
                await self._backoff.pause()

    async def _step(self) -> None:
        """Do what the state asks for, which ends in another state or in an exception."""
        match self.state:
            case Listing():
                await self._list()
            case Listed(revision) | Watching(revision):
                # Also after a failure while WATCHING: the revision is as far as that watch had come.
                self.state = Listed(revision)
                await self._watch(revision)

    async def _list(self) -> None:
        chosen = self._selection
        found = await self._client.list(
            self.kind,
            namespace=chosen.namespace,
            label_selector=chosen.label_selector,
            field_selector=chosen.field_selector,
        )
        metrics.relists.labels(self._name).inc()
        self._replace_all(found.items)
        self.state = Listed(found.resource_version)
        self._recovered()
        self._synced.set()

    async def _watch(self, revision: str) -> None:
        # Spread out, so that the informers of a restarted cluster do not all come back in one second, ever after.
        timeout_s = int(WATCH_TIMEOUT_S * (1 + self._randomness.random()))
        chosen = self._selection
        async with self._client.watch(
            self.kind,
            namespace=chosen.namespace,
            label_selector=chosen.label_selector,
            field_selector=chosen.field_selector,
            resource_version=revision,
            timeout_s=timeout_s,
        ) as events:
            self.state = Watching(revision)
            await self._follow(events, revision)
        if self.state == Watching(revision):
            # A server that ends each watch at once must not be asked again at once.
            await self._backoff.pause()
        self.state = Listed(self.state.revision)

    async def _follow(self, events: AsyncIterator[WatchEvent[R]], revision: str) -> None:
        async for event in events:
            if int(event.revision) < int(revision):
                raise Expired(f"the server's history went back from {revision} to {event.revision}")
            revision = event.revision
            self._apply(event)
            self.state = Watching(event.revision)
            self._recovered()

    def _apply(self, event: WatchEvent[R]) -> None:
        if event.type is EventType.BOOKMARK:
            return
        if event.type is EventType.DELETED:
            # The event has the last state of the object, which may be newer than the store's.
            if self.store.remove(key_of(event.object)) is not None:
                self._announce(Change(event.object, None))
            return
        new = _lean(event.object)
        self._announce(Change(self.store.put(new), new))

    def _replace_all(self, resources: tuple[R, ...]) -> None:
        """Make the store what a full list says, then tell what that changed."""
        vanished = dict.fromkeys(self.store.keys())
        changes: list[Change[R]] = []
        for listed in resources:
            new = _lean(listed)
            vanished.pop(key_of(new), None)
            old = self.store.put(new)
            if old is None or old.metadata.resource_version != new.metadata.resource_version:
                changes.append(Change(old, new))
        gone = [Change(self.store.remove(key), None) for key in vanished]
        for change in gone + changes:
            self._announce(change)

    def _announce(self, change: Change[R]) -> None:
        for handler in self._handlers:
            self._tell(handler, change)

    def _tell(self, handler: Handler[R], change: Change[R]) -> None:
        try:
            handler(change)
        except Exception:  # one handler's mistake must not blind all others of a shared informer
            log.exception("handler failed", extra={"kind": self._name, "key": str(key_of(change.object))})

    @property
    def _name(self) -> str:
        return self.kind.definition.group_resource

    def _warn(self, error: Exception) -> None:
        """Warn once an outage, not once an attempt."""
        level = logging.DEBUG if self._has_warned else logging.WARNING
        log.log(level, "lost the API server", extra={"kind": self._name, "error": str(error)})
        self._has_warned = True

    def _recovered(self) -> None:
        self._backoff.reset()
        self._has_warned = False


def _lean(resource: R) -> R:
    """Without managedFields, which no controller reads and which are a third of a small object; compact besides."""
    if not resource.metadata.managed_fields:
        return compact(resource)
    return compact(replace(resource, metadata=replace(resource.metadata, managed_fields=())))


class Informers:
    """One informer a kind, shared by everything in a process. Ask with `of` first, then `run` them all."""

    def __init__(self, client: Client, *, randomness: random.Random | None = None) -> None:
        self._client = client
        self._randomness = randomness
        self._informers: dict[type[Any], Informer[Any]] = {}

    def of(self, kind: type[R]) -> Informer[R]:
        if kind not in self._informers:
            self._informers[kind] = Informer(self._client, kind, randomness=self._randomness)
        return self._informers[kind]

    async def run(self) -> None:
        """Follow the server for every kind that was asked for before, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self._informers.values():
                group.create_task(informer.run(), name=f"informer {informer.kind.__name__}")

    async def synced(self) -> None:
        for informer in self._informers.values():
            await informer.synced()
