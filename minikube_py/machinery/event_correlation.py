"""Decides what becomes of each event before it is sent: a new object, a higher count of an old one, or nothing.

Pure but for the memory of what was sent: time comes in as an argument. Three rules, in this order:

1. similar events (all but the message alike) of which there are ten within ten minutes become one combined event;
2. an event equal to an earlier one raises that one's count and last timestamp;
3. each object has 25 writes of events, and gets another every five minutes; what exceeds that is dropped.

Kubernetes: staging/src/k8s.io/client-go/tools/record/events_cache.go
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from minikube_py.api.kinds.core.common import EventSource, ObjectReference

MEMORY = 4096
"""How many events, objects and groups are remembered; the ones used longest ago are forgotten."""
SIMILAR_LIMIT = 10
SIMILAR_PERIOD_S = 600.0
BURST = 25
REFILL_S = 300.0
COMBINED = "(combined from similar events): "

V = TypeVar("V")


class EventText(NamedTuple):
    """Everything that tells one event from another."""

    object: ObjectReference
    source: EventSource
    type: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class NewEvent:
    text: EventText


@dataclass(frozen=True, slots=True)
class RepeatedEvent:
    """Raise the count of the event object `name`."""

    text: EventText
    name: str
    count: int


class _Remembered(Generic[V]):
    """A mapping that forgets what was used longest ago."""

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, V] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def put(self, key: Hashable, value: V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > MEMORY:
            self._values.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        self._values.pop(key, None)


@dataclass(slots=True)
class _Group:
    """Similar events: which messages there were, since when."""

    since_s: float
    messages: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Allowance:
    """A bucket of writes that fills by itself."""

    left: float
    as_of_s: float

    def take(self, now_s: float) -> bool:
        self.left = min(BURST, self.left + (now_s - self.as_of_s) / REFILL_S)
        self.as_of_s = now_s
        if self.left < 1:
            return False
        self.left -= 1
        return True


class EventCorrelator:
    """The memory behind one recorder."""

    def __init__(self) -> None:
        self._groups: _Remembered[_Group] = _Remembered()
        self._sent: _Remembered[tuple[str, int]] = _Remembered()
        self._allowances: _Remembered[_Allowance] = _Remembered()

    def correlate(self, text: EventText, now_s: float) -> NewEvent | RepeatedEvent | None:
        """Decide about one event; None means that it is not sent."""
        text = self._combined(text, now_s)
        if not self._is_allowed(text, now_s):
            return None
        sent = self._sent.get(_identity(text))
        if sent is None:
            return NewEvent(text)
        name, count = sent
        self._sent.put(_identity(text), (name, count + 1))
        return RepeatedEvent(text, name, count + 1)

    def was_created(self, text: EventText, name: str) -> None:
        """Remember under which name the event is stored; the next equal one raises its count."""
        self._sent.put(_identity(text), (name, 1))

    def _combined(self, text: EventText, now_s: float) -> EventText:
        key = (_subject(text), text.source, text.type, text.reason)
        group = self._groups.get(key)
        if group is None or now_s - group.since_s > SIMILAR_PERIOD_S:
            group = _Group(now_s)
            self._groups.put(key, group)
        group.since_s = now_s
        group.messages.add(text.message)
        if len(group.messages) < SIMILAR_LIMIT:
            return text
        group.messages.discard(next(iter(group.messages - {text.message})))
        return text._replace(message=COMBINED + text.message)

    def _is_allowed(self, text: EventText, now_s: float) -> bool:
        key = (text.source, _subject(text))
        allowance = self._allowances.get(key)
        if allowance is None:
            allowance = _Allowance(BURST, now_s)
            self._allowances.put(key, allowance)
        return allowance.take(now_s)


def _subject(text: EventText) -> Hashable:
    about = text.object
    return (about.kind, about.namespace, about.name, about.uid, about.api_version)


def _identity(text: EventText) -> Hashable:
    """Equal events have this in common; all combined events of a group count as one whatever they say."""
    message = COMBINED if text.message.startswith(COMBINED) else text.message
    return (_subject(text), text.object.field_path, text.source, text.type, text.reason, message)
