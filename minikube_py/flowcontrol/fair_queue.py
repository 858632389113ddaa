"""FairQueue: first come, first served among the things of one owner; the owners take turns."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    def __init__(self) -> None:
        self._by_owner: OrderedDict[str, deque[T]] = OrderedDict()
        """The first is whose turn it is."""

    def __bool__(self) -> bool:
        return bool(self._by_owner)

    def add(self, owner: str, thing: T) -> None:
        self._by_owner.setdefault(owner, deque()).append(thing)

    def count(self, owner: str) -> int:
        return len(self._by_owner.get(owner, ()))

    def pop(self) -> T:
        """What is next. Raises: KeyError when there is nothing."""
        owner, things = self._by_owner.popitem(last=False)
        thing = things.popleft()
        if things:
            self._by_owner[owner] = things
        return thing
