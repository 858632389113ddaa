"""Pod garbage collector: takes away the pods that nobody else will.

- those of nodes that do not exist any more, once that is certain;
- those that were deleted before they had a node, so that no kubelet ever ends them;
- the oldest of those that have ended, when they are more than the threshold.

Kubernetes: pkg/controller/podgc/gc_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodCondition
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.status import Conflict, NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.machinery.conditions import is_terminal, with_condition
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change
from minikube_py.machinery.sources import Watches
from minikube_py.machinery.store import Key

PERIOD_S = 20.0
QUARANTINE_S = 40.0
"""How long a node must be missing, so that one which is just being registered anew keeps its pods."""
ALL = Key("", "pods")
NODE_IS_GONE = PodCondition(
    type="DisruptionTarget", status="True", reason="DeletionByPodGC", message="PodGC: node no longer exists"
)


class PodGarbageController:
    name = "pod-garbage-collector"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._threshold = context.config.terminated_pod_threshold
        nodes, pods = context.informers.of(Node), context.informers.of(Pod)
        self._nodes = nodes.store
        self._pods = pods.store
        self._missing_since: dict[str, float] = {}
        self.sources = (Watches(nodes, lambda _change: (ALL,)), Watches(pods, _of_unplaced))

    async def reconcile(self, key: Key) -> Result:
        pods = self._pods.list()
        await self._delete(superfluous(pods, self._threshold))
        stuck = [pod for pod in pods if pod.metadata.deletion_timestamp and not pod.spec.node_name]
        await self._delete([pod for pod in stuck if await self._has_failed(pod, ())])
        gone = await self._gone_nodes({pod.spec.node_name for pod in pods if pod.spec.node_name})
        lost = [pod for pod in pods if pod.spec.node_name in gone]
        await self._delete([pod for pod in lost if await self._has_failed(pod, (NODE_IS_GONE,))])
        return Result.after(PERIOD_S)

    async def _gone_nodes(self, names: set[str]) -> set[str]:
        """The nodes that have been missing for long enough, and that the server does not know either."""
        missing = {name for name in names if self._nodes.get(Key("", name)) is None}
        now_s = self._clock()
        self._missing_since = {name: self._missing_since.get(name, now_s) for name in missing}
        long_missing = (name for name, since_s in self._missing_since.items() if now_s - since_s >= QUARANTINE_S)
        return {name for name in long_missing if not await self._exists(name)}

    async def _exists(self, node: str) -> bool:
        try:
            await self._client.get(Node, node)
        except NotFound:
            return False
        return True

    async def _has_failed(self, pod: Pod, reasons: Iterable[PodCondition]) -> bool:
        """Say that the pod has failed, since no kubelet will ever say how it ended; False if it is gone already."""
        if is_terminal(pod):
            return True
        conditions = pod.status.conditions
        for reason in reasons:
            conditions = with_condition(conditions, replace(reason, last_transition_time=Time.at(self._clock())))
        failed = replace(pod, status=replace(pod.status, phase="Failed", conditions=conditions))
        try:
            await self._client.update_status(failed)
        except NotFound:
            return False
        return True

    async def _delete(self, pods: Iterable[Pod]) -> None:
        for pod in pods:
            try:
                await self._client.delete_exactly(pod, DeleteOptions(grace_period_seconds=0))
            except (NotFound, Conflict):
                # Gone already, or another pod of that name.
                continue


def superfluous(pods: Iterable[Pod], threshold: int) -> tuple[Pod, ...]:
    """The oldest of the ended pods beyond the threshold; none if the threshold is not positive."""
    ended = sorted((pod for pod in pods if is_terminal(pod)), key=lambda pod: pod.metadata.creation_timestamp or "")
    return tuple(ended[: max(0, len(ended) - threshold)]) if threshold > 0 else ()


def _of_unplaced(change: Change[Pod]) -> tuple[Key, ...]:
    """Look at once when a pod that no kubelet knows is deleted."""
    pod = change.new
    is_stuck = pod is not None and pod.metadata.deletion_timestamp is not None and not pod.spec.node_name
    return (ALL,) if is_stuck else ()
