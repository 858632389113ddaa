"""Taint eviction controller: deletes pods from nodes with NoExecute taints, as soon as they tolerate them no longer.

Kubernetes: pkg/controller/tainteviction/taint_eviction.go
"""

from __future__ import annotations

from collections.abc import Iterator

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodCondition
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.status import NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.node_lifecycle.tolerations import FOREVER, leaves_at_s
from minikube_py.machinery.conditions import with_condition
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change
from minikube_py.machinery.sources import For, Watches
from minikube_py.machinery.store import Key, key_of


class TaintEvictionController:
    name = "taint-eviction-controller"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.recorder("taint-eviction-controller")
        nodes, pods = context.informers.of(Node), context.informers.of(Pod)
        pods.add_index("node", lambda pod: (pod.spec.node_name,) if pod.spec.node_name else ())
        self._nodes = nodes.store
        self._pods = pods.store
        self._due: set[str] = set()
        self.sources = (For(pods), Watches(nodes, self._pods_of))

    async def reconcile(self, key: Key) -> Result:
        pod = self._pods.get(key)
        if pod is None or not pod.spec.node_name or pod.metadata.deletion_timestamp is not None:
            return Result.DONE
        node = self._nodes.get(Key("", pod.spec.node_name))
        now_s = self._clock()
        leaves_s = leaves_at_s(pod.spec.tolerations, node.spec.taints, now_s) if node is not None else FOREVER
        if leaves_s == FOREVER:
            self._cancel(pod)
            return Result.DONE
        if leaves_s > now_s:
            self._due.add(pod.metadata.uid)
            return Result.after(leaves_s - now_s)
        self._due.discard(pod.metadata.uid)
        await self._evict(pod)
        return Result.DONE

    async def _evict(self, pod: Pod) -> None:
        self._recorder.record(pod, "Normal", "TaintManagerEviction", f"Marking for deletion Pod {key_of(pod)}")
        disrupted = PodCondition(
            type="DisruptionTarget",
            status="True",
            reason="DeletionByTaintManager",
            message="Taint manager: deleting due to NoExecute taint",
            last_transition_time=Time.at(self._clock()),
        )
        status = replace(pod.status, conditions=with_condition(pod.status.conditions, disrupted))
        try:
            await self._client.update_status(replace(pod, status=status))
            await self._client.delete_exactly(pod)
        except NotFound:
            return

    def _cancel(self, pod: Pod) -> None:
        if pod.metadata.uid in self._due:
            self._due.discard(pod.metadata.uid)
            message = f"Cancelling deletion of Pod {key_of(pod)}"
            self._recorder.record(pod, "Normal", "TaintManagerEviction", message)

    def _pods_of(self, change: Change[Node]) -> Iterator[Key]:
        """The pods of a node whose taints have changed."""
        before = change.old.spec.taints if change.old is not None else ()
        after = change.new.spec.taints if change.new is not None else ()
        if before != after:
            for pod in self._pods.by_index("node", change.object.metadata.name):
                yield key_of(pod)
