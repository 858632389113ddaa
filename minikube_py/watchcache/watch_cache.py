"""The watch cache: every object of a kind as encoded bytes, and the recent events, served without asking the store.

    Storage.watch ── one stream ──> Cacher ──> WatchCache of each kind ──> Subscription of each watching client

Objects are kept as the bytes that are sent; only labels and selectable fields are looked at. An event is encoded once
and shared by all who watch. Invariants:

- Caches change in revision order, all from one stream, so `Cacher.revision` says how far *every* kind is.
- A subscription gets each event once, in order; one that does not keep up is closed, and its client comes back
  with the last revision that it saw.
- Who asks for the newest state waits until the cache has reached what the store held when it asked.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/cacher (cacher.go, watch_cache.go), KEP-2340
Simplified: one stream over all kinds; a ring of events of fixed size, in number and in bytes.
"""

from __future__ import annotations

import asyncio
import bisect
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile
from typing import TypeVar

import orjson

from minikube_py.api.definition import Ago
from minikube_py.api.resource import Resource
from minikube_py.api.selectors import FieldSelector, Selector, parse_field_selector, parse_label_selector
from minikube_py.storage.interface import Compacted, Event, KeyValue
from minikube_py.watchcache.selectable_fields import SelectableFields
from minikube_py.watchcache.value_index import ValueIndex

R = TypeVar("R", bound=Resource)

RING_SIZE = 4096
"""Events kept for each kind, for watches that start in the past."""
RING_BYTES = 64 << 20
_FRAMES_KEPT = 256
"""Events whose encodings are kept for those who come late; who comes later still pays for his own."""
_FRAMES_BYTES = 8 << 20
SUBSCRIPTION_LIMIT = 4096
"""Events that may wait for one slow client."""


Cells = tuple[bytes | Ago, ...]
"""A Table row's cells: JSON text, and the ages between that are filled in when somebody looks."""


@dataclass(slots=True)
class CachedObject:
    """One state of an object. It never changes; its other forms are added by the first who asks for them."""

    key: str
    revision: int
    data: bytes
    """The JSON text that clients get, resourceVersion included."""
    labels: Mapping[str, str]
    fields: Mapping[str, str]
    """Field selector labels -> values."""
    cells: Cells | None = field(default=None, init=False, compare=False)
    partial: bytes | None = field(default=None, init=False, compare=False)
    decoded: Resource | None = field(default=None, init=False, compare=False)

    def as_object(self, resource: type[R]) -> R:
        """The object itself, kept for the next one who asks: for kinds of few objects that every write looks at."""
        if not isinstance(self.decoded, resource):
            self.decoded = resource.from_json(self.data)
        return self.decoded

    def at(self, revision: int) -> CachedObject:
        """The same state, said to be of another revision."""
        old, new = b'"resourceVersion":"%d"' % self.revision, b'"resourceVersion":"%d"' % revision
        return replace(self, revision=revision, data=self.data.replace(old, new, 1))


@dataclass(slots=True)
class CacheEvent:
    """One change: `current` None is a deletion, `previous` None a creation."""

    revision: int
    current: CachedObject | None
    previous: CachedObject | None
    frames: dict[str, bytes] = field(default_factory=dict)
    """Encoded watch events by (type and rendering), filled by the first who sends one."""

    @property
    def shown(self) -> CachedObject:
        """What the event is about: the new state, or the last one with the revision of the deletion."""
        found = self.current or self.previous
        assert found is not None
        return found


class EventWindow(deque[CacheEvent]):
    """The newest events: so many, and of states of so many bytes; the newest of all stays whatever its size."""

    def __init__(self, most: int, most_bytes: int, let_go: Callable[[CacheEvent], None]) -> None:
        super().__init__()
        self._most, self._most_bytes, self._let_go = most, most_bytes, let_go
        self._bytes = 0

    def append(self, event: CacheEvent) -> None:
        """Add one, and let go of the oldest that are too many."""
        super().append(event)
        self._bytes += len(event.shown.data)
        while len(self) > 1 and (len(self) > self._most or self._bytes > self._most_bytes):
            oldest = self.popleft()
            self._bytes -= len(oldest.shown.data)
            self._let_go(oldest)

    def clear(self) -> None:
        super().clear()
        self._bytes = 0


