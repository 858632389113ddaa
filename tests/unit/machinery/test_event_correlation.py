"""Which events are written, which are counted, which are dropped."""

from minikube_py.api.kinds.core.common import EventSource, ObjectReference
from minikube_py.machinery.event_correlation import (
    BURST,
    COMBINED,
    REFILL_S,
    EventCorrelator,
    EventText,
    NewEvent,
    RepeatedEvent,
)


def text(message: str = "hello", name: str = "web", reason: str = "Said") -> EventText:
    about = ObjectReference(kind="Pod", namespace="default", name=name, uid=name)
    return EventText(about, EventSource(component="test"), "Normal", reason, message)


def test_equal_event_raises_the_count_of_the_first() -> None:
    correlator = EventCorrelator()
    assert correlator.correlate(text(), 0) == NewEvent(text())
    correlator.was_created(text(), "web.1")
    assert correlator.correlate(text(), 1) == RepeatedEvent(text(), "web.1", 2)
    assert correlator.correlate(text(), 2) == RepeatedEvent(text(), "web.1", 3)


def test_events_that_differ_in_anything_are_new() -> None:
    correlator = EventCorrelator()
    correlator.was_created(text(), "web.1")
    for other in (text("bye"), text(name="db"), text(reason="Shouted")):
        assert correlator.correlate(other, 0) == NewEvent(other)


def test_tenth_similar_message_becomes_a_combined_event() -> None:
    correlator = EventCorrelator()
    decided = [correlator.correlate(text(f"message {number}"), 0) for number in range(12)]
    assert all(isinstance(each, NewEvent) and COMBINED not in each.text.message for each in decided[:9])
    assert decided[9] == NewEvent(text(COMBINED + "message 9"))


def test_combined_events_are_counted_as_one_whatever_they_say() -> None:
    correlator = EventCorrelator()
    for number in range(10):
        decided = correlator.correlate(text(f"message {number}"), 0)
    assert isinstance(decided, NewEvent)
    correlator.was_created(decided.text, "web.1")
    again = correlator.correlate(text("message 77"), 1)
    assert again == RepeatedEvent(text(COMBINED + "message 77"), "web.1", 2)


def test_object_that_talks_too_much_is_silenced_until_time_passes() -> None:
    correlator = EventCorrelator()
    correlator.was_created(text(), "web.1")
    spoken = [correlator.correlate(text(), 0) for _ in range(BURST + 10)]
    assert sum(each is not None for each in spoken) == BURST
    assert correlator.correlate(text(), REFILL_S - 1) is None
    assert correlator.correlate(text(), REFILL_S + 1) is not None
    assert correlator.correlate(text(name="db"), 0) is not None
