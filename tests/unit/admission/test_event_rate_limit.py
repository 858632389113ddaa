"""A namespace's events: a burst, then some each second; other namespaces and other kinds do not notice."""

from __future__ import annotations

import pytest

from minikube_py.admission.chain import Attributes, Operation
from minikube_py.admission.event_rate_limit import AT_ONCE, PER_S, EventRateLimit
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.resource import Resource
from minikube_py.api.status import TooManyRequests


class Flood:
    def __init__(self) -> None:
        self.now = 100.0
        self._limit = EventRateLimit(lambda: self.now)

    async def write(
        self, namespace: str = "a", kind: type[Resource] = Event, operation: Operation = "CREATE", *, dry: bool = False
    ) -> bool:
        """Whether it is taken."""
        try:
            await self._limit.mutate(kind(), Attributes(operation, kind, namespace, "x", dry_run=dry))
        except TooManyRequests:
            return False
        return True

    async def refusal(self) -> TooManyRequests:
        with pytest.raises(TooManyRequests) as refused:
            await self._limit.mutate(Event(), Attributes("CREATE", Event, "a", "x"))
        return refused.value


async def test_a_burst_is_taken_then_some_each_second() -> None:
    flood = Flood()
    assert [await flood.write() for _ in range(int(AT_ONCE))] == [True] * int(AT_ONCE)
    refusal = await flood.refusal()
    assert str(refusal) == "Too many requests: limit reached on type Namespace for key a"
    assert refusal.retry_after_s == 1
    flood.now += 2
    taken = [await flood.write() for _ in range(int(PER_S) * 5)]
    assert (taken.count(True), taken[-1]) == (2 * PER_S, False)


async def test_nobody_else_is_refused() -> None:
    flood = Flood()
    while await flood.write():
        pass
    assert await flood.write("b")
    assert await flood.write(kind=ConfigMap)
    assert await flood.write(operation="DELETE")
    assert await flood.write(dry=True)
    assert not await flood.write(operation="UPDATE")


async def test_a_long_silence_saves_no_more_than_a_burst() -> None:
    flood = Flood()
    assert await flood.write()
    flood.now += 1_000_000
    count = 0
    while await flood.write():
        count += 1
    assert count == AT_ONCE
