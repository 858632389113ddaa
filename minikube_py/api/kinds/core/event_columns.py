"""What `kubectl get events` shows of an event, from whichever of its old and new fields were written.

Kubernetes: pkg/printers/internalversion/printers.go (printEvent)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikube_py.api.columns import age
from minikube_py.api.definition import Cell, Column

if TYPE_CHECKING:
    from minikube_py.api.kinds.core.event import Event


def _first_seen(event: Event) -> Cell:
    return age(event.first_timestamp or event.event_time)


def _last_seen(event: Event) -> Cell:
    if event.series is not None:
        return age(event.series.last_observed_time)
    return age(event.last_timestamp or event.first_timestamp or event.event_time)


def _object(event: Event) -> str:
    kind, name = event.involved_object.kind.lower(), event.involved_object.name
    return f"{kind}/{name}" if name else kind


def _source(event: Event) -> str:
    component = event.source.component or event.reporting_component
    instance = event.source.host or event.reporting_instance
    return f"{component}, {instance}" if instance else component


def _count(event: Event) -> int:
    return event.series.count if event.series is not None else event.count or 1


EVENT_COLUMNS = (
    Column("Last Seen", _last_seen),
    Column("Type", lambda event: event.type),
    Column("Reason", lambda event: event.reason),
    Column("Object", _object),
    Column("Subobject", lambda event: event.involved_object.field_path, priority=1),
    Column("Source", _source, priority=1),
    Column("Message", lambda event: event.message.strip(), priority=0),
    Column("First Seen", _first_seen, priority=1),
    Column("Count", _count, priority=1),
    Column("Name", lambda event: event.metadata.name, format="name", priority=1),
)
