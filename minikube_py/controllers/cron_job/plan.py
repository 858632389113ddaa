"""Decides which Job of a CronJob is due, which are in its way, and which are history. Pure.

Only the last of the times that were missed counts: a cluster that was off for a day does not start a day's jobs.

Kubernetes: pkg/controller/cronjob/{cronjob_controllerv2,utils}.go
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from minikube_py.api.kinds.batch.cron_job import CronJob
from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.batch.schedule import Schedule
from minikube_py.api.meta import ObjectMeta
from minikube_py.controllers.job.ending import is_finished
from minikube_py.machinery.ownership import controller_reference

SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp"
_WINDOWS = tuple(timedelta(days=days) for days in (0.05, 1, 32, 367, 5 * 366))
"""How far back to look for the last time: as far as needed, and as few steps as possible."""


@dataclass(frozen=True, slots=True)
class Plan:
    start_at: datetime | None = None
    """The time for which a Job is to be started now."""
    replace: tuple[Job, ...] = ()
    """Jobs that give way to it."""
    missed: datetime | None = None
    """A time for which it is too late."""
    waits_for_running: bool = False
    next_s: float | None = None
    """How long until the next time."""


def plan(cron_job: CronJob, active: Sequence[Job], now_s: float) -> Plan:
    """What to do now; `active` are the Jobs that still run."""
    spec = cron_job.spec
    if spec.suspend or cron_job.metadata.deletion_timestamp is not None:
        return Plan()
    schedule, zone = Schedule.parse(spec.schedule), ZoneInfo(spec.time_zone) if spec.time_zone else UTC
    now = datetime.fromtimestamp(now_s, zone)
    following = schedule.after(now)
    next_s = following.timestamp() - now_s if following is not None else None
    due = last_time(schedule, _since(cron_job, now), now)
    if due is None:
        return Plan(next_s=next_s)
    if spec.starting_deadline_seconds is not None and due.timestamp() + spec.starting_deadline_seconds < now_s:
        return Plan(missed=due, next_s=next_s)
    if active and spec.concurrency_policy == "Forbid":
        return Plan(waits_for_running=True, next_s=next_s)
    return Plan(due, tuple(active) if spec.concurrency_policy == "Replace" else (), next_s=next_s)


def _since(cron_job: CronJob, now: datetime) -> datetime:
    """After which moment a time counts."""
    last = cron_job.status.last_schedule_time or cron_job.metadata.creation_timestamp
    return datetime.fromtimestamp(last.epoch_s, now.tzinfo) if last is not None else now


def last_time(schedule: Schedule, since: datetime, now: datetime) -> datetime | None:
    """The last time of the schedule that is after `since` and not after `now`."""
    if schedule.every_s:
        rounds = int((now - since).total_seconds() // schedule.every_s)
        return since + timedelta(seconds=rounds * schedule.every_s) if rounds > 0 else None
    for window in _WINDOWS:
        begin, found = max(since, now - window), None
        while (following := schedule.after(begin)) is not None and following <= now:
            begin = found = following
        if found is not None or begin == since:
            return found
    return None


def history(cron_job: CronJob, jobs: Sequence[Job]) -> tuple[Job, ...]:
    """The finished Jobs beyond what is kept of each kind, oldest first."""
    spec = cron_job.spec
    limits = (("Complete", spec.successful_jobs_history_limit), ("Failed", spec.failed_jobs_history_limit))
    found: list[Job] = []
    for state, limit in limits:
        ended = sorted((job for job in jobs if is_finished(job) and job.state == state), key=_begun)
        if limit is not None:
            found += ended[: max(0, len(ended) - limit)]
    return tuple(found)


def _begun(job: Job) -> tuple[str, str]:
    return job.status.start_time or "", job.metadata.name


def job_for(cron_job: CronJob, scheduled: datetime) -> Job:
    """The Job for one time; its name says which, so it cannot be made twice."""
    template = cron_job.spec.job_template
    annotations = dict(template.metadata.annotations)
    annotations[SCHEDULED_AT] = scheduled.isoformat().replace("+00:00", "Z")
    metadata = ObjectMeta(
        name=f"{cron_job.metadata.name}-{int(scheduled.timestamp()) // 60}",
        namespace=cron_job.metadata.namespace,
        labels=template.metadata.labels,
        annotations=annotations,
        owner_references=(controller_reference(cron_job),),
    )
    return Job(metadata=metadata, spec=template.spec)
