"""Event: what a component has to tell people about an object; forgotten after an hour.

Kubernetes: pkg/registry/core/event/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.kinds.core.common import EventSource, ObjectReference
from minikube_py.api.kinds.core.event_columns import EVENT_COLUMNS
from minikube_py.api.kinds.core.event_validation import event_errors
from minikube_py.api.markers import NotRequired, Required
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
    any_finalizer=True,
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
    involved_object: Annotated[ObjectReference, Required()] = written(ObjectReference)
    reason: str = ""
    message: str = ""
    source: EventSource = written(EventSource)
    first_timestamp: Annotated[Time | None, NotRequired()] = written_null()
    last_timestamp: Annotated[Time | None, NotRequired()] = written_null()
    count: int = 0
    type: str = ""
    event_time: Annotated[MicroTime | None, NotRequired()] = written_null()
    series: EventSeries | None = None
    action: str = ""
    related: ObjectReference | None = None
    reporting_component: Annotated[str, NotRequired()] = written(str)
    reporting_instance: Annotated[str, NotRequired()] = written(str)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return event_errors(self)
