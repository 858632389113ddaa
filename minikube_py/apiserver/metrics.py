"""What the API server counts, under upstream's names and labels.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/metrics/metrics.go
Simplified: the labels `component` and `system_client` are missing; a watch counts as long-running, exec and logs too.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric

from minikube_py.telemetry.collecting import PassingCollector

_WHAT = ("verb", "group", "version", "resource", "subresource", "scope", "dry_run")
_BUCKETS = (0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60)

_TOTAL = Counter("apiserver_request_total", "Requests by what they were about and by code.", (*_WHAT, "code"))
_DURATION = Histogram("apiserver_request_duration_seconds", "Time until an answer was ready.", _WHAT, buckets=_BUCKETS)
_IN_FLIGHT = Gauge("apiserver_current_inflight_requests", "Requests being answered now.", ["request_kind"])
_LONG_RUNNING = Gauge("apiserver_longrunning_requests", "Streams that are open now.", _WHAT[:-1])
_BUILD = Gauge("kubernetes_build_info", "1, with the version whose API is served.", ["major", "minor", "git_version"])


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about; empty texts for one that is about no resource."""

    verb: str
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    scope: str = ""
    """`resource`, `namespace` or `cluster`."""
    dry_run: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        about = (self.group, self.version, self.resource, self.subresource, self.scope)
        return (self.verb, *about, self.dry_run)


@dataclass(slots=True)
class Measured:
    """What is learnt of a request while it is answered."""

    subject: Subject
    code: int = 500


class RequestMetrics:
    @contextmanager
    def measure(self, method: str) -> Iterator[Measured]:
        """Time a request; set `subject` and `code` on what this yields."""
        measured, began = Measured(Subject(method)), time.perf_counter()
        in_flight = _in_flight("readOnly" if method == "GET" else "mutating")
        in_flight.inc()
        try:
            yield measured
        finally:
            in_flight.dec()
            _duration(measured.subject).observe(time.perf_counter() - began)
            _total(measured.subject, measured.code).inc()

    @contextmanager
    def streaming(self, subject: Subject) -> Iterator[None]:
        """Count a stream for as long as it is open."""
        gauge = _LONG_RUNNING.labels(*subject.labels[:-1])
        gauge.inc()
        try:
            yield
        finally:
            gauge.dec()


@functools.lru_cache(maxsize=1024)
def _duration(subject: Subject) -> Histogram:
    return _DURATION.labels(*subject.labels)


@functools.lru_cache(maxsize=2048)
def _total(subject: Subject, code: int) -> Counter:
    return _TOTAL.labels(*subject.labels, code)


@functools.lru_cache(maxsize=2)
def _in_flight(kind: str) -> Gauge:
    return _IN_FLIGHT.labels(kind)


def announce_version(major: str, minor: str, git_version: str) -> None:
    _BUILD.labels(major, minor, git_version).set(1)


class StoredObjects(PassingCollector):
    """How many objects there are of each kind, counted when somebody asks."""

    def __init__(self, count: Callable[[], Iterable[tuple[str, str, int]]]) -> None:
        self._count = count

    def collect(self) -> Iterable[Metric]:
        by_resource = GaugeMetricFamily("apiserver_storage_objects", "Objects stored.", labels=["resource"])
        family = GaugeMetricFamily("apiserver_resource_objects", "Objects stored.", labels=["group", "resource"])
        for group, plural, number in self._count():
            by_resource.add_metric([f"{plural}.{group}" if group else plural], number)
            family.add_metric([group, plural], number)
        return (by_resource, family)
