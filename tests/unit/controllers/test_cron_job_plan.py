"""Which job of a schedule is due, and what is in its way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from minikube_py.api.kinds.batch.cron_job import CronJob
from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.batch.schedule import Schedule
from minikube_py.api.scalars import Time
from minikube_py.controllers.cron_job.plan import SCHEDULED_AT, Plan, history, job_for, last_time, plan

NOON = datetime(2026, 11, 28, 12, 0, 30, tzinfo=UTC)
NOW_S = NOON.timestamp()


def cron_job(schedule: str = "0 * * * *", last_ago_s: float = 7200, **spec: Any) -> CronJob:
    template = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c"}]}}}}
    return CronJob.from_dict(
        {
            "metadata": {"name": "c", "namespace": "default"},
            "spec": {"schedule": schedule, "concurrencyPolicy": "Allow", "jobTemplate": template, **spec},
            "status": {"lastScheduleTime": Time.at(NOW_S - last_ago_s)},
        }
    )


def job(name: str, ended: str = "", begun_ago_s: float = 0) -> Job:
    conditions = [{"type": ended, "status": "True"}] if ended else []
    status = {"conditions": conditions, "startTime": Time.at(NOW_S - begun_ago_s)}
    return Job.from_dict({"metadata": {"name": name}, "status": status})


def test_the_last_time_is_due_and_the_next_is_waited_for() -> None:
    assert plan(cron_job(), (), NOW_S) == Plan(start_at=NOON.replace(second=0), next_s=3570)
    assert plan(cron_job(last_ago_s=10), (), NOW_S) == Plan(next_s=3570)


def test_a_zone_shifts_the_schedule() -> None:
    decided = plan(cron_job("0 13 * * *", timeZone="Europe/Berlin"), (), NOW_S)
    assert decided.start_at is not None
    assert decided.start_at.timestamp() == NOON.replace(second=0).timestamp()


def test_what_is_too_late_is_missed() -> None:
    decided = plan(cron_job(startingDeadlineSeconds=20), (), NOW_S)
    assert (decided.start_at, decided.missed) == (None, NOON.replace(second=0))
    assert plan(cron_job(startingDeadlineSeconds=40), (), NOW_S).missed is None


def test_running_jobs_stay_or_go_or_are_waited_for() -> None:
    running = (job("a"),)
    assert plan(cron_job(), running, NOW_S).replace == ()
    assert plan(cron_job(concurrencyPolicy="Replace"), running, NOW_S).replace == running
    forbidding = plan(cron_job(concurrencyPolicy="Forbid"), running, NOW_S)
    assert (forbidding.start_at, forbidding.waits_for_running) == (None, True)


def test_a_suspended_one_starts_nothing() -> None:
    assert plan(cron_job(suspend=True), (), NOW_S) == Plan()


@pytest.mark.parametrize(
    ("schedule", "since", "expected"),
    [
        ("*/5 * * * *", timedelta(days=400), NOON.replace(second=0)),
        ("0 0 1 1 *", timedelta(days=400), datetime(2026, 1, 1, tzinfo=UTC)),
        ("0 0 29 2 *", timedelta(days=1200), datetime(2024, 2, 29, tzinfo=UTC)),
        ("0 0 1 1 *", timedelta(days=100), None),
        ("@every 7s", timedelta(seconds=20), NOON - timedelta(seconds=6)),
        ("@every 30s", timedelta(seconds=20), None),
    ],
)
def test_the_last_time_is_found_however_long_ago(schedule: str, since: timedelta, expected: datetime | None) -> None:
    assert last_time(Schedule.parse(schedule), NOON - since, NOON) == expected


def test_of_each_kind_of_ending_the_newest_are_kept() -> None:
    jobs = [job("a", "Complete", 30), job("b", "Complete", 20), job("c", "Failed", 10), job("d", begun_ago_s=40)]
    kept = cron_job(successfulJobsHistoryLimit=1, failedJobsHistoryLimit=0)
    assert [each.metadata.name for each in history(kept, jobs)] == ["a", "c"]
    assert history(cron_job(), jobs) == ()


def test_a_job_is_named_after_its_time() -> None:
    made = job_for(cron_job(), NOON.replace(second=0))
    assert made.metadata.name == f"c-{int(NOW_S) // 60}"
    assert made.metadata.annotations[SCHEDULED_AT] == "2026-11-28T12:00:00Z"
