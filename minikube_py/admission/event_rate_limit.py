"""EventRateLimit: a namespace may have a burst of events, and then some each second; more are refused.

Events are news that somebody may want to read, they are kept for an hour, and made by whoever is in trouble. One who
told of his trouble a thousand times a second would fill the memory, and take the time, of all.

Kubernetes: plugin/pkg/admission/eventratelimit
Simplified: always on (there it is off, unless configured), by namespace only, and not configurable.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.events.event import Event as NewEvent
from minikube_py.api.resource import Resource
from minikube_py.api.status import TooManyRequests

AT_ONCE, PER_S = 5000.0, 20.0
_REMEMBERED = 10_000


class EventRateLimit(Plugin):
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By namespace: how many events it had left when one was written last, and when that was."""

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        """Refused before anything is spent on it."""
        if not isinstance(obj, Event | NewEvent) or attributes.operation == "DELETE" or attributes.dry_run:
            return obj
        namespace, now = attributes.namespace, self._clock()
        left, since = self._left.pop(namespace, (AT_ONCE, now))
        left = min(left + (now - since) * PER_S, AT_ONCE)
        is_allowed = left >= 1
        self._left[namespace] = (left - 1 if is_allowed else left), now
        if len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        if not is_allowed:
            problem = f"Too many requests: limit reached on type Namespace for key {namespace}"
            raise TooManyRequests(problem, retry_after_s=1)
        return obj