class Subscription:
    """The events that wait for one client. Iterate with `take`; `close` ends it."""

    def __init__(self, namespace_prefix: str, labels: Selector, fields: FieldSelector) -> None:
        self._prefix = namespace_prefix
        self.labels = labels
        self.fields = fields
        self.selects = not (labels.is_everything and fields.is_everything)
        self.wants = next(((each.field, each.value) for each in fields if not each.is_negated), None)
        """A field and the one value of it that may match: no other object's events need be offered."""
        self.after = 0
        """Nothing up to this revision is told, also when this server has yet to come there: another one was ahead."""
        self._waiting: deque[tuple[str, CacheEvent]] = deque()
        self._wake: asyncio.Future[None] | None = None
        self.is_closed = False

    def offer(self, event: CacheEvent) -> None:
        """Queue the event as this client sees it: entering its selector is ADDED, leaving it DELETED."""
        kind = self._type_of(event) if event.revision > self.after else ""
        if not kind:
            return
        if len(self._waiting) >= SUBSCRIPTION_LIMIT:
            self.close()
            return
        self._waiting.append((kind, event))
        self._rouse()

    def _type_of(self, event: CacheEvent) -> str:
        before = event.previous is not None and self.matches(event.previous)
        after = event.current is not None and self.matches(event.current)
        if after:
            return "MODIFIED" if before else "ADDED"
        return "DELETED" if before else ""

    def matches(self, item: CachedObject) -> bool:
        if not item.key.startswith(self._prefix):
            return False
        return not self.selects or (self.labels.matches(item.labels) and self.fields.matches(item.fields))

    async def take(self, timeout_s: float) -> list[tuple[str, CacheEvent]]:
        """All events that wait, as (type, event); an empty list when none came in time or it was closed."""
        if not self._waiting and not self.is_closed:
            # By hand, because `wait_for` makes a task each time, a tenth of what a delivery costs.
            loop = asyncio.get_running_loop()
            self._wake = loop.create_future()
            timer = loop.call_later(timeout_s, self._rouse)
            try:
                await self._wake
            finally:
                timer.cancel()
        events = list(self._waiting)
        self._waiting.clear()
        return events

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def close(self) -> None:
        self.is_closed = True
        self._rouse()


