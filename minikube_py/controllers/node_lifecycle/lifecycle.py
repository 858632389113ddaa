"""Node lifecycle controller: notices nodes that fall silent, and says so in their conditions, taints and pods.

A node lives while its Lease or its Ready heartbeat changes; when that last was is measured by this process' own clock,
so no node's clock matters, and after a restart every node has the whole grace period again.

Kubernetes: pkg/controller/nodelifecycle/node_lifecycle_controller.go
Simplified: one zone, so no slower eviction when most of a zone is silent.
"""

from __future__ import annotations

from dataclasses import dataclass

from minikube_py.api.kinds.coordination.lease import Lease
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.status import NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.node_lifecycle.health import readiness, silenced, tainted
from minikube_py.machinery.conditions import find_condition, with_condition
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change
from minikube_py.machinery.sources import For, Watches
from minikube_py.machinery.store import Key

LEASE_NAMESPACE = "kube-node-lease"


@dataclass(frozen=True, slots=True)
class _Heartbeat:
    sign: tuple[str, str]
    """What the node last wrote; only that it changes matters."""
    seen_at_s: float


class NodeLifecycleController:
    name = "node-lifecycle"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._grace_s = context.config.node_monitor_grace_period_s
        self._recorder = context.recorder("node-controller")
        nodes, leases, pods = (context.informers.of(Node), context.informers.of(Lease), context.informers.of(Pod))
        pods.add_index("node", lambda pod: (pod.spec.node_name,) if pod.spec.node_name else ())
        self._nodes = nodes.store
        self._leases = leases.store
        self._pods = pods.store
        self._heartbeats: dict[str, _Heartbeat] = {}
        self.sources = (For(nodes), Watches(leases, _node_of_lease))

    async def reconcile(self, key: Key) -> Result:
        node = self._nodes.get(key)
        if node is None:
            if self._heartbeats.pop(key.name, None) is not None:
                self._tell_removal(key.name)
            return Result.DONE
        silent_s = self._silent_s(node)
        try:
            changed = await self._write(node, is_silent=silent_s >= self._grace_s)
        except NotFound:
            return Result.DONE
        if readiness(changed) != "True":
            await self._mark_pods(changed)
        return Result.after(max(1.0, self._grace_s - silent_s)) if silent_s < self._grace_s else Result.DONE

    async def _write(self, node: Node, *, is_silent: bool) -> Node:
        now_s = self._clock()
        if is_silent:
            quiet = silenced(node, now_s)
            if quiet != node:
                was_ready = readiness(node) == "True"
                node = await self._client.update_status(quiet)
                if was_ready:
                    message = f"Node {node.metadata.name} status is now: NodeNotReady"
                    self._recorder.record(node, "Normal", "NodeNotReady", message)
        marked = tainted(node, now_s)
        return node if marked == node else await self._client.update(marked)

    def _silent_s(self, node: Node) -> float:
        """How long the node has shown no sign of life."""
        name, now_s = node.metadata.name, self._clock()
        lease = self._leases.get(Key(LEASE_NAMESPACE, name))
        ready = find_condition(node.status.conditions, "Ready")
        renewed = lease.spec.renew_time if lease is not None else None
        heartbeat = ready.last_heartbeat_time if ready is not None and ready.status != "Unknown" else None
        sign = (renewed or "", heartbeat or "")
        known = self._heartbeats.get(name)
        if known is None:
            message = f"Node {name} event: Registered Node {name} in Controller"
            self._recorder.record(node, "Normal", "RegisteredNode", message)
        # A heartbeat that merely disappears, because this controller declared it unknown, is no sign of life.
        if known is None or any(new and new != old for new, old in zip(sign, known.sign, strict=True)):
            known = _Heartbeat(sign, now_s)
            self._heartbeats[name] = known
        return now_s - known.seen_at_s

    async def _mark_pods(self, node: Node) -> None:
        """A pod on a node that is not ready is not ready either, so that no Service sends anybody there."""
        now = Time.at(self._clock())
        for pod in self._pods.by_index("node", node.metadata.name):
            ready = find_condition(pod.status.conditions, "Ready")
            if ready is None or ready.status != "True":
                continue
            lost = replace(ready, status="False", last_transition_time=now)
            status = replace(pod.status, conditions=with_condition(pod.status.conditions, lost))
            try:
                await self._client.update_status(replace(pod, status=status))
            except NotFound:
                continue
            self._recorder.record(pod, "Warning", "NodeNotReady", "Node is not ready")

    def _tell_removal(self, name: str) -> None:
        node = Node().metadata
        gone = Node(metadata=replace(node, name=name))
        self._recorder.record(
            gone, "Normal", "RemovingNode", f"Node {name} event: Removing Node {name} from Controller"
        )


def _node_of_lease(change: Change[Lease]) -> tuple[Key, ...]:
    metadata = change.object.metadata
    return (Key("", metadata.name),) if metadata.namespace == LEASE_NAMESPACE else ()
