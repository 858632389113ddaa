"""Request metrics under upstream's names.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/metrics/metrics.go
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Histogram

_DURATION = Histogram("apiserver_request_duration_seconds", "Time until a response began.", ["method"])
_TOTAL = Counter("apiserver_request_total", "Requests by method and code.", ["method", "code"])


@dataclass(slots=True)
class Measured:
    code: int = 500


class RequestMetrics:
    @contextmanager
    def measure(self, method: str) -> Iterator[Measured]:
        """Time a request; set `code` on what this yields."""
        measured, began = Measured(), time.perf_counter()
        try:
            yield measured
        finally:
            _DURATION.labels(method).observe(time.perf_counter() - began)
            _TOTAL.labels(method, measured.code).inc()
