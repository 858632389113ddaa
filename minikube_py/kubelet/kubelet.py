"""Kubelet: one worker for each pod of one node, fed by the API server, by a folder of manifests, or by both.

    informer (pods of this node) --\
                                    > workers by uid <-- runtime events (a container ended)
    static pods (manifest folder) -/        |
                                            v
                                     status writer, mirror pods

A kubelet may be killed at any moment. The next one finds sandboxes and containers by their labels: what belongs to a
pod that still exists is adopted untouched, what belongs to none is removed once all sources have been heard.

Kubernetes: pkg/kubelet/kubelet.go (syncLoop), pkg/kubelet/pleg
"""

import asyncio
import logging

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodStatus
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.kubelet.admission import rejection
from minikube_py.kubelet.mirror_pods import MirrorPods
from minikube_py.kubelet.node_context import NodeContext
from minikube_py.kubelet.observed import ObservedPod, observe
from minikube_py.kubelet.pod_events import PodEvents
from minikube_py.kubelet.pod_worker import PodWorker
from minikube_py.kubelet.static_pods import SOURCE_ANNOTATION, StaticPods, is_mirror
from minikube_py.machinery.conditions import is_terminal
from minikube_py.machinery.informer import Change
from minikube_py.runtime.interface import Runtime, RuntimeFault

log = logging.getLogger(__name__)

_ORPHANS_PERIOD_S = 60.0


class Kubelet:
    """The pods of one node. `run` it; `pod_changed` is an informer's handler."""

    def __init__(self, context: NodeContext, mirrors: MirrorPods | None = None) -> None:
        self._context = context
        self._mirrors = mirrors
        self._group: asyncio.TaskGroup | None = None
        self._workers: dict[str, PodWorker] = {}
        self._waiting: dict[str, Pod] = {}
        self._static: dict[str, Pod] = {}
        self._rejected: dict[str, PodStatus] = {}

    async def run(self, static_pods: StaticPods | None = None) -> None:
        """Work until cancelled; containers go on running afterwards."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            group.create_task(self._follow_runtime(), name="runtime events")
            for pod in self._waiting.values():
                self._begin(pod)
            self._waiting.clear()
            if static_pods is not None:
                group.create_task(static_pods.run(), name="static pods")

    @property
    def runtime(self) -> Runtime:
        return self._context.runtime

    async def observe(self, uid: str) -> ObservedPod:
        """What the runtime shows of a pod now."""
        return await observe(self._context.runtime, uid)

    def pods(self) -> tuple[Pod, ...]:
        """Every pod that has a worker, with its newest status."""
        return tuple(worker.pod for worker in self._workers.values())

    def find(self, namespace: str, name: str) -> Pod | None:
        """The pod of this name; of two that follow each other, the one that is not ending."""
        found = [pod for pod in self.pods() if (pod.metadata.namespace, pod.metadata.name) == (namespace, name)]
        found.sort(key=lambda pod: pod.metadata.deletion_timestamp is not None)
        return found[0] if found else None

    def pod_changed(self, change: Change[Pod]) -> None:
        """What the API server says about the pods of this node."""
        old, new = change.old, change.new
        if is_mirror(change.object):
            if self._mirrors is not None:
                self._mirrors.changed(change)
            return
        if old is not None and (new is None or new.metadata.uid != old.metadata.uid):
            self._remove(old.metadata.uid)
        if new is not None:
            self._put(new)

    def static_pods_changed(self, pods: dict[str, Pod]) -> None:
        """The manifests are these now."""
        for uid in set(self._static) - set(pods):
            self._remove(uid)
        for pod in pods.values():
            self._put(pod)
        self._static = pods
        if self._mirrors is not None:
            self._mirrors.static_pods_changed(pods)

    async def remove_orphans(self) -> None:
        """Remove every sandbox whose pod no source knows, now and then, forever; call once the sources are heard."""
        while True:
            try:
                await self._remove_orphans_once()
            except RuntimeFault as error:
                log.warning("cannot look for orphans", extra={"error": str(error)})
            await asyncio.sleep(_ORPHANS_PERIOD_S)

    async def _remove_orphans_once(self) -> None:
        runtime = self._context.runtime
        for sandbox in await runtime.list_sandboxes():
            if sandbox.config.pod_uid in self._workers:
                continue
            name = f"{sandbox.config.namespace}/{sandbox.config.pod_name}"
            log.info("removing what is left of a pod that is gone", extra={"pod": name})
            await runtime.stop_sandbox(sandbox.id)
            await runtime.remove_sandbox(sandbox.id)
            await self._context.volumes.tear_down(sandbox.config.pod_uid)

    def _put(self, pod: Pod) -> None:
        worker = self._workers.get(pod.metadata.uid)
        rejected = self._rejected.get(pod.metadata.uid)
        if rejected is not None:
            self._context.report(pod, rejected, is_final=pod.metadata.deletion_timestamp is not None)
        elif worker is not None:
            worker.update(pod)
        elif self._group is None:
            self._waiting[pod.metadata.uid] = pod
        else:
            self._begin(pod)

    def _remove(self, uid: str) -> None:
        self._waiting.pop(uid, None)
        self._rejected.pop(uid, None)
        worker = self._workers.get(uid)
        if worker is not None:
            worker.remove()

    def _begin(self, pod: Pod) -> None:
        assert self._group is not None, "workers run in the kubelet's task group"
        if self._rejects(pod):
            return
        worker = self._workers[pod.metadata.uid] = PodWorker(self._context, pod)
        name = f"pod {pod.metadata.namespace}/{pod.metadata.name}"
        self._group.create_task(self._work(pod.metadata.uid, worker), name=name)

    def _rejects(self, pod: Pod) -> bool:
        """Fail a pod that is new here and does not fit, as pods do that name their node themselves."""
        has_been_here = pod.status.start_time is not None or SOURCE_ANNOTATION in pod.metadata.annotations
        if has_been_here or is_terminal(pod) or pod.metadata.deletion_timestamp is not None:
            return False
        others = [other for other in self.pods() if not is_terminal(other)]
        found = rejection(pod, others, self._context.facts().allocatable)
        if found is None:
            return False
        PodEvents(pod, self._context.recorder).pod("Warning", found.reason, found.message)
        now = Time.at(self._context.clock())
        message = f"Pod was rejected: {found.message}"
        status = replace(pod.status, phase="Failed", reason=found.reason, message=message, start_time=now)
        self._rejected[pod.metadata.uid] = status
        self._context.report(pod, status, is_final=False)
        return True

    async def _work(self, uid: str, worker: PodWorker) -> None:
        await worker.run()
        del self._workers[uid]

    async def _follow_runtime(self) -> None:
        """Wake the worker of whatever something happened to; nothing polls."""
        async for event in self._context.runtime.events():
            worker = self._workers.get(event.pod_uid)
            if worker is not None:
                worker.wake()
