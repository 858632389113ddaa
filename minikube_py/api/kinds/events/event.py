"""Event of events.k8s.io: the same stored objects as core Events, with newer names.

Kubernetes: pkg/apis/core/v1/conversion.go, pkg/registry/core/event
"""

from __future__ import annotations

from minikube_py.api.kinds.core.common import EventSource, ObjectReference
from minikube_py.api.model import Model, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import MicroTime, Time


class EventSeries(Model):
    count: int = written(int)
    last_observed_time: MicroTime | None = None


class Event(
    Resource,
    group="events.k8s.io",
    version="v1",
    plural="events",
    short_names=("ev",),
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
    deprecated_first_timestamp: Time | None = None
    deprecated_last_timestamp: Time | None = None
    deprecated_count: int = 0
