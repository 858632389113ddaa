"""Job: pods that run until so many of them have succeeded.

Kubernetes: pkg/registry/batch/job/strategy.go, pkg/apis/batch/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from minikube_py.api.columns import AGE, NAME, age, duration_text
from minikube_py.api.conditions import find_condition
from minikube_py.api.defaulting import changed, each, filled
from minikube_py.api.definition import Cell, Column
from minikube_py.api.kinds.apps.columns import WORKLOAD_COLUMNS
from minikube_py.api.kinds.batch.job_spec import JobSpec, JobStatus, PodFailurePolicyRule
from minikube_py.api.kinds.batch.job_validation import (
    CONTROLLER_UID,
    job_change_errors,
    job_errors,
    job_status_errors,
    own_labels,
)
from minikube_py.api.kinds.core.pod_defaults import template_defaulted
from minikube_py.api.kinds.core.pod_warnings import workload_warnings
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError

_WITHOUT_LIMIT = 2**31 - 1
_STATES = ("Complete", "Failed")
_LESSER_STATES = ("Suspended", "FailureTarget", "SuccessCriteriaMet")


class Job(
    Resource,
    group="batch",
    version="v1",
    plural="jobs",
    orphans_by_default=True,
    orphan_warning="child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to "
    "remove them or set propagationPolicy=Orphan to suppress this warning",
    columns=(
        NAME,
        Column("Status", lambda job: job.state),
        Column("Completions", lambda job: _completions(job.spec, job.status.succeeded)),
        Column("Duration", lambda job: _duration(job.status)),
        AGE,
        *WORKLOAD_COLUMNS,
    ),
    categories=("all",),
    selectable_fields=("status.successful=status.succeeded",),
):
    spec: JobSpec = written(JobSpec)
    status: JobStatus = written(JobStatus)

    def defaulted(self) -> Self:
        spec = job_template_defaulted(self.spec)
        if spec.completions is None and spec.parallelism is None:
            spec = replace(spec, completions=1)
        policy = spec.pod_failure_policy
        if policy is not None:
            spec = changed(spec, pod_failure_policy=changed(policy, rules=each(policy.rules, _rule_defaulted)))
        spec = filled(
            spec,
            parallelism=1,
            backoff_limit=_WITHOUT_LIMIT if spec.backoff_limit_per_index is not None else 6,
            completion_mode="NonIndexed",
            suspend=False,
            manual_selector=False,
            pod_replacement_policy="TerminatingOrFailed" if policy is None else "Failed",
        )
        return changed(self, spec=spec, metadata=filled(self.metadata, labels=spec.template.metadata.labels))

    def prepare_for_create(self) -> Self:
        job = super().prepare_for_create()
        return job if job.spec.manual_selector else job._selecting_its_own()

    def _selecting_its_own(self) -> Self:
        """With labels and a selector that no other job has, and what of them the author gave."""
        name, uid, spec = self.metadata.name, self.metadata.uid, self.spec
        labels = {**own_labels(name, uid), **spec.template.metadata.labels}
        selector = spec.selector or LabelSelector()
        selector = replace(selector, match_labels={CONTROLLER_UID: uid, **selector.match_labels})
        template = replace(spec.template, metadata=replace(spec.template.metadata, labels=labels))
        return replace(
            self,
            spec=replace(spec, selector=selector, template=template),
            metadata=filled(self.metadata, labels=labels),
        )

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from job_errors(self.spec, self.metadata.name, self.metadata.uid, "spec")
        if old is not None:
            yield from job_change_errors(self.spec, old.spec, is_suspended=bool(old.spec.suspend))

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        return job_status_errors(self.status)

    @property
    def state(self) -> str:
        """The condition that says how the job is, in one word."""

        def holds(kind: str) -> bool:
            condition = find_condition(self.status.conditions, kind)
            return condition is not None and condition.status == "True"

        if found := next(filter(holds, _STATES), None):
            return found
        if self.metadata.deletion_timestamp is not None:
            return "Terminating"
        return next(filter(holds, _LESSER_STATES), "Running")

    def warnings(self) -> Iterable[str]:
        return workload_warnings(self.metadata, self.spec.template, "spec.template")


def job_template_defaulted(spec: JobSpec) -> JobSpec:
    """What the spec inside a CronJob gets too: the defaults of its pods."""
    return changed(spec, template=template_defaulted(spec.template))


def _rule_defaulted(rule: PodFailurePolicyRule) -> PodFailurePolicyRule:
    def default(pattern: Any) -> Any:
        return pattern if pattern.status else replace(pattern, status="True")

    return changed(rule, on_pod_conditions=each(rule.on_pod_conditions, default))


def _completions(spec: JobSpec, succeeded: int) -> Cell:
    if spec.completions is not None:
        return f"{succeeded}/{spec.completions}"
    parallelism = spec.parallelism or 0
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _duration(status: JobStatus) -> Cell:
    if status.start_time is None:
        return ""
    if status.completion_time is None:
        return age(status.start_time)
    return duration_text(status.completion_time.epoch_s - status.start_time.epoch_s)
