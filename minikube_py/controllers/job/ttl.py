"""TTL controller: removes a job, and with it its pods, some time after it has finished, if the job says so.

Kubernetes: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go
"""

from __future__ import annotations

import contextlib

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.status import NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.job.ending import is_finished
from minikube_py.machinery.controller import Result
from minikube_py.machinery.sources import For
from minikube_py.machinery.store import Key


class TtlAfterFinishedController:
    name = "ttl-after-finished-controller"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        jobs = context.informers.of(Job)
        self._jobs = jobs.store
        self.sources = (For(jobs),)

    async def reconcile(self, key: Key) -> Result:
        job = self._jobs.get(key)
        left_s = expires_in_s(job, self._clock()) if job is not None else None
        if job is None or left_s is None:
            return Result.DONE
        if left_s > 0:
            return Result.after(left_s)
        with contextlib.suppress(NotFound):
            await self._client.delete_exactly(job, DeleteOptions(propagation_policy="Foreground"))
        return Result.DONE


def expires_in_s(job: Job, now_s: float) -> float | None:
    """How long the job stays; None when nothing ends its stay."""
    ttl_s = job.spec.ttl_seconds_after_finished
    if ttl_s is None or job.metadata.deletion_timestamp is not None or not is_finished(job):
        return None
    ended = [each.last_transition_time for each in job.status.conditions if each.type in ("Complete", "Failed")]
    return ended[0].epoch_s + ttl_s - now_s if ended and ended[0] is not None else None
