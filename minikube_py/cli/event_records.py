"""What events have in common wherever they are shown: their order, their age, who sent them.

Kubernetes: kubectl pkg/cmd/events, pkg/describe (DescribeEvents).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from minikube_py.cli.ages import age
from minikube_py.client.yaml_text import Document


def last_seen_at(event: Document) -> str:
    """The time of an event's latest occurrence, as RFC 3339 text."""
    series = event.get("series") or {}
    return str(series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or "")


def first_seen_at(event: Document) -> str:
    """The time of an event's first occurrence."""
    return str(event.get("firstTimestamp") or event.get("eventTime") or "")


def occurrences(event: Document) -> int:
    """How often it happened."""
    return int((event.get("series") or {}).get("count") or event.get("count") or 0)


def interval(event: Document, now: datetime | None = None) -> str:
    """Say when it was last seen, and how often since when."""
    first, last, count = age(first_seen_at(event), now), age(last_seen_at(event), now), occurrences(event)
    return f"{last} (x{count} over {first})" if count > 1 else last if last_seen_at(event) else first


def by_time(events: Iterable[Document]) -> list[Document]:
    """Order events by their latest occurrence."""
    return sorted(events, key=last_seen_at)


def sender(event: Document) -> str:
    """Name the component that reported it."""
    source: dict[str, Any] = event.get("source") or {}
    return str(source.get("component") or event.get("reportingComponent") or "")