class Listener(Subscription):
    """Hears that there was a change to a kind, or that its cache was filled anew: who then reads all of it again."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        labels, fields = parse_label_selector(""), parse_field_selector("")
        assert isinstance(labels, Selector)
        assert isinstance(fields, FieldSelector)
        super().__init__("", labels, fields)
        self._on_change = on_change

    def offer(self, event: CacheEvent) -> None:
        self._on_change()

    def close(self) -> None:
        self._on_change()


class WatchCache:
    """The objects and recent events of one kind."""

    def __init__(self, resource: type[Resource]) -> None:
        self.resource = resource
        self.prefix = resource.definition.key_prefix
        self._selectable = SelectableFields(resource)
        self._index = ValueIndex()
        self._objects: dict[str, CachedObject] = {}
        self._keys: list[str] = []
        self._ring = EventWindow(RING_SIZE, RING_BYTES, self._forget)
        self._encoded = EventWindow(_FRAMES_KEPT, _FRAMES_BYTES, lambda event: event.frames.clear())
        self.changes = 0
        """How many there were: who has seen as many has seen all."""
        self._complete_after = self._filled_at = 0
        self._subscriptions: dict[tuple[str, str] | None, set[Subscription]] = {}
        """By what they want: an event costs nothing for the kubelets of all other nodes."""

    def reset(self, items: Iterable[KeyValue], revision: int) -> None:
        """Start from a fresh list: what was remembered of events is void, and who watches must come back."""
        self._objects = {item.key: self.read(item.key, item.value, item.revision) for item in items}
        self._keys = sorted(self._objects)
        self._index.clear()
        self._ring.clear()
        self._encoded.clear()
        self.changes += 1
        self._complete_after = self._filled_at = revision
        self.end_watches()

    def end_watches(self) -> None:
        """Close every subscription: the clients come back, to this server or the next."""
        for subscription in list(chain.from_iterable(self._subscriptions.values())):
            subscription.close()

    def apply(self, event: Event) -> None:
        if event.revision <= self._filled_at:
            return
        self.changes += 1
        previous = self._objects.get(event.key)
        if event.value is not None:
            current = self.read(event.key, event.value, event.revision)
            self._objects[event.key] = current
            if previous is None:
                bisect.insort(self._keys, event.key)
            change = CacheEvent(event.revision, current, previous)
        elif previous is not None and event.previous is not None:
            del self._objects[event.key]
            del self._keys[bisect.bisect_left(self._keys, event.key)]
            gone = self.read(event.key, event.previous, event.revision)
            change = CacheEvent(event.revision, None, gone)
        else:
            return
        self._index.change(previous, change.current)
        self._ring.append(change)
        self._encoded.append(change)
        for group in self._groups_concerned(change):
            for subscription in self._subscriptions[group]:
                subscription.offer(change)

    def _forget(self, event: CacheEvent) -> None:
        self._complete_after = event.revision

    def _groups_concerned(self, change: CacheEvent) -> Iterable[tuple[str, str] | None]:
        """The groups of subscriptions that may have had the object before, or may have it now."""
        if self._subscriptions.keys() == {None}:
            return (None,)
        states = [state.fields.items() for state in (change.previous, change.current) if state is not None]
        return self._subscriptions.keys() & {None}.union(*states)

    def state(self, kv: KeyValue) -> CachedObject:
        """What the store has, without reading it again where it is still the newest state."""
        known = self._objects.get(kv.key)
        if known is not None and known.revision == kv.revision:
            return known
        return self.read(kv.key, kv.value, kv.revision)

    def read(self, key: str, value: bytes, revision: int) -> CachedObject:
        document = orjson.loads(value)
        served = self.resource.from_stored(document)
        if served is not document:
            value = self.resource.from_dict(served).to_json()
        labels = served["metadata"].get("labels") or {}
        return CachedObject(key, revision, self.resource.served(value, revision), labels, self._selectable.of(served))

    def get(self, key: str) -> CachedObject | None:
        return self._objects.get(key)

    def select(self, subscription: Subscription, prefix: str) -> list[CachedObject]:
        """The matching objects below `prefix` (the kind's, or one namespace's), in key order."""
        indexed = self._index.find(subscription.labels, subscription.fields, self._objects)
        if indexed is not None and 2 * len(indexed) < len(self._keys):
            candidates = map(self._objects.__getitem__, sorted(indexed))
            return [item for item in candidates if subscription.matches(item)]
        found = self.below(prefix)
        return [item for item in found if subscription.matches(item)] if subscription.selects else found

    def below(self, prefix: str) -> list[CachedObject]:
        start = bisect.bisect_left(self._keys, prefix)
        end = bisect.bisect_left(self._keys, prefix + "\U0010ffff")
        return list(map(self._objects.__getitem__, self._keys[start:end]))

    def __len__(self) -> int:
        return len(self._objects)

    def everything(self) -> Iterable[CachedObject]:
        return self._objects.values()

    def subscribe(self, subscription: Subscription, after_revision: int | None) -> None:
        """Deliver every event after `after_revision` (None: from now on) until `unsubscribe`.

        Raises: Compacted when events since then are no longer remembered.
        """
        if after_revision is not None:
            if after_revision < self._complete_after:
                raise Compacted(self._complete_after)
            subscription.after = after_revision
            missed = list(takewhile(lambda event: event.revision > after_revision, reversed(self._ring)))
            for event in reversed(missed):
                subscription.offer(event)
        self._subscriptions.setdefault(subscription.wants, set()).add(subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        group = self._subscriptions.get(subscription.wants, set())
        group.discard(subscription)
        if not group:
            self._subscriptions.pop(subscription.wants, None)
