"""Decides whether a job is done or has failed, and which pods are made and deleted. Pure.

Kubernetes: pkg/controller/job/job_controller.go (syncJob, manageJob), pkg/controller/job/backoff_utils.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.controllers.job.indexes import index_of
from minikube_py.controllers.job.tally import Tally, has_failed
from minikube_py.machinery.backoff import BackoffPolicy
from minikube_py.machinery.conditions import find_condition, is_ready

BURST = 500
"""Pods created in one reconcile."""
_AFTER_FAILURE = BackoffPolicy(initial_s=10, cap_s=600)


@dataclass(frozen=True, slots=True)
class Ending:
    """How the job ends: the condition that says so at last, and why."""

    condition: str
    reason: str
    message: str

    @property
    def first_condition(self) -> str:
        """What is said until all pods have ended."""
        return "SuccessCriteriaMet" if self.condition == "Complete" else "FailureTarget"


DONE = Ending("Complete", "CompletionsReached", "Reached expected number of succeeded pods")
TOO_OFTEN = Ending("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
TOO_LONG = Ending("Failed", "DeadlineExceeded", "Job was active longer than specified deadline")


@dataclass(frozen=True, slots=True)
class Plan:
    create: tuple[int | None, ...] = ()
    """The numbers of the pods to create; None for each that has none."""
    delete: tuple[Pod, ...] = ()
    ending: Ending | None = None
    look_again_s: float | None = None


def is_finished(job: Job) -> bool:
    return any(_holds(job, kind) for kind in ("Complete", "Failed"))


def plan(job: Job, pods: Sequence[Pod], counted: Tally, now_s: float) -> Plan:
    """What to do for a job that is not finished."""
    ending = _ending(job, pods, counted, now_s)
    if ending is not None or job.spec.suspend:
        return Plan(delete=counted.active, ending=ending)
    doubled = _doubled(counted.active) if counted.is_indexed else ()
    active = [pod for pod in counted.active if pod not in doubled]
    wanted = _wanted(job, counted, len(active))
    left_s = _deadline_left_s(job, now_s)
    if len(active) > wanted:
        surplus = sorted(active, key=_keep_rank)[: len(active) - wanted]
        return Plan(delete=(*doubled, *surplus), look_again_s=left_s)
    blocked = counted.terminating if job.spec.pod_replacement_policy == "Failed" else 0
    missing = min(max(0, wanted - len(active) - blocked), BURST)
    pause_s = _pause_s(job, pods, now_s)
    if missing and pause_s > 0:
        return Plan(delete=doubled, look_again_s=min(pause_s, left_s) if left_s is not None else pause_s)
    numbers = tuple(_free_numbers(job, counted, active))[:missing] if counted.is_indexed else (None,) * missing
    return Plan(create=numbers, delete=doubled, look_again_s=left_s)


def _ending(job: Job, pods: Sequence[Pod], counted: Tally, now_s: float) -> Ending | None:
    """How the job ends, if it does; what was decided once stays so."""
    for ending in (DONE, TOO_OFTEN, TOO_LONG):
        decided = find_condition(job.status.conditions, ending.first_condition)
        if decided is not None and decided.status == "True" and decided.reason == ending.reason:
            return ending
    limit = job.spec.backoff_limit if job.spec.backoff_limit is not None else 6
    if counted.failed > limit or _restarts_too_often(job, pods, limit):
        return TOO_OFTEN
    if not job.spec.suspend and _deadline_left_s(job, now_s) == 0:
        return TOO_LONG
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


def _deadline_left_s(job: Job, now_s: float) -> float | None:
    if job.spec.active_deadline_seconds is None or job.status.start_time is None:
        return None
    return max(0.0, job.status.start_time.epoch_s + job.spec.active_deadline_seconds - now_s)


def _wanted(job: Job, counted: Tally, active: int) -> int:
    parallelism = job.spec.parallelism if job.spec.parallelism is not None else 1
    if job.spec.completions is None:
        # The pods share work that they find themselves: when one says that there is none left, no more are started.
        return active if counted.succeeded else parallelism
    return min(job.spec.completions - counted.succeeded, parallelism)


def _free_numbers(job: Job, counted: Tally, active: Iterable[Pod]) -> Iterable[int]:
    taken = counted.completed | {index_of(pod) for pod in active}
    return (number for number in range(job.spec.completions or 0) if number not in taken)


def _doubled(active: Iterable[Pod]) -> tuple[Pod, ...]:
    """Pods with a number that another has, too, or with none."""
    seen: set[int] = set()
    doubled: list[Pod] = []
    for pod in sorted(active, key=_keep_rank, reverse=True):
        number = index_of(pod)
        if number is None or number in seen:
            doubled.append(pod)
        else:
            seen.add(number)
    return tuple(doubled)


def _keep_rank(pod: Pod) -> tuple[bool, bool, str]:
    """The smaller, the sooner the pod is given up: without a node, not ready."""
    return bool(pod.spec.node_name), is_ready(pod), pod.metadata.name


def _pause_s(job: Job, pods: Iterable[Pod], now_s: float) -> float:
    """How long no pod is made, since the last ones failed: twice as long for each that failed in a row."""
    ended = sorted(
        (ended_at_s(pod), has_failed(job, pod))
        for pod in pods
        if pod.status.phase == "Succeeded" or has_failed(job, pod)
    )
    in_a_row = 0
    for _, failed in reversed(ended):
        if not failed:
            break
        in_a_row += 1
    return ended[-1][0] + _AFTER_FAILURE.delay_s(in_a_row - 1) - now_s if in_a_row else 0.0


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


def _holds(job: Job, kind: str) -> bool:
    found = find_condition(job.status.conditions, kind)
    return found is not None and found.status == "True"
