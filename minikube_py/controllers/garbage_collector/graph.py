"""The graph of owners and dependents, of all kinds that the server has, known by their metadata only.

Owners are known by uid alone: an edge may lead to an object that was never seen, or is gone. What hangs on such an
edge is a candidate; whether its owner really does not exist is asked of the server, never concluded from this graph.

`run` discovers kinds and follows each with an informer; kinds that users bring, or take away, are noticed at the next
discovery.

Kubernetes: pkg/controller/garbagecollector/graph_builder.go
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from minikube_py.api.definition import Definition
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.status import ApiError
from minikube_py.client.client import Client
from minikube_py.client.discovery import served_definitions
from minikube_py.client.partial import PartialObject, partial_kind
from minikube_py.machinery.backoff import CONNECTION, Backoff
from minikube_py.machinery.informer import Change, Informer

log = logging.getLogger(__name__)

DISCOVERY_PERIOD_S = 30.0
_SYNC_TIMEOUT_S = 30.0
ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"
_IGNORED = frozenset({("", "events"), ("events.k8s.io", "events")})
"""Events come and go by the thousand, and own nothing."""


@dataclass(frozen=True, slots=True)
class Node:
    """One object: what it is and its metadata."""

    definition: Definition
    metadata: ObjectMeta

    @property
    def is_ending(self) -> bool:
        return self.metadata.deletion_timestamp is not None

    @property
    def is_deleting_dependents(self) -> bool:
        return self.is_ending and FOREGROUND in self.metadata.finalizers

    @property
    def is_orphaning(self) -> bool:
        return self.is_ending and ORPHAN in self.metadata.finalizers

    @property
    def owner_uids(self) -> frozenset[str]:
        return frozenset(owner.uid for owner in self.metadata.owner_references)

    def blocks(self, owner_uid: str) -> bool:
        """Whether the owner's foreground deletion waits for this object."""
        return any(o.uid == owner_uid and o.block_owner_deletion for o in self.metadata.owner_references)


class Graph:
    """A source of uids that the garbage collector should look at."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._nodes: dict[str, Node] = {}
        self._dependents: dict[str, set[str]] = {}
        self._definitions: dict[tuple[str, str], Definition] = {}
        self._informers: dict[Definition, Informer[PartialObject]] = {}
        self._following: dict[Definition, asyncio.Task[None]] = {}
        self._is_complete = asyncio.Event()
        self._enqueue: Callable[[str], None] | None = None

    def attach(self, enqueue: Callable[[str], None]) -> None:
        self._enqueue = enqueue

    async def synced(self) -> None:
        """Wait until all kinds of the first discovery are listed."""
        await self._is_complete.wait()

    async def run(self) -> None:
        """Follow all kinds until cancelled."""
        async with asyncio.TaskGroup() as group:
            backoff = Backoff(CONNECTION)
            while True:
                try:
                    await self._discover(group)
                except ApiError as error:
                    log.info("discovery failed", extra={"error": str(error)})
                    await backoff.pause()
                else:
                    backoff.reset()
                    await asyncio.sleep(DISCOVERY_PERIOD_S)

    def node(self, uid: str) -> Node | None:
        return self._nodes.get(uid)

    def dependents(self, uid: str) -> Iterator[Node]:
        """What has the object of this uid among its owners."""
        for dependent in tuple(self._dependents.get(uid, ())):
            if dependent in self._nodes:
                yield self._nodes[dependent]

    def definition(self, api_version: str, kind: str) -> Definition | None:
        """The resource that an owner reference means; None for a kind that the server does not have."""
        return self._definitions.get((api_version.rpartition("/")[0], kind))

    def forget(self, uid: str) -> None:
        """The server says that the object does not exist."""
        self._remove(uid)

    async def _discover(self, group: asyncio.TaskGroup) -> None:
        definitions = await served_definitions(self._client)
        known = self._definitions.keys()
        self._definitions = {(each.group, each.kind): each for each in definitions}
        for definition in definitions:
            if definition not in self._informers and _is_collected(definition):
                informer = Informer(self._client, partial_kind(definition))
                informer.add_handler(partial(self._observe, definition))
                self._informers[definition] = informer
                name = f"garbage {definition.group_resource}"
                self._following[definition] = group.create_task(informer.run(), name=name)
        for definition in self._informers.keys() - set(definitions):
            self._forget_kind(definition)
        with suppress(TimeoutError):
            # A kind may go while it is waited for; then the next discovery says so.
            async with asyncio.timeout(_SYNC_TIMEOUT_S):
                for informer in self._informers.values():
                    await informer.synced()
                self._is_complete.set()
        if self._definitions.keys() - known:
            self._look_at_owned()

    def _look_at_owned(self) -> None:
        """An owner of a kind that the server did not have could not be looked for; perhaps it can now."""
        for uid in tuple(self._nodes):
            if self._nodes[uid].owner_uids:
                self.look_at(uid)

    def _forget_kind(self, definition: Definition) -> None:
        """The server has the kind no longer, and so none of its objects."""
        del self._informers[definition]
        self._following.pop(definition).cancel()
        for uid in [uid for uid, node in self._nodes.items() if node.definition == definition]:
            self._vanished(uid)

    def _observe(self, definition: Definition, change: Change[PartialObject]) -> None:
        old, new = change.old, change.new
        if old is not None and (new is None or new.metadata.uid != old.metadata.uid):
            self._vanished(old.metadata.uid)
        if new is not None:
            self._appeared(Node(definition, new.metadata))

    def _appeared(self, node: Node) -> None:
        uid = node.metadata.uid
        known = self._nodes.get(uid)
        self._nodes[uid] = node
        former = known.owner_uids if known is not None else frozenset()
        for owner in former - node.owner_uids:
            self._dependents.get(owner, set()).discard(uid)
            # A foreground deletion may have waited for this reference to go.
            self.look_at(owner)
        for owner in node.owner_uids - former:
            self._dependents.setdefault(owner, set()).add(uid)
        self.look_at(uid)
        for owner in node.owner_uids:
            if (waiting := self._nodes.get(owner)) is not None and waiting.is_deleting_dependents:
                self.look_at(owner)

    def _vanished(self, uid: str) -> None:
        node = self._remove(uid)
        for dependent in tuple(self._dependents.get(uid, ())):
            self.look_at(dependent)
        for owner in node.owner_uids if node is not None else ():
            self.look_at(owner)

    def _remove(self, uid: str) -> Node | None:
        node = self._nodes.pop(uid, None)
        for owner in node.owner_uids if node is not None else ():
            dependents = self._dependents.get(owner, set())
            dependents.discard(uid)
            if not dependents:
                self._dependents.pop(owner, None)
        return node

    def look_at(self, uid: str) -> None:
        """Have the object looked at, if there can be anything to do: most have no owners, or owners that live."""
        node = self._nodes.get(uid)
        if node is None or self._enqueue is None:
            return
        if node.is_deleting_dependents or node.is_orphaning or not self._has_living_owners_only(node):
            self._enqueue(uid)

    def _has_living_owners_only(self, node: Node) -> bool:
        owners = [self._nodes.get(uid) for uid in node.owner_uids]
        at_home = ("", node.metadata.namespace)
        return all(owner and not owner.is_ending and owner.metadata.namespace in at_home for owner in owners)


def _is_collected(definition: Definition) -> bool:
    can_be_followed = {"delete", "list", "watch"} <= set(definition.verbs)
    return can_be_followed and (definition.group, definition.plural) not in _IGNORED
