"""Decides which pods of a job are made and deleted, and when to look again. Pure.

Kubernetes: pkg/controller/job/job_controller.go (manageJob), pkg/controller/job/backoff_utils.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.controllers.job.ending import Ending, deadline_left_s, ending_of
from minikube_py.controllers.job.indexes import index_of
from minikube_py.controllers.job.policies import all_failures_before
from minikube_py.controllers.job.tally import Tally, ended_at_s, has_failed
from minikube_py.machinery.backoff import BackoffPolicy
from minikube_py.machinery.conditions import is_ready

BURST = 500
"""Pods created in one reconcile."""
_AFTER_FAILURE = BackoffPolicy(initial_s=10, cap_s=600)


@dataclass(frozen=True, slots=True)
class Plan:
    create: tuple[int | None, ...] = ()
    """The numbers of the pods to create; None for each that has none."""
    delete: tuple[Pod, ...] = ()
    ending: Ending | None = None
    look_again_s: float | None = None


def plan(job: Job, pods: Sequence[Pod], counted: Tally, now_s: float) -> Plan:
    """What to do for a job that is not finished."""
    ending = ending_of(job, pods, counted, now_s)
    if ending is not None or job.spec.suspend:
        return Plan(delete=counted.active, ending=ending)
    doubled = _doubled(counted.active) if counted.is_indexed else ()
    active = [pod for pod in counted.active if pod not in doubled]
    wanted = _wanted(job, counted, len(active))
    left_s = deadline_left_s(job, now_s)
    if len(active) > wanted:
        surplus = sorted(active, key=_keep_rank)[: len(active) - wanted]
        return Plan(delete=(*doubled, *surplus), look_again_s=left_s)
    blocked = counted.terminating if job.spec.pod_replacement_policy == "Failed" else 0
    missing = min(max(0, wanted - len(active) - blocked), BURST)
    if job.spec.backoff_limit_per_index is not None:
        numbers, pause_s = _due_numbers(tuple(_free_numbers(job, counted, active))[:missing], counted, now_s)
        return Plan(create=numbers, delete=doubled, look_again_s=_sooner(pause_s, left_s))
    pause_s = _pause_s(job, pods, now_s)
    if missing and pause_s > 0:
        return Plan(delete=doubled, look_again_s=_sooner(pause_s, left_s))
    numbers = tuple(_free_numbers(job, counted, active))[:missing] if counted.is_indexed else (None,) * missing
    return Plan(create=numbers, delete=doubled, look_again_s=left_s)


def _sooner(one: float | None, other: float | None) -> float | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _due_numbers(free: Iterable[int], counted: Tally, now_s: float) -> tuple[tuple[int | None, ...], float | None]:
    """Of the numbers without a pod those that get one now, and when the next one does: each waits by itself."""
    pauses = {number: _pause_after_s(counted.last_failed.get(number), now_s) for number in free}
    later = [pause_s for pause_s in pauses.values() if pause_s > 0]
    return tuple(number for number, pause_s in pauses.items() if pause_s <= 0), min(later, default=None)


def _pause_after_s(failed: Pod | None, now_s: float) -> float:
    if failed is None:
        return 0.0
    return ended_at_s(failed) + _AFTER_FAILURE.delay_s(all_failures_before(failed)) - now_s


def _wanted(job: Job, counted: Tally, active: int) -> int:
    parallelism = job.spec.parallelism if job.spec.parallelism is not None else 1
    if job.spec.completions is None:
        # The pods share work that they find themselves: when one says that there is none left, no more are started.
        return active if counted.succeeded else parallelism
    return min(job.spec.completions - counted.succeeded - len(counted.failed_numbers or ()), parallelism)


def _free_numbers(job: Job, counted: Tally, active: Iterable[Pod]) -> Iterable[int]:
    taken = counted.completed | (counted.failed_numbers or frozenset()) | {index_of(pod) for pod in active}
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
