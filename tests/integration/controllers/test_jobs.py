"""Jobs on a real API server with simulated nodes: pods that end are counted once, and the job ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from minikube_py.api.kinds.batch.cron_job import CronJob
from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.status import NotFound
from minikube_py.client.client import Client
from tests.support.control_plane import control_plane, write_signing_key
from tests.support.eventually import eventually

TIMEOUT_S = 30


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with control_plane(write_signing_key(tmp_path / "sa.key")) as connected:
        yield connected


def job(**spec: Any) -> Job:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "v1"}]}}
    document = {"metadata": {"name": "j", "namespace": "default"}, "spec": {"template": template, **spec}}
    return Job.from_dict(document)


async def state(client: Client) -> str:
    return (await client.get(Job, "j", namespace="default")).state


async def end_one(client: Client, phase: str) -> bool:
    """Play the kubelet of a pod whose container ends."""
    pods = (await client.list(Pod, namespace="default")).items
    running = [pod for pod in pods if pod.status.phase == "Running" and pod.metadata.deletion_timestamp is None]
    if not running:
        return False
    await client.update_status(replace(running[0], status=replace(running[0].status, phase=phase)))
    return True


async def test_a_job_ends_when_so_many_pods_have_succeeded(client: Client) -> None:
    await client.create(job(completions=3, parallelism=2))
    for _ in range(3):
        await eventually(lambda: end_one(client, "Succeeded"), timeout_s=TIMEOUT_S)
    await eventually(lambda: _is(client, "Complete"), timeout_s=TIMEOUT_S)
    done = (await client.get(Job, "j", namespace="default")).status
    assert (done.succeeded, done.failed, done.active, done.terminating) == (3, 0, 0, 0)
    assert done.completion_time is not None
    pods = (await client.list(Pod, namespace="default")).items
    assert [pod.metadata.finalizers for pod in pods] == [()] * 3
    reasons = {event.reason for event in (await client.list(Event, namespace="default")).items}
    assert {"SuccessfulCreate", "Completed"} <= reasons


async def test_a_job_whose_pod_failed_too_often_fails_and_goes_with_its_pods(client: Client) -> None:
    await client.create(job(backoffLimit=0, ttlSecondsAfterFinished=0))
    await eventually(lambda: end_one(client, "Failed"), timeout_s=TIMEOUT_S)
    await eventually(lambda: _is_all_gone(client), timeout_s=TIMEOUT_S)
    events = (await client.list(Event, namespace="default")).items
    assert "Job has reached the specified backoff limit" in {event.message for event in events}


async def test_numbers_fail_by_themselves_and_the_pods_that_failed_are_let_go(client: Client) -> None:
    await client.create(job(completionMode="Indexed", completions=2, parallelism=1, backoffLimitPerIndex=0))
    for phase in ("Failed", "Succeeded"):
        await eventually(partial(end_one, client, phase), timeout_s=TIMEOUT_S)
    await eventually(lambda: _is(client, "Failed"), timeout_s=TIMEOUT_S)
    done = (await client.get(Job, "j", namespace="default")).status
    assert (done.succeeded, done.failed, done.completed_indexes, done.failed_indexes) == (1, 1, "1", "0")
    assert {condition.reason for condition in done.conditions} == {"FailedIndexes"}
    assert [pod.metadata.finalizers for pod in (await client.list(Pod, namespace="default")).items] == [()] * 2


async def _is(client: Client, wanted: str) -> bool:
    return await state(client) == wanted


async def _is_all_gone(client: Client) -> bool:
    try:
        await client.get(Job, "j", namespace="default")
    except NotFound:
        return not (await client.list(Pod, namespace="default")).items
    return False


async def test_a_cron_job_starts_jobs_that_replace_each_other_and_keeps_few(client: Client) -> None:
    template = {"spec": {"template": job().spec.template.to_dict()}}
    spec = {"schedule": "@every 1s", "concurrencyPolicy": "Replace", "jobTemplate": template}
    document = {"metadata": {"name": "c", "namespace": "default"}, "spec": spec}
    await client.create(CronJob.from_dict(document))
    seen: set[str] = set()

    async def is_the_third() -> bool:
        active = (await client.get(CronJob, "c", namespace="default")).status.active
        assert len(active) <= 1
        seen.update(reference.uid for reference in active)
        return len(seen) >= 3

    await eventually(is_the_third, timeout_s=TIMEOUT_S)
    messages = {event.message.split()[0] for event in (await client.list(Event, namespace="default")).items}
    assert {"Created", "Deleted"} <= messages
