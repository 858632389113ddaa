"""What is wrong with an event.

Events of before `eventTime` were checked for little more than their namespace; that is kept for those that lack it.

Kubernetes: pkg/apis/core/validation/events.go
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikube_py.api.kinds.field_checks import Errors, changed_struct_errors, qualified_errors
from minikube_py.api.validation import immutable_errors, invalid_value, required

if TYPE_CHECKING:
    from minikube_py.api.kinds.core.event import Event

_SHORT, _NOTE = 128, 1024
_FOR_CLUSTER = ("default", "kube-system")
"""Where events about objects without a namespace lie."""


def event_errors(event: Event, controller: str = "reportingComponent") -> Errors:
    """`controller`: what the group of the request calls the field of the reporting component."""
    yield from _namespace_errors(event)
    if event.event_time is None:
        return
    if not event.reporting_component:
        yield required(controller)
    yield from qualified_errors(event.reporting_component, controller)
    for path, text in (
        ("reportingInstance", event.reporting_instance),
        ("action", event.action),
        ("reason", event.reason),
    ):
        if not text:
            yield required(path)
        yield from _length_errors(text, _SHORT, path)
    yield from _length_errors(event.message, _NOTE, "message")


def _namespace_errors(event: Event) -> Errors:
    namespace, involved = event.metadata.namespace, event.involved_object.namespace
    why = "does not match event.namespace"
    if not involved:
        if namespace and namespace not in _FOR_CLUSTER:
            yield invalid_value("involvedObject.namespace", involved, why)
    elif event.event_time is None and namespace != involved:
        yield invalid_value("involvedObject.namespace", involved, why)


def _length_errors(text: str, maximum: int, path: str) -> Errors:
    if len(text.encode()) > maximum:
        yield invalid_value(path, "", f"can have at most {maximum} characters")


def new_event_errors(event: Event) -> Errors:
    """What the events.k8s.io group asks for besides: a time, a type, and nothing in the old fields."""
    yield from _series_errors(event)
    if event.event_time is None:
        yield required("eventTime")
    if event.type not in ("Normal", "Warning"):
        yield invalid_value("type", "", f"has invalid value: {event.type}")
    for path, is_set in (
        ("firstTimestamp", event.first_timestamp is not None),
        ("lastTimestamp", event.last_timestamp is not None),
        ("count", event.count != 0),
        ("source", bool(event.source.component or event.source.host)),
    ):
        if is_set:
            yield invalid_value(path, "", "needs to be unset")


def _series_errors(event: Event) -> Errors:
    if event.series is not None:
        if event.series.count < 2:
            yield invalid_value("series.count", "", "should be at least 2")
        if event.series.last_observed_time is None:
            yield required("series.lastObservedTime")


def changed_event_errors(new: Event, old: Event) -> Errors:
    """What a write by way of events.k8s.io must not change: all but how often it happened."""
    yield from _series_errors(new)
    yield from changed_struct_errors(new.involved_object, old.involved_object, "involvedObject")
    for path, now, before in (
        ("reason", new.reason, old.reason),
        ("message", new.message, old.message),
        ("count", new.count, old.count),
        ("type", new.type, old.type),
        ("eventTime", new.event_time, old.event_time),
        ("action", new.action, old.action),
    ):
        yield from immutable_errors(now, before, path)
    yield from changed_struct_errors(new.source, old.source, "source")
    yield from immutable_errors(new.first_timestamp, old.first_timestamp, "firstTimestamp")
    yield from immutable_errors(new.last_timestamp, old.last_timestamp, "lastTimestamp")
    yield from changed_struct_errors(new.related, old.related, "related")
    yield from immutable_errors(new.reporting_component, old.reporting_component, "reportingController")
    yield from immutable_errors(new.reporting_instance, old.reporting_instance, "reportingInstance")
