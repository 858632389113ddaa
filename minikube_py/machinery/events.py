"""EventRecorder: tells people what a component did or could not do, as Event objects beside the object concerned.

    recorder.record(pod, "Normal", "Scheduled", "Successfully assigned default/web to node1")

`record` never waits and never fails: events go through a bounded queue to `run`, which writes them one after the other.
An event is news, not state: when the server is away long enough, events are lost, and nothing else is.

Kubernetes: staging/src/k8s.io/client-go/tools/record/event.go
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Literal

from minikube_py.api.kinds.core.common import EventSource, ObjectReference
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.status import ApiError, NotFound, Unavailable
from minikube_py.client.client import Client
from minikube_py.machinery.backoff import CONNECTION, Backoff
from minikube_py.machinery.event_correlation import EventCorrelator, EventText, NewEvent, RepeatedEvent

log = logging.getLogger(__name__)

QUEUE_LENGTH = 1000
ATTEMPTS = 12
MESSAGE_LIMIT = 1024

EventLevel = Literal["Normal", "Warning"]


def reference_to(resource: Resource, field_path: str = "") -> ObjectReference:
    """How an event names the object that it is about."""
    return ObjectReference(
        kind=resource.definition.kind,
        api_version=resource.definition.api_version,
        namespace=resource.metadata.namespace,
        name=resource.metadata.name,
        uid=resource.metadata.uid,
        resource_version=resource.metadata.resource_version,
        field_path=field_path,
    )


class EventRecorder:
    """Writes the events of one component. `run` it beside the component's other tasks."""

    def __init__(
        self, client: Client, component: str, *, host: str = "", clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._source = EventSource(component=component, host=host)
        self._clock = clock
        self._queue: asyncio.Queue[EventText] = asyncio.Queue(QUEUE_LENGTH)
        self._correlator = EventCorrelator()

    def record(
        self, about: Resource | ObjectReference, level: EventLevel, reason: str, message: str, *, field_path: str = ""
    ) -> None:
        """Announce something; the caller goes on at once."""
        reference = about if isinstance(about, ObjectReference) else reference_to(about, field_path)
        text = EventText(reference, self._source, level, reason, message[:MESSAGE_LIMIT])
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            log.warning("event lost: too many wait to be written", extra={"reason": reason, "event": message})

    async def run(self) -> None:
        """Write events until cancelled."""
        while True:
            text = await self._queue.get()
            decided = self._correlator.correlate(text, self._clock())
            if decided is not None:
                await self._write(decided)
            self._queue.task_done()

    async def flush(self) -> None:
        """Wait until all that was recorded so far is written."""
        await self._queue.join()

    async def _write(self, decided: NewEvent | RepeatedEvent) -> None:
        backoff = Backoff(CONNECTION)
        for _ in range(ATTEMPTS):
            try:
                if isinstance(decided, RepeatedEvent):
                    await self._raise_count(decided)
                else:
                    await self._create(decided.text)
            except Unavailable:
                await backoff.pause()
            except NotFound as error:
                if isinstance(decided, NewEvent):
                    log.info("event lost", extra={"error": str(error)})
                    return
                # The event to count up has expired: say it anew.
                decided = NewEvent(decided.text)
            except ApiError as error:
                # The namespace is ending, or the object's name makes no event name: nothing that trying again helps.
                log.info("event refused", extra={"error": str(error), "reason": decided.text.reason})
                return
            else:
                return
        log.warning("event lost: the API server did not take it", extra={"reason": decided.text.reason})

    async def _create(self, text: EventText) -> None:
        about, now = text.object, Time.at(self._clock())
        # Two recorders may speak of one object in one instant; nanoseconds keep their events apart.
        name = f"{about.name}.{time.time_ns():x}"
        event = Event(
            metadata=ObjectMeta(name=name, namespace=about.namespace or "default"),
            involved_object=about,
            reason=text.reason,
            message=text.message,
            source=text.source,
            first_timestamp=now,
            last_timestamp=now,
            count=1,
            type=text.type,
            reporting_component=text.source.component,
            reporting_instance=text.source.host,
        )
        await self._client.create(event)
        self._correlator.was_created(text, name)

    async def _raise_count(self, repeated: RepeatedEvent) -> None:
        patch = {
            "count": repeated.count,
            "lastTimestamp": Time.at(self._clock()),
            "message": repeated.text.message,
        }
        namespace = repeated.text.object.namespace or "default"
        await self._client.patch(Event, repeated.name, patch, namespace=namespace)
