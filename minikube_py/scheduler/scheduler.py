"""The scheduler's loop: pop a pod, decide, assume, bind in the background, and learn from what informers tell.

Kubernetes: pkg/scheduler/{scheduler,schedule_one,eventhandlers}.go
Simplified: one profile; pods of other scheduler names are left alone.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time

from prometheus_client import Counter, Histogram

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.status import ApiError, Conflict, NotFound
from minikube_py.client.client import Client
from minikube_py.machinery.events import EventRecorder
from minikube_py.machinery.informer import Change, Informers
from minikube_py.scheduler.cycle import Cycle, NoFit
from minikube_py.scheduler.framework import Profile
from minikube_py.scheduler.queue import SchedulingQueue
from minikube_py.scheduler.snapshot import Snapshot, request_of

log = logging.getLogger(__name__)

BINDINGS_AT_ONCE = 16
_ATTEMPTS = Counter("scheduler_schedule_attempts_total", "Scheduling attempts by result.", ["result"])
_CYCLE_S = Histogram("scheduler_scheduling_algorithm_duration_seconds", "Time to decide.")


class Scheduler:
    """Places the pods of one scheduler name. `run` it beside its informers and recorder."""

    def __init__(
        self,
        client: Client,
        informers: Informers,
        recorder: EventRecorder,
        profile: Profile,
        randomness: random.Random | None = None,
    ) -> None:
        self._client = client
        self._recorder = recorder
        self._name = profile.scheduler_name
        self._cycle = Cycle(profile, randomness)
        self._snapshot = Snapshot()
        self._queue = SchedulingQueue()
        self._bindings = asyncio.Semaphore(BINDINGS_AT_ONCE)
        self._informers = (informers.of(Node), informers.of(Pod))
        informers.of(Node).add_handler(self._node_changed)
        informers.of(Pod).add_handler(self._pod_changed)

    def _node_changed(self, change: Change[Node]) -> None:
        if change.new is None:
            self._snapshot.remove_node(change.object.metadata.name)
            return
        self._snapshot.put_node(change.new)
        if change.old is None:
            self._queue.changed("node added")
        elif _matters(change.old, change.new):
            self._queue.changed("node changed")

    def _pod_changed(self, change: Change[Pod]) -> None:
        pod = change.object
        if change.new is None or pod.status.phase in ("Succeeded", "Failed"):
            self._snapshot.remove_pod(pod)
            self._queue.remove(pod)
            self._queue.changed("pod gone")
        elif pod.spec.node_name:
            self._snapshot.put_pod(pod)
            self._queue.remove(pod)
        elif pod.spec.scheduler_name == self._name and pod.metadata.deletion_timestamp is None:
            if not pod.spec.scheduling_gates:
                self._queue.put(pod)
        else:
            self._queue.remove(pod)

    async def run(self) -> None:
        """Place pods until cancelled."""
        for informer in self._informers:
            await informer.synced()
        async with asyncio.TaskGroup() as group:
            while True:
                pod = await self._queue.pop()
                began = time.perf_counter()
                decision = self._cycle.schedule(pod, self._snapshot)
                _CYCLE_S.observe(time.perf_counter() - began)
                if isinstance(decision, NoFit):
                    self._queue.no_fit(pod, decision.waits_for)
                    _ATTEMPTS.labels("unschedulable").inc()
                    group.create_task(self._report(pod, decision))
                    continue
                self._snapshot.assume(pod, decision.node_name, request_of(pod))
                self._queue.placed(pod)
                await self._bindings.acquire()
                group.create_task(self._bind(pod, decision.node_name))

    async def _bind(self, pod: Pod, node_name: str) -> None:
        """Tell the API server; when it will not have it, the pod is tried again."""
        try:
            await self._client.bind(pod, node_name)
        except (NotFound, Conflict) as error:
            # It is gone, or placed by somebody else: the informer tells which.
            self._snapshot.forget(pod)
            self._queue.failed(pod)
            log.info("binding refused", extra={"pod": pod.metadata.name, "error": str(error)})
        except ApiError as error:
            self._snapshot.forget(pod)
            self._queue.failed(pod)
            _ATTEMPTS.labels("error").inc()
            log.warning("binding failed; it is tried again", extra={"pod": pod.metadata.name, "error": str(error)})
        else:
            _ATTEMPTS.labels("scheduled").inc()
            where = f"{pod.metadata.namespace}/{pod.metadata.name}"
            self._recorder.record(pod, "Normal", "Scheduled", f"Successfully assigned {where} to {node_name}")
        finally:
            self._bindings.release()

    async def _report(self, pod: Pod, decision: NoFit) -> None:
        """Say in an event and in the pod's condition why it fits nowhere."""
        self._recorder.record(pod, "Warning", "FailedScheduling", decision.message)
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": decision.message,
            "observedGeneration": pod.metadata.generation,
        }
        known = next((c for c in pod.status.conditions if c.type == "PodScheduled"), None)
        if known is not None and known.status == "False" and known.message == decision.message:
            return
        if known is None or known.status != "False":
            condition["lastTransitionTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        patch = {"status": {"conditions": [condition]}}
        try:
            await self._client.patch(
                Pod, pod.metadata.name, patch, namespace=pod.metadata.namespace, subresource="status"
            )
        except ApiError as error:
            log.info("pod condition not written", extra={"pod": pod.metadata.name, "error": str(error)})


def _matters(old: Node, new: Node) -> bool:
    """Whether a change of a node can make it suit a pod that it did not suit before."""
    if old.spec != new.spec or old.metadata.labels != new.metadata.labels:
        return True
    return old.status.allocatable != new.status.allocatable or old.status.conditions != new.status.conditions
