"""CronJob: Jobs made of a template at the times of a schedule.

Kubernetes: pkg/registry/batch/cronjob/strategy.go
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, NONE, UNSET, age, container_images, container_names, label_selector_text
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Cell, Column
from minikube_py.api.kinds.batch.job import job_template_defaulted
from minikube_py.api.kinds.batch.job_spec import JobSpec
from minikube_py.api.kinds.batch.job_validation import job_spec_errors
from minikube_py.api.kinds.batch.schedule import Schedule, ScheduleError
from minikube_py.api.kinds.core.common import ObjectReference
from minikube_py.api.kinds.core.pod_spec import PodSpec
from minikube_py.api.kinds.core.pod_warnings import workload_warnings
from minikube_py.api.kinds.field_checks import Errors, negative_errors, required_choice_errors
from minikube_py.api.markers import OneOf, Required
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, Time
from minikube_py.api.validation import FieldError, invalid_value, required, unsupported_value

_POLICIES = ("Allow", "Forbid", "Replace")
_LONGEST_NAME = 52
"""The name of a Job has eleven characters more."""


class JobTemplateSpec(Model):
    """What the Jobs are made of."""

    metadata: ObjectMeta = written(ObjectMeta)
    spec: JobSpec = written(JobSpec)


class CronJobSpec(Model):
    """When Jobs are made, and what happens when one still runs."""

    schedule: str = written(str)
    time_zone: str | None = None
    starting_deadline_seconds: Int64 | None = None
    concurrency_policy: Annotated[str, OneOf(*_POLICIES)] = ""
    suspend: bool | None = None
    job_template: Annotated[JobTemplateSpec, Required()] = written(JobTemplateSpec)
    successful_jobs_history_limit: int | None = None
    failed_jobs_history_limit: int | None = None


class CronJobStatus(Model):
    """Which Jobs run, and when the last began."""

    active: tuple[ObjectReference, ...] = ()
    last_schedule_time: Time | None = None
    last_successful_time: Time | None = None


def _pod_spec(cron_job: CronJob) -> PodSpec:
    return cron_job.spec.job_template.spec.template.spec


class CronJob(
    Resource,
    group="batch",
    version="v1",
    plural="cronjobs",
    columns=(
        NAME,
        Column("Schedule", lambda cron_job: cron_job.spec.schedule),
        Column("Timezone", lambda cron_job: cron_job.spec.time_zone or NONE),
        Column("Suspend", lambda cron_job: _flag(cron_job.spec.suspend), type="boolean"),
        Column("Active", lambda cron_job: len(cron_job.status.active), type="integer"),
        Column("Last Schedule", lambda cron_job: _last(cron_job.status.last_schedule_time)),
        AGE,
        Column("Containers", lambda cron_job: container_names(_pod_spec(cron_job).containers), priority=1),
        Column("Images", lambda cron_job: container_images(_pod_spec(cron_job).containers), priority=1),
        Column("Selector", lambda cron_job: label_selector_text(cron_job.spec.job_template.spec.selector), priority=1),
    ),
    short_names=("cj",),
    categories=("all",),
):
    spec: Annotated[CronJobSpec, Required()] = written(CronJobSpec)
    status: CronJobStatus = written(CronJobStatus)

    def defaulted(self) -> Self:
        spec = filled(
            self.spec,
            concurrency_policy="Allow",
            suspend=False,
            successful_jobs_history_limit=3,
            failed_jobs_history_limit=1,
        )
        template = changed(spec.job_template, spec=job_template_defaulted(spec.job_template.spec))
        return changed(self, spec=changed(spec, job_template=template))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from _spec_errors(self.spec, "spec")
        if len(self.metadata.name) > _LONGEST_NAME:
            why = f"must be no more than {_LONGEST_NAME} characters"
            yield invalid_value("metadata.name", self.metadata.name, why)

    def warnings(self) -> Iterable[str]:
        return workload_warnings(self.metadata, self.spec.job_template.spec.template, "spec.jobTemplate.spec.template")


def _spec_errors(spec: CronJobSpec, path: str) -> Errors:
    if not spec.schedule:
        yield required(f"{path}.schedule")
    else:
        yield from _schedule_errors(spec.schedule, f"{path}.schedule")
    yield from negative_errors(spec.starting_deadline_seconds, f"{path}.startingDeadlineSeconds")
    if spec.time_zone is not None:
        yield from _zone_errors(spec.time_zone, f"{path}.timeZone")
    yield from required_choice_errors(spec.concurrency_policy, _POLICIES, f"{path}.concurrencyPolicy")
    job = spec.job_template.spec
    yield from job_spec_errors(job, f"{path}.jobTemplate.spec")
    if job.manual_selector:
        yield unsupported_value(f"{path}.jobTemplate.spec.manualSelector", True, ("nil", "false"))
    yield from negative_errors(spec.successful_jobs_history_limit, f"{path}.successfulJobsHistoryLimit")
    yield from negative_errors(spec.failed_jobs_history_limit, f"{path}.failedJobsHistoryLimit")


def _schedule_errors(schedule: str, path: str) -> Errors:
    if "TZ=" in schedule:
        yield invalid_value(path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
        return
    try:
        Schedule.parse(schedule)
    except ScheduleError as error:
        yield invalid_value(path, schedule, str(error))


def _zone_errors(zone: str, path: str) -> Errors:
    if not zone:
        yield invalid_value(path, zone, "timeZone must be nil or non-empty string")
    elif zone.lower() == "local":
        yield invalid_value(
            path, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        )
    else:
        try:
            zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            yield invalid_value(path, zone, f"unknown time zone {zone}")


def _flag(value: bool | None) -> str:
    return UNSET if value is None else str(value)


def _last(moment: Time | None) -> Cell:
    return NONE if moment is None else age(moment)
