"""What a job's policies say: about a pod that failed, about one number's failures, about success before the end. Pure.

Kubernetes: pkg/controller/job/{pod_failure_policy,success_policy,backoff_utils,indexed_job_utils}.go
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.batch.job_spec import (
    PodFailurePolicyOnExitCodesRequirement,
    PodFailurePolicyRule,
    SuccessPolicyRule,
)
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.controllers.job.indexes import parsed

FAILURES = "batch.kubernetes.io/job-index-failure-count"
_IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count"
"""Annotations of a pod: how often pods of its number failed before it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failed pod means for its job: Count, Ignore, FailIndex or FailJob, and by which rule."""

    action: str = "Count"
    message: str = ""

    @property
    def counts(self) -> bool:
        return self.action != "Ignore"


def verdict(job: Job, pod: Pod) -> Verdict:
    """Of the first rule that fits the failed pod; without one the failure counts."""
    policy = job.spec.pod_failure_policy
    for place, rule in enumerate(policy.rules if policy is not None else ()):
        what = _match(rule, pod)
        if what is not None:
            return Verdict(rule.action, f"{what} matching {rule.action} rule at index {place}")
    return Verdict()


def _match(rule: PodFailurePolicyRule, pod: Pod) -> str | None:
    name = f"{pod.metadata.namespace}/{pod.metadata.name}"
    if rule.on_exit_codes is not None:
        for status in (*pod.status.container_statuses, *pod.status.init_container_statuses):
            ended = status.state.terminated if status.state is not None else None
            if ended is not None and _fits(rule.on_exit_codes, status.name, ended.exit_code):
                return f"Container {status.name} for pod {name} failed with exit code {ended.exit_code}"
        return None
    wanted = {(pattern.type, pattern.status) for pattern in rule.on_pod_conditions}
    found = (condition.type for condition in pod.status.conditions if (condition.type, condition.status) in wanted)
    condition = next(found, None)
    return f"Pod {name} has condition {condition}" if condition is not None else None


def _fits(wanted: PodFailurePolicyOnExitCodesRequirement, container: str, code: int) -> bool:
    if code == 0 or wanted.container_name not in (None, container):
        return False
    return (code in wanted.values) == (wanted.operator == "In")


def failures_before(pod: Pod) -> int:
    """How many failures of the pod's number counted before this pod."""
    return _number(pod, FAILURES)


def all_failures_before(pod: Pod) -> int:
    """The same with those that were ignored, which are borne but waited for all the same."""
    return _number(pod, FAILURES) + _number(pod, _IGNORED)


def failure_counts(job: Job, replaced: Pod | None) -> Mapping[str, str]:
    """The annotations of a number's next pod, after `replaced`; none where failures are not counted by number."""
    if job.spec.backoff_limit_per_index is None:
        return {}
    if replaced is None:
        return {FAILURES: "0"}
    counts = verdict(job, replaced).counts
    ignored = _number(replaced, _IGNORED) + (not counts)
    return {FAILURES: str(failures_before(replaced) + counts), **({_IGNORED: str(ignored)} if ignored else {})}


def number_has_failed(job: Job, pod: Pod) -> bool:
    """Whether no pod of the failed pod's number is tried after it."""
    limit = job.spec.backoff_limit_per_index
    found = verdict(job, pod)
    return limit is not None and (found.action == "FailIndex" or (found.counts and failures_before(pod) >= limit))


def success(job: Job, completed: frozenset[int]) -> str | None:
    """Which rule of the success policy is met, in words."""
    policy = job.spec.success_policy
    rules = policy.rules if policy is not None and completed else ()
    return next((f"Matched rules at index {place}" for place, rule in enumerate(rules) if _met(rule, completed)), None)


def _met(rule: SuccessPolicyRule, completed: frozenset[int]) -> bool:
    wanted = parsed(rule.succeeded_indexes) if rule.succeeded_indexes is not None else completed
    enough = rule.succeeded_count if rule.succeeded_count is not None else len(wanted)
    return len(wanted & completed) >= enough


def _number(pod: Pod, annotation: str) -> int:
    text = pod.metadata.annotations.get(annotation, "")
    return int(text) if text.isdecimal() else 0
