"""History: what the API server still remembers of an object's changes, or, where it forgot, the object as it is now.

A watch from an old resourceVersion is a replay: every change since then, in order, each with its version. That is how
the past is measured here, without anybody having recorded anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True)
class Change(Generic[R]):
    """One write: the object after it."""

    object: R
    is_creation: bool = False
    is_remembered: bool = True
    """False: nobody remembers the write; the object is as it is now, and its version is not that of any step."""

    @property
    def version(self) -> str:
        return self.object.metadata.resource_version if self.is_remembered else ""

    @property
    def order(self) -> int:
        return int(self.object.metadata.resource_version or 0)

    @property
    def writers(self) -> str:
        """Who wrote it, by the managers of its fields whose time is the latest."""
        entries = [entry for entry in self.object.metadata.managed_fields if entry.time is not None]
        latest = max((str(entry.time) for entry in entries), default="")
        return " or ".join(dict.fromkeys(entry.manager for entry in entries if str(entry.time) == latest))

    @property
    def written_at(self) -> Time | None:
        """When, as the API server noted in the managers of its fields."""
        return max(
            (entry.time for entry in self.object.metadata.managed_fields if entry.time is not None), default=None
        )


@dataclass(frozen=True, slots=True)
class History(Generic[R]):
    """The changes of one kind, in the order of their versions."""

    changes: tuple[Change[R], ...] = ()

    @classmethod
    def of(cls, changes: Iterable[Change[R]], now: Iterable[R]) -> History[R]:
        """What is remembered, and what is there now of objects whose creation is forgotten."""
        listed = list(changes)
        known = {change.object.metadata.uid for change in listed if change.is_creation}
        listed += [Change(each, is_remembered=False) for each in now if each.metadata.uid not in known]
        return cls(tuple(sorted(listed, key=lambda change: change.order)))

    def of_object(self, uid: str) -> Iterator[Change[R]]:
        return (change for change in self.changes if change.object.metadata.uid == uid)

    def first(self, uid: str, holds: Callable[[R], bool]) -> Change[R] | None:
        """The first write of an object after which something held."""
        is_first = True
        for change in self.of_object(uid):
            if holds(change.object):
                # What holds already in the first one that is remembered may have come about before.
                return change if change.is_creation or not is_first else replace(change, is_remembered=False)
            is_first = False
        return None

    def born(self, wanted: Callable[[R], bool]) -> list[Change[R]]:
        """Of each object that is wanted, the first that is known of it."""
        found: dict[str, Change[R]] = {}
        for change in self.changes:
            if wanted(change.object):
                found.setdefault(change.object.metadata.uid, change)
        return list(found.values())
