"""Decides whether a job is done or has failed, and why. Pure.

Kubernetes: pkg/controller/job/job_controller.go (syncJob, exceedsBackoffLimit, pastBackoffLimitOnFailure)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.controllers.job.policies import success, verdict
from minikube_py.controllers.job.tally import Tally, has_failed
from minikube_py.machinery.conditions import find_condition

_FIRST = {"Complete": "SuccessCriteriaMet", "Failed": "FailureTarget"}


@dataclass(frozen=True, slots=True)
class Ending:
    """How the job ends: the condition that says so at last, and why."""

    condition: str
    reason: str
    message: str

    @property
    def first_condition(self) -> str:
        """What is said until all pods have ended."""
        return _FIRST[self.condition]


DONE = Ending("Complete", "CompletionsReached", "Reached expected number of succeeded pods")
TOO_OFTEN = Ending("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
TOO_LONG = Ending("Failed", "DeadlineExceeded", "Job was active longer than specified deadline")
TOO_MANY_NUMBERS = Ending(
    "Failed", "MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes"
)
SOME_NUMBERS = Ending("Failed", "FailedIndexes", "Job has failed indexes")


def is_finished(job: Job) -> bool:
    return any(_holding(job, kind) is not None for kind in _FIRST)


def ending_of(job: Job, pods: Sequence[Pod], counted: Tally, now_s: float) -> Ending | None:
    """How the job ends, if it does; what was decided once stays so."""
    return _decided(job) or _failure(job, pods, counted, now_s) or _success(job, counted)


def deadline_left_s(job: Job, now_s: float) -> float | None:
    if job.spec.active_deadline_seconds is None or job.status.start_time is None:
        return None
    return max(0.0, job.status.start_time.epoch_s + job.spec.active_deadline_seconds - now_s)


def _decided(job: Job) -> Ending | None:
    for condition, first in _FIRST.items():
        why = _holding(job, first)
        if why is not None:
            return Ending(condition, *why)
    return None


def _failure(job: Job, pods: Sequence[Pod], counted: Tally, now_s: float) -> Ending | None:
    for pod in pods:
        if has_failed(job, pod) and (found := verdict(job, pod)).action == "FailJob":
            return Ending("Failed", "PodFailurePolicy", found.message)
    limit = job.spec.backoff_limit if job.spec.backoff_limit is not None else 6
    if counted.failed > limit or _restarts_too_often(job, pods, limit):
        return TOO_OFTEN
    if not job.spec.suspend and deadline_left_s(job, now_s) == 0:
        return TOO_LONG
    failed, most = len(counted.failed_numbers or ()), job.spec.max_failed_indexes
    if most is not None and failed > most:
        return TOO_MANY_NUMBERS
    return SOME_NUMBERS if failed and failed + counted.succeeded >= (job.spec.completions or 0) else None


def _success(job: Job, counted: Tally) -> Ending | None:
    message = success(job, counted.completed)
    if message is not None:
        return Ending("Complete", "SuccessPolicy", message)
    if job.spec.completions is None:
        return DONE if counted.succeeded and not counted.active else None
    return DONE if counted.succeeded >= job.spec.completions else None


def _restarts_too_often(job: Job, pods: Iterable[Pod], limit: int) -> bool:
    if job.spec.template.spec.restart_policy != "OnFailure":
        return False
    alive = [pod for pod in pods if pod.status.phase in ("Running", "Pending")]
    restarts = sum(
        status.restart_count
        for pod in alive
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses)
    )
    return restarts > 0 if limit == 0 else restarts >= limit


def _holding(job: Job, kind: str) -> tuple[str, str] | None:
    """Why the condition holds, if it does."""
    found = find_condition(job.status.conditions, kind)
    return (found.reason, found.message) if found is not None and found.status == "True" else None
