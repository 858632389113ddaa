"""Event of events.k8s.io: the same stored objects as core Events, with newer names.

Kubernetes: pkg/apis/core/v1/conversion.go, pkg/registry/core/event
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace as dataclass_replace
from typing import Annotated, Self

from minikube_py.api.definition import Cell, Column
from minikube_py.api.kinds.core import event as core
from minikube_py.api.kinds.core.common import EventSource, ObjectReference
from minikube_py.api.kinds.core.event_columns import EVENT_COLUMNS
from minikube_py.api.kinds.core.event_validation import changed_event_errors, event_errors, new_event_errors
from minikube_py.api.markers import NotRequired, Required
from minikube_py.api.model import Json, Model, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import MicroTime, Time
from minikube_py.api.validation import FieldError

_STORED_NAMES = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
"""This kind's names for members of a core Event; all others are the same."""

_SERVED_NAMES = {stored: served for served, stored in _STORED_NAMES.items()}


def _renamed(document: dict[str, Json], names: dict[str, str]) -> dict[str, Json]:
    return {names.get(key, key): value for key, value in document.items()}


def _shown_as(column: Column) -> Column:
    """The column of a core Event, for an event of this kind."""

    def cell(event: Event) -> Cell:
        return column.cell(event.as_core())

    return dataclass_replace(column, cell=cell)


class EventSeries(Model):
    count: int = written(int)
    last_observed_time: Annotated[MicroTime | None, Required()] = None


class Event(
    Resource,
    group="events.k8s.io",
    version="v1",
    plural="events",
    any_finalizer=True,
    short_names=("ev",),
    columns=tuple(map(_shown_as, EVENT_COLUMNS)),
    generation_of=(),
    stored_prefix="/registry/events/",
    ttl_s=3600,
    allows_create_on_update=True,
    selectable_fields=(
        "regarding.kind",
        "regarding.namespace",
        "regarding.name",
        "regarding.uid",
        "regarding.apiVersion",
        "regarding.resourceVersion",
        "regarding.fieldPath",
        "reason",
        "reportingController",
        "type",
    ),
):
    event_time: MicroTime | None = written_null()
    series: EventSeries | None = None
    reporting_controller: str = ""
    reporting_instance: str = ""
    action: str = ""
    reason: str = ""
    regarding: ObjectReference = written(ObjectReference)
    related: ObjectReference | None = None
    note: str = ""
    type: str = ""
    deprecated_source: EventSource = written(EventSource)
    deprecated_first_timestamp: Annotated[Time | None, NotRequired()] = written_null()
    deprecated_last_timestamp: Annotated[Time | None, NotRequired()] = written_null()
    deprecated_count: int = 0

    def as_core(self) -> core.Event:
        """The same event in the form of the core group, which is also the stored one."""
        document = self.to_dict()
        return core.Event.from_dict(_renamed(document, _STORED_NAMES) | {"apiVersion": "v1"})

    def to_stored(self) -> bytes:
        return self.as_core().to_stored()

    @classmethod
    def from_stored(cls, document: dict[str, Json]) -> dict[str, Json]:
        return _renamed(document, _SERVED_NAMES) | {"apiVersion": cls.definition.api_version}

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        event = self.as_core()
        yield from event_errors(event, "reportingController")
        yield from new_event_errors(event) if old is None else changed_event_errors(event, old.as_core())
