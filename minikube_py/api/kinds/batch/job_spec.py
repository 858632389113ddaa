"""The parts of a Job; a CronJob holds the same spec.

Kubernetes: staging/src/k8s.io/api/batch/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.markers import ListType, MergeBy, NotRequired, OneOf, Required
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written, written_null
from minikube_py.api.scalars import Int64, Time


class PodFailurePolicyOnExitCodesRequirement(Model):
    container_name: str | None = None
    operator: Annotated[str, OneOf("In", "NotIn")] = written(str)
    values: Annotated[tuple[int, ...], ListType("set")] = written(tuple)


class PodFailurePolicyOnPodConditionsPattern(Model):
    type: str = written(str)
    status: Annotated[str, NotRequired()] = written(str)


class PodFailurePolicyRule(Model):
    """What to do about a pod that failed in a certain way."""

    action: Annotated[str, OneOf("Count", "FailIndex", "FailJob", "Ignore")] = written(str)
    on_exit_codes: PodFailurePolicyOnExitCodesRequirement | None = None
    on_pod_conditions: tuple[PodFailurePolicyOnPodConditionsPattern, ...] = ()


class PodFailurePolicy(Model):
    """Rules of which the first that fits a failed pod counts."""

    rules: tuple[PodFailurePolicyRule, ...] = written(tuple)


class SuccessPolicyRule(Model):
    succeeded_indexes: str | None = None
    succeeded_count: int | None = None


class SuccessPolicy(Model):
    """When a job with numbered pods is done although some of them are not."""

    rules: tuple[SuccessPolicyRule, ...] = written(tuple)


class JobSpec(Model):
    """How many pods must succeed, how many run at a time, and how much failure is borne."""

    parallelism: int | None = None
    completions: int | None = None
    active_deadline_seconds: Int64 | None = None
    pod_failure_policy: PodFailurePolicy | None = None
    success_policy: SuccessPolicy | None = None
    backoff_limit: int | None = None
    backoff_limit_per_index: int | None = None
    max_failed_indexes: int | None = None
    selector: LabelSelector | None = None
    manual_selector: bool | None = None
    template: Annotated[PodTemplateSpec, Required()] = written(PodTemplateSpec)
    ttl_seconds_after_finished: int | None = None
    completion_mode: Annotated[str | None, OneOf("Indexed", "NonIndexed")] = None
    suspend: bool | None = None
    pod_replacement_policy: Annotated[str | None, OneOf("Failed", "TerminatingOrFailed")] = None
    managed_by: str | None = None


class UncountedTerminatedPods(Model):
    """Uids of pods that ended and are not in the counters yet."""

    succeeded: Annotated[tuple[str, ...], ListType("set")] = ()
    failed: Annotated[tuple[str, ...], ListType("set")] = ()


class JobCondition(Model):
    type: str = written(str)
    status: str = written(str)
    last_probe_time: Annotated[Time | None, NotRequired()] = written_null()
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()
    reason: str = ""
    message: str = ""


class JobStatus(Model):
    """How far the job is."""

    conditions: Annotated[tuple[JobCondition, ...], MergeBy("type")] = ()
    start_time: Time | None = None
    completion_time: Time | None = None
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    terminating: int | None = None
    completed_indexes: str = ""
    failed_indexes: str | None = None
    uncounted_terminated_pods: UncountedTerminatedPods | None = None
    ready: int | None = None
