"""Event: what a component has to tell people about an object; forgotten after an hour.

Kubernetes: pkg/registry/core/event/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.kinds.core.common import EventSource, ObjectReference
from minikube_py.api.kinds.core.event_columns import EVENT_COLUMNS
from minikube_py.api.kinds.core.event_validation import event_errors
from minikube_py.api.model import Model, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import MicroTime, Time
from minikube_py.api.validation import FieldError


class EventSeries(Model):
    count: int = 0
    last_observed_time: MicroTime | None = None


class Event(
    Resource,
    version="v1",
    plural="events",
    short_names=("ev",),
    columns=EVENT_COLUMNS,
    generation_of=(),
    ttl_s=3600,
    allows_create_on_update=True,
    selectable_fields=(
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source=source.component|reportingComponent",
        "type",
    ),
):
    involved_object: ObjectReference = written(ObjectReference)
    reason: str = ""
    message: str = ""
    source: EventSource = written(EventSource)
    first_timestamp: Time | None = written_null()
    last_timestamp: Time | None = written_null()
    count: int = 0
    type: str = ""
    event_time: MicroTime | None = written_null()
    series: EventSeries | None = None
    action: str = ""
    related: ObjectReference | None = None
    reporting_component: str = written(str)
    reporting_instance: str = written(str)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return event_errors(self)
