"""Job controller: makes pods of a job's template until so many of them have succeeded, or too many failed.

    reconcile: claim the pods -> tally -> plan -> create and delete -> the status -> let counted pods go

Invariant: a pod's finalizer goes only after the status that names the pod was written, and the status that a reconcile
starts from is never older than the one that this controller wrote last.

Kubernetes: pkg/controller/job/job_controller.go
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.selectors import selector_of
from minikube_py.api.status import ApiError, Invalid, NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.job.ending import is_finished
from minikube_py.controllers.job.plan import Plan, plan
from minikube_py.controllers.job.status import pod_for, status_of
from minikube_py.controllers.job.tally import TRACKED, Tally, tally
from minikube_py.controllers.namespaces import is_ending_namespace
from minikube_py.controllers.pod_control import PodControl
from minikube_py.machinery.controller import Result
from minikube_py.machinery.ownership import candidates, claim, controller_of, index_orphans, plan_claims
from minikube_py.machinery.recent_writes import RecentWrites
from minikube_py.machinery.sources import Adopts, For, Owns
from minikube_py.machinery.store import Key

_OURS = (None, "kubernetes.io/job-controller")


class JobController:
    name = "job"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.recorder("job-controller")
        jobs, pods = context.informers.of(Job), context.informers.of(Pod)
        index_orphans(pods.store)
        self._jobs, self._pods = jobs.store, pods.store
        self._recent: RecentWrites[Pod] = RecentWrites(pods)
        self._control = PodControl(context.client, self._recorder, self._recent)
        self._written: dict[Key, Job] = {}
        self.sources = (
            For(jobs),
            Owns(pods, Job),
            Adopts(pods, jobs.store, lambda job: selector_of(job.spec.selector)),
        )

    async def reconcile(self, key: Key) -> Result:
        job = self._newest(key)
        if job is None:
            self._recent.forget(key)
            self._written.pop(key, None)
            await self._release([pod for pod in self._pods.list(key.namespace) if _was_of(pod, key)])
            return Result.DONE
        if job.spec.managed_by not in _OURS:
            return Result.DONE
        pods = await self._observe(key, job)
        counted = tally(job, pods)
        if is_finished(job):
            await self._release([pod for pod in pods if TRACKED in pod.metadata.finalizers])
            return Result.DONE
        is_ending = job.metadata.deletion_timestamp is not None
        decided = Plan() if is_ending else plan(job, pods, counted, self._clock())
        if is_ending or decided.ending is not None:
            counted = tally(job, pods, keeps=False)
        error = await self._control.delete(job, decided.delete)
        fresh = [pod_for(job, number, counted.replaced_by(number)) for number in decided.create]
        failed = await self._control.create(job, fresh)
        created = 0 if failed else len(decided.create)
        await self._write_status(key, job, counted, decided, created)
        await self._release(counted.release)
        error = error or failed
        if error is not None and not is_ending_namespace(error):
            raise error
        return Result.DONE if decided.look_again_s is None else Result.after(decided.look_again_s)

    def _newest(self, key: Key) -> Job | None:
        """The job as the store has it, or as it was written here, if the store does not show that yet."""
        seen, ours = self._jobs.get(key), self._written.get(key)
        if seen is None or ours is None or seen.metadata.uid != ours.metadata.uid:
            return seen
        return max(seen, ours, key=lambda job: int(job.metadata.resource_version))

    async def _observe(self, key: Key, job: Job) -> tuple[Pod, ...]:
        """The job's pods. One that was just deleted is among them, as it is to be counted before it goes."""
        seen = self._recent.overlay(key, candidates(self._pods, job), ending_at=Time.at(self._clock()))
        return await claim(self._client, job, plan_claims(job, selector_of(job.spec.selector), seen), TRACKED)

    async def _write_status(self, key: Key, job: Job, counted: Tally, decided: Plan, created: int) -> None:
        status = status_of(job, counted, decided, created, self._clock())
        if status == job.status:
            return
        with contextlib.suppress(NotFound):
            written = await self._client.update_status(replace(job, status=status))
            self._written[key] = written
            self._tell(job, written)

    def _tell(self, before: Job, after: Job) -> None:
        known = {(condition.type, condition.status) for condition in before.status.conditions}
        for condition in after.status.conditions:
            match condition.type, condition.status:
                case pair if pair in known:
                    continue
                case "Complete", "True":
                    self._recorder.record(after, "Normal", "Completed", "Job completed")
                case "Failed", "True":
                    self._recorder.record(after, "Warning", condition.reason, condition.message)
                case "Suspended", "True":
                    self._recorder.record(after, "Normal", "Suspended", condition.message)
                case "Suspended", "False":
                    self._recorder.record(after, "Normal", "Resumed", condition.message)

    async def _release(self, pods: Sequence[Pod]) -> None:
        """Take the finalizer off pods that are counted, or that nobody will count."""
        errors = await asyncio.gather(*(self._release_one(pod) for pod in pods))
        error = next((each for each in errors if each is not None), None)
        if error is not None:
            raise error

    async def _release_one(self, pod: Pod) -> ApiError | None:
        patch = {"metadata": {"uid": pod.metadata.uid, "$deleteFromPrimitiveList/finalizers": [TRACKED]}}
        name, namespace = pod.metadata.name, pod.metadata.namespace
        try:
            await self._client.patch(Pod, name, patch, namespace=namespace, form="strategic")
        except (NotFound, Invalid):
            return None  # gone, or another pod has its name by now
        except ApiError as error:
            return error
        return None


def _was_of(pod: Pod, key: Key) -> bool:
    owner = controller_of(pod)
    return owner is not None and (owner.kind, owner.name) == ("Job", key.name) and TRACKED in pod.metadata.finalizers
