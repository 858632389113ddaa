"""The numbers that every component of this machinery has, under Kubernetes' names.

Kubernetes: staging/src/k8s.io/component-base/metrics/prometheus/workqueue/metrics.go, client-go/tools/leaderelection
Simplified: no metric of the age of unfinished work.
"""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = tuple(10.0**power for power in range(-6, 2))

_depth = Gauge("workqueue_depth", "Keys in line", ["name"])
_adds = Counter("workqueue_adds", "Keys put in line", ["name"])
_retries = Counter("workqueue_retries", "Keys that failed and were put off", ["name"])
_waited = Histogram("workqueue_queue_duration_seconds", "How long keys stood in line", ["name"], buckets=_SECONDS)
_worked = Histogram("workqueue_work_duration_seconds", "How long keys were processed", ["name"], buckets=_SECONDS)

is_leader = Gauge("leader_election_master_status", "1 for the one who leads", ["name"])
relists = Counter("informer_lists", "Full lists, the first one included", ["kind"])


@dataclass(frozen=True, slots=True)
class QueueMetrics:
    """The metrics of one queue, looked up once."""

    depth: Gauge
    adds: Counter
    retries: Counter
    queue_duration: Histogram
    work_duration: Histogram

    def added(self, depth: int) -> None:
        self.adds.inc()
        self.depth.set(depth)

    def taken(self, waited_s: float, depth: int) -> None:
        self.queue_duration.observe(waited_s)
        self.depth.set(depth)

    def done(self, worked_s: float) -> None:
        self.work_duration.observe(worked_s)

    def retried(self) -> None:
        self.retries.inc()


def queue(name: str) -> QueueMetrics:
    """The metrics of the queue `name`, which two queues of one process may share."""
    return QueueMetrics(
        _depth.labels(name), _adds.labels(name), _retries.labels(name), _waited.labels(name), _worked.labels(name)
    )
