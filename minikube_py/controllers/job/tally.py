"""Which of a job's pods succeeded and which failed, each counted once, even if it is deleted afterwards. Pure.

A pod of a job has a finalizer, so it cannot go before it is counted. It is counted in three steps, each of which may be
the last before a crash: its uid is written into the status; the finalizer is taken off; the uid becomes a number.

Kubernetes: pkg/controller/job/job_controller.go (trackJobStatusAndRemoveFinalizers), KEP-2307
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.batch.job_spec import UncountedTerminatedPods
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.controllers.job.indexes import index_of, parsed
from minikube_py.machinery.conditions import is_active, is_terminal

TRACKED = "batch.kubernetes.io/job-tracking"
"""The finalizer of pods that are not counted yet."""


@dataclass(frozen=True, slots=True)
class Tally:
    counted_succeeded: int
    counted_failed: int
    uncounted: UncountedTerminatedPods
    completed: frozenset[int]
    """The numbers of an Indexed job that are done."""
    active: tuple[Pod, ...]
    terminating: int
    release: tuple[Pod, ...]
    """Pods whose finalizer goes once the status with their uids is written."""
    is_indexed: bool

    @property
    def succeeded(self) -> int:
        if self.is_indexed:
            return len(self.completed)
        return self.counted_succeeded + len(self.uncounted.succeeded)

    @property
    def failed(self) -> int:
        return self.counted_failed + len(self.uncounted.failed)


def tally(job: Job, pods: Sequence[Pod]) -> Tally:
    is_indexed = job.spec.completion_mode == "Indexed"
    tracked = {pod.metadata.uid: pod for pod in pods if TRACKED in pod.metadata.finalizers}
    known = job.status.uncounted_terminated_pods or UncountedTerminatedPods()
    waiting = {uid for uid in (*known.succeeded, *known.failed) if uid in tracked}
    fresh = [pod for uid, pod in tracked.items() if uid not in waiting]
    good = [pod for pod in fresh if pod.status.phase == "Succeeded"]
    bad = [pod for pod in fresh if has_failed(job, pod)]
    completed = parsed(job.status.completed_indexes) if is_indexed else frozenset()
    if is_indexed:
        numbers = (index_of(pod) for pod in pods if pod.status.phase == "Succeeded")
        completed |= {number for number in numbers if number is not None and number < (job.spec.completions or 0)}
    uncounted = UncountedTerminatedPods(
        succeeded=() if is_indexed else _with(known.succeeded, waiting, good),
        failed=_with(known.failed, waiting, bad),
    )
    return Tally(
        counted_succeeded=job.status.succeeded + sum(uid not in waiting for uid in known.succeeded),
        counted_failed=job.status.failed + sum(uid not in waiting for uid in known.failed),
        uncounted=uncounted,
        completed=completed,
        active=tuple(filter(is_active, pods)),
        terminating=sum(pod.metadata.deletion_timestamp is not None and not is_terminal(pod) for pod in pods),
        release=(*(tracked[uid] for uid in waiting), *good, *bad),
        is_indexed=is_indexed,
    )


def has_failed(job: Job, pod: Pod) -> bool:
    """A pod that is being deleted has failed, unless the job wants to be sure that it has ended."""
    if pod.status.phase == "Failed":
        return True
    waits = job.spec.pod_replacement_policy == "Failed"
    return not waits and pod.metadata.deletion_timestamp is not None and pod.status.phase != "Succeeded"


def _with(known: Sequence[str], waiting: set[str], fresh: Sequence[Pod]) -> tuple[str, ...]:
    return (*(uid for uid in known if uid in waiting), *(pod.metadata.uid for pod in fresh))
