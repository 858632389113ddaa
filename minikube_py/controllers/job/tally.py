"""Which of a job's pods succeeded and which failed, each counted once, even if it is deleted afterwards. Pure.

A pod of a job has a finalizer, so it cannot go before it is counted. It is counted in three steps, each of which may be
the last before a crash: its uid is written into the status; the finalizer is taken off; the uid becomes a number.

Kubernetes: pkg/controller/job/job_controller.go (trackJobStatusAndRemoveFinalizers), KEP-2307
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.batch.job_spec import UncountedTerminatedPods
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.controllers.job.indexes import index_of, parsed
from minikube_py.controllers.job.policies import all_failures_before, number_has_failed, verdict
from minikube_py.machinery.conditions import find_condition, is_active, is_terminal

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
    failed_numbers: frozenset[int] | None
    """The numbers that have failed for good; None where failures are not counted by number."""
    last_failed: Mapping[int, Pod]
    """By number, the failed pod to be replaced: kept, uncounted, as it knows how many failed before it."""
    release: tuple[Pod, ...]
    """Pods whose finalizer goes once the status with their uids is written."""
    is_indexed: bool
    kept_failed: int
    """How many of the kept pods count."""

    @property
    def succeeded(self) -> int:
        if self.is_indexed:
            return len(self.completed)
        return self.counted_succeeded + len(self.uncounted.succeeded)

    @property
    def failed(self) -> int:
        return self.counted_failed + len(self.uncounted.failed) + self.kept_failed

    def replaced_by(self, number: int | None) -> Pod | None:
        """The failed pod whose place the next pod of that number takes."""
        return self.last_failed.get(number) if number is not None else None


def tally(job: Job, pods: Sequence[Pod], *, keeps: bool = True) -> Tally:
    """`keeps` is False once the job ends: then no failed pod waits for the one that comes after it."""
    is_indexed = job.spec.completion_mode == "Indexed"
    tracked = {pod.metadata.uid: pod for pod in pods if TRACKED in pod.metadata.finalizers}
    known = job.status.uncounted_terminated_pods or UncountedTerminatedPods()
    waiting = {uid for uid in (*known.succeeded, *known.failed) if uid in tracked}
    fresh = [pod for uid, pod in tracked.items() if uid not in waiting]
    completed, failed_numbers = _ended_numbers(job, pods) if is_indexed else (frozenset[int](), None)
    active = tuple(filter(is_active, pods))
    over = completed | {index_of(pod) for pod in active} | (failed_numbers or frozenset())
    last_failed = _last_failed(job, pods, over) if failed_numbers is not None and keeps else {}
    kept = {pod.metadata.uid for pod in last_failed.values()}
    good = [pod for pod in fresh if pod.status.phase == "Succeeded"]
    bad = [pod for pod in fresh if has_failed(job, pod)]
    counting = [pod for pod in bad if verdict(job, pod).counts]
    uncounted = UncountedTerminatedPods(
        succeeded=() if is_indexed else _with(known.succeeded, waiting, good),
        failed=_with(known.failed, waiting, [pod for pod in counting if pod.metadata.uid not in kept]),
    )
    return Tally(
        counted_succeeded=job.status.succeeded + sum(uid not in waiting for uid in known.succeeded),
        counted_failed=job.status.failed + sum(uid not in waiting for uid in known.failed),
        uncounted=uncounted,
        completed=completed,
        active=active,
        terminating=sum(pod.metadata.deletion_timestamp is not None and not is_terminal(pod) for pod in pods),
        failed_numbers=failed_numbers,
        last_failed=last_failed,
        release=(*(tracked[uid] for uid in waiting), *good, *(pod for pod in bad if pod.metadata.uid not in kept)),
        is_indexed=is_indexed,
        kept_failed=sum(pod.metadata.uid in kept for pod in counting),
    )


def _ended_numbers(job: Job, pods: Sequence[Pod]) -> tuple[frozenset[int], frozenset[int] | None]:
    """The numbers that are done, and those that have failed for good."""
    succeeded = [pod for pod in pods if pod.status.phase == "Succeeded"]
    completed = parsed(job.status.completed_indexes) | _numbers(job, succeeded)
    if job.spec.backoff_limit_per_index is None:
        return completed, None
    bad = [pod for pod in pods if TRACKED in pod.metadata.finalizers and has_failed(job, pod)]
    given_up = _numbers(job, [pod for pod in bad if number_has_failed(job, pod)])
    return completed, parsed(job.status.failed_indexes or "") | given_up


def _numbers(job: Job, pods: Sequence[Pod]) -> frozenset[int]:
    numbers = map(index_of, pods)
    return frozenset(number for number in numbers if number is not None and number < (job.spec.completions or 0))


def _last_failed(job: Job, pods: Sequence[Pod], over: Container[int | None]) -> Mapping[int, Pod]:
    """By number, the last pod that failed, where the number is neither over nor has an active pod."""
    last: dict[int, Pod] = {}
    for pod in sorted(
        filter(partial(has_failed, job), pods), key=lambda pod: (all_failures_before(pod), ended_at_s(pod))
    ):
        number = index_of(pod)
        if number is not None and number not in over and number < (job.spec.completions or 0):
            last[number] = pod
    return last


def has_failed(job: Job, pod: Pod) -> bool:
    """A pod that is being deleted has failed, unless the job wants to be sure that it has ended."""
    if pod.status.phase == "Failed":
        return True
    waits = job.spec.pod_replacement_policy == "Failed"
    return not waits and pod.metadata.deletion_timestamp is not None and pod.status.phase != "Succeeded"


def ended_at_s(pod: Pod) -> float:
    """When the last container ended, or what comes closest to it."""
    states = (status.state.terminated for status in pod.status.container_statuses if status.state)
    times = [state.finished_at.epoch_s for state in states if state is not None and state.finished_at is not None]
    if times:
        return max(times)
    ready = find_condition(pod.status.conditions, "Ready")
    if ready is not None and ready.status == "False" and ready.last_transition_time is not None:
        return ready.last_transition_time.epoch_s
    fallback = pod.metadata.deletion_timestamp or pod.metadata.creation_timestamp
    return fallback.epoch_s if fallback is not None else 0.0


def _with(known: Sequence[str], waiting: set[str], fresh: Sequence[Pod]) -> tuple[str, ...]:
    return (*(uid for uid in known if uid in waiting), *(pod.metadata.uid for pod in fresh))
