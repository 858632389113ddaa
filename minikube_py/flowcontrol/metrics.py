"""What flow control counts, under upstream's names, put together when somebody asks.

Kubernetes: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/metrics/metrics.go
Simplified: the counts that follow lending, and the estimates of work, are missing.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from minikube_py.flowcontrol.controller import FlowController
from minikube_py.telemetry.collecting import PassingCollector

_PREFIX = "apiserver_flowcontrol"
_WHAT = ("flow_schema", "priority_level")


class FlowControlMetrics(PassingCollector):
    def __init__(self, flows: FlowController) -> None:
        self._flows = flows

    def collect(self) -> Iterable[Metric]:
        limits = GaugeMetricFamily(f"{_PREFIX}_nominal_limit_seats", "Seats of a level.", labels=["priority_level"])
        for level in self._flows.levels:
            limits.add_metric([level.name], level.seats)
        executing = _gauge("current_executing_requests", "Requests that have seats.")
        seats = _gauge("current_executing_seats", "Seats that are taken.")
        waiting = _gauge("current_inqueue_requests", "Requests in queues.")
        dispatched = CounterMetricFamily(f"{_PREFIX}_dispatched_requests", "Requests that got seats.", labels=_WHAT)
        rejected = CounterMetricFamily(
            f"{_PREFIX}_rejected_requests", "Requests that were refused.", labels=(*_WHAT, "reason")
        )
        waits = HistogramMetricFamily(
            f"{_PREFIX}_request_wait_duration_seconds", "Time until a request had seats.", labels=(*_WHAT, "execute")
        )
        for names, counts in self._flows.counts.items():
            executing.add_metric(names, counts.executing)
            seats.add_metric(names, counts.seats)
            waiting.add_metric(names, counts.waiting)
            dispatched.add_metric(names, counts.dispatched)
            for reason, number in counts.rejected.items():
                rejected.add_metric((*names, reason), number)
            waits.add_metric((*names, "true"), list(counts.buckets()), counts.waited_s)
        return (limits, executing, seats, waiting, dispatched, rejected, waits)


def _gauge(name: str, what: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", what, labels=_WHAT)
