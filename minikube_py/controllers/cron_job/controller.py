"""CronJob controller: starts a Job at each time of a schedule, and forgets the oldest that have finished.

    reconcile: tell which Jobs have ended -> remove history -> is one due? -> replace, start -> the status

Kubernetes: pkg/controller/cronjob/cronjob_controllerv2.go
Simplified: without a time zone the schedule is in UTC; nobody counts how many times were missed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime

from minikube_py.api.kinds.batch.cron_job import CronJob, CronJobStatus
from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.status import AlreadyExists, ApiError, NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.cron_job.plan import Plan, history, job_for, plan
from minikube_py.controllers.job.ending import is_finished
from minikube_py.controllers.namespaces import is_ending_namespace
from minikube_py.machinery.controller import Result
from minikube_py.machinery.events import reference_to
from minikube_py.machinery.ownership import is_controlled_by
from minikube_py.machinery.recent_writes import RecentWrites
from minikube_py.machinery.sources import For, Owns
from minikube_py.machinery.store import Key, key_of

_AFTER_S = 0.1
"""A little after the time itself, so that it has surely come."""


class CronJobController:
    name = "cronjob"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.recorder("cronjob-controller")
        cron_jobs, jobs = context.informers.of(CronJob), context.informers.of(Job)
        self._cron_jobs, self._jobs = cron_jobs.store, jobs.store
        self._recent: RecentWrites[Job] = RecentWrites(jobs)
        self.sources = (For(cron_jobs), Owns(jobs, CronJob))

    async def reconcile(self, key: Key) -> Result:
        cron_job = self._cron_jobs.get(key)
        if cron_job is None:
            self._recent.forget(key)
            return Result.DONE
        jobs = self._recent.overlay(key, self._jobs.controlled_by(cron_job.metadata.uid))
        self._tell_of_ended(cron_job, jobs)
        removed = history(cron_job, jobs)
        for job in removed:
            await self._delete(cron_job, job)
        active = [job for job in jobs if not is_finished(job)]
        decided = plan(cron_job, active, self._clock())
        self._tell_of_skipped(cron_job, decided)
        for job in decided.replace:
            await self._delete(cron_job, job)
            active.remove(job)
        if decided.start_at is not None and (started := await self._start(cron_job, decided.start_at)) is not None:
            active = [*(job for job in active if job.metadata.uid != started.metadata.uid), started]
        await self._write_status(cron_job, jobs, active, decided.start_at)
        return Result.DONE if decided.next_s is None else Result.after(decided.next_s + _AFTER_S)

    async def _start(self, cron_job: CronJob, scheduled: datetime) -> Job | None:
        """None in a namespace that ends. Raises: ApiError."""
        job = job_for(cron_job, scheduled)
        try:
            created = await self._client.create(job)
        except AlreadyExists:
            existing = await self._client.get(Job, job.metadata.name, namespace=job.metadata.namespace)
            return existing if is_controlled_by(existing, cron_job) and not is_finished(existing) else None
        except ApiError as error:
            if is_ending_namespace(error):
                return None
            self._recorder.record(cron_job, "Warning", "FailedCreate", f"Error creating job: {error}")
            raise
        self._recent.created(key_of(cron_job), created)
        self._recorder.record(cron_job, "Normal", "SuccessfulCreate", f"Created job {created.metadata.name}")
        return created

    async def _delete(self, cron_job: CronJob, job: Job) -> None:
        with contextlib.suppress(NotFound):
            await self._client.delete_exactly(job, DeleteOptions(propagation_policy="Background"))
            self._recorder.record(cron_job, "Normal", "SuccessfulDelete", f"Deleted job {job.metadata.name}")
        self._recent.deleted(key_of(cron_job), job)

    async def _write_status(
        self, cron_job: CronJob, jobs: Sequence[Job], active: Sequence[Job], scheduled: datetime | None
    ) -> None:
        old = cron_job.status
        completed = [job.status.completion_time for job in jobs if job.state == "Complete"]
        status = CronJobStatus(
            active=tuple(map(reference_to, sorted(active, key=key_of))),
            last_schedule_time=Time.at(scheduled.timestamp()) if scheduled is not None else old.last_schedule_time,
            last_successful_time=max([old.last_successful_time, *completed], key=lambda time: time or ""),
        )
        if _without_versions(status) != _without_versions(old):
            with contextlib.suppress(NotFound):
                await self._client.update_status(replace(cron_job, status=status))

    def _tell_of_ended(self, cron_job: CronJob, jobs: Sequence[Job]) -> None:
        known = {job.metadata.uid: job for job in jobs}
        for reference in cron_job.status.active:
            job = known.get(reference.uid)
            if job is None:
                self._recorder.record(cron_job, "Normal", "MissingJob", f"Active job went missing: {reference.name}")
            elif is_finished(job):
                text = f"Saw completed job: {reference.name}, condition: {job.state}"
                self._recorder.record(cron_job, "Normal", "SawCompletedJob", text)

    def _tell_of_skipped(self, cron_job: CronJob, decided: Plan) -> None:
        if decided.missed is not None:
            when = decided.missed.strftime("%a, %d %b %Y %H:%M:%S %z")
            text = f"Missed scheduled time to start a job: {when}"
            self._recorder.record(cron_job, "Warning", "MissSchedule", text)
        if decided.waits_for_running:
            text = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self._recorder.record(cron_job, "Normal", "JobAlreadyActive", text)


def _without_versions(status: CronJobStatus) -> CronJobStatus:
    """What of a status matters: which Jobs run, not how often they were written."""
    return replace(status, active=tuple(replace(each, resource_version="") for each in status.active))
