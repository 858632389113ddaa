"""Mirror pods: one object in the API server for each static pod, so that people see it. Deleting it stops nothing.

Kubernetes: pkg/kubelet/pod/mirror_client.go, pkg/kubelet/kubelet.go (tryReconcileMirrorPods)
"""

import asyncio
import logging
from collections.abc import Callable

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodStatus
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.status import AlreadyExists, ApiError, NotFound
from minikube_py.client.client import Client
from minikube_py.kubelet.static_pods import HASH_ANNOTATION, MIRROR_ANNOTATION, mirror_pod
from minikube_py.kubelet.status_writer import StatusWriter
from minikube_py.machinery.backoff import CONNECTION, Backoff
from minikube_py.machinery.informer import Change

log = logging.getLogger(__name__)

FullName = tuple[str, str]


class MirrorPods:
    """Keeps the mirror pods of one node as the static pods are. `run` it."""

    def __init__(self, client: Client, statuses: StatusWriter, node_uid: Callable[[], str]) -> None:
        self._client = client
        self._statuses = statuses
        self._node_uid = node_uid
        self._static: dict[FullName, Pod] = {}
        self._mirrors: dict[FullName, Pod] = {}
        self._told: dict[FullName, PodStatus] = {}
        self._changed = asyncio.Event()

    def changed(self, change: Change[Pod]) -> None:
        """A mirror pod of this node appeared, changed or went."""
        name = _full_name(change.object)
        if change.new is None:
            self._mirrors.pop(name, None)
        else:
            self._mirrors[name] = change.new
            if name in self._told and name in self._static:
                self.report(self._static[name], self._told[name])
        self._changed.set()

    def static_pods_changed(self, pods: dict[str, Pod]) -> None:
        self._static = {_full_name(pod): pod for pod in pods.values()}
        self._changed.set()

    def report(self, pod: Pod, status: PodStatus) -> None:
        """Write a static pod's status on its mirror, now or as soon as there is one."""
        name = _full_name(pod)
        self._told[name] = status
        mirror = self._mirrors.get(name)
        if mirror is not None and mirror.metadata.annotations[MIRROR_ANNOTATION] == _digest(pod):
            self._statuses.put(mirror, status)

    async def run(self) -> None:
        """Create and delete mirrors until cancelled."""
        backoff = Backoff(CONNECTION)
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._reconcile()
                backoff.reset()
            except ApiError as error:
                log.debug("mirror pods must wait", extra={"error": str(error)})
                self._changed.set()
                await backoff.pause()

    async def _reconcile(self) -> None:
        for name, mirror in tuple(self._mirrors.items()):
            static = self._static.get(name)
            is_stale = static is None or mirror.metadata.annotations[MIRROR_ANNOTATION] != _digest(static)
            if is_stale or mirror.metadata.deletion_timestamp is not None:
                await self._delete(mirror)
        for name, static in tuple(self._static.items()):
            if name not in self._mirrors:
                try:
                    created = await self._client.create(
                        mirror_pod(replace(static, status=PodStatus()), self._node_uid())
                    )
                except AlreadyExists:
                    continue
                self._mirrors[name] = created
                if name in self._told:
                    self.report(static, self._told[name])

    async def _delete(self, mirror: Pod) -> None:
        metadata = mirror.metadata
        try:
            await self._client.delete_exactly(mirror, DeleteOptions(grace_period_seconds=0))
        except NotFound:
            log.debug("mirror pod is gone already", extra={"pod": f"{metadata.namespace}/{metadata.name}"})
        self._mirrors.pop(_full_name(mirror), None)


def _full_name(pod: Pod) -> FullName:
    return pod.metadata.namespace, pod.metadata.name


def _digest(pod: Pod) -> str:
    return pod.metadata.annotations[HASH_ANNOTATION]
