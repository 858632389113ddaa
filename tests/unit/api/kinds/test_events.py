"""One stored event, two kinds: what one group writes the other reads."""

from __future__ import annotations

import orjson

from minikube_py.api.kinds.core import event as core
from minikube_py.api.kinds.core.common import EventSource, ObjectReference
from minikube_py.api.kinds.events.event import Event, EventSeries
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.scalars import MicroTime, Time

NEW = Event(
    metadata=ObjectMeta(name="e", namespace="default"),
    event_time=MicroTime("2026-11-02T00:00:00.000000Z"),
    series=EventSeries(count=2, last_observed_time=MicroTime("2026-11-02T00:00:01.000000Z")),
    reporting_controller="a.b/c",
    reporting_instance="i",
    action="Binding",
    reason="Scheduled",
    regarding=ObjectReference(kind="Pod", name="p", namespace="default"),
    note="on n1",
    type="Normal",
    deprecated_source=EventSource(component="old"),
    deprecated_first_timestamp=Time("2026-11-01T00:00:00Z"),
    deprecated_count=3,
)


def test_a_new_event_is_stored_as_a_core_event() -> None:
    stored = core.Event.decode_stored(NEW.to_stored())
    assert stored.involved_object.name == "p"
    assert stored.message == "on n1"
    assert stored.reporting_component == "a.b/c"
    assert stored.source.component == "old"
    assert (stored.first_timestamp, stored.last_timestamp, stored.count) == ("2026-11-01T00:00:00Z", None, 3)
    assert stored.series is not None
    assert stored.series.count == 2


def test_a_new_event_comes_back_from_the_store_as_it_was() -> None:
    assert Event.decode_stored(NEW.to_stored()) == NEW


def test_both_kinds_lie_under_one_prefix_of_the_store() -> None:
    assert Event.definition.key_prefix == core.Event.definition.key_prefix


def test_the_stored_document_says_that_it_is_of_the_core_group() -> None:
    document = orjson.loads(NEW.to_stored())
    assert (document["apiVersion"], document["kind"]) == ("v1", "Event")
    assert Event.from_stored(document)["apiVersion"] == "events.k8s.io/v1"
