"""Metrics that are put together when somebody asks, for as long as what they tell of is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY
from prometheus_client.registry import Collector


class PassingCollector(Collector):
    """A Collector that is registered for the length of a block."""

    @contextmanager
    def registered(self) -> Iterator[None]:
        REGISTRY.register(self)
        try:
            yield
        finally:
            REGISTRY.unregister(self)
