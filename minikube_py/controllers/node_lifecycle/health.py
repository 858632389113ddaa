"""What a node's conditions and taints should be, from what it says and how long it has been silent. Pure.

Kubernetes: pkg/controller/nodelifecycle/node_lifecycle_controller.go
"""

from __future__ import annotations

from minikube_py.api.kinds.core.common import Taint
from minikube_py.api.kinds.core.node import Node, NodeCondition
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.machinery.conditions import find_condition, with_condition

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_PRESSURES = {
    "MemoryPressure": "node.kubernetes.io/memory-pressure",
    "DiskPressure": "node.kubernetes.io/disk-pressure",
    "PIDPressure": "node.kubernetes.io/pid-pressure",
    "NetworkUnavailable": "node.kubernetes.io/network-unavailable",
}
_MONITORED = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
_OURS = frozenset({NOT_READY, UNREACHABLE, UNSCHEDULABLE, *_PRESSURES.values()})


def readiness(node: Node) -> str:
    """True, False or Unknown; Unknown too for a node that never said."""
    ready = find_condition(node.status.conditions, "Ready")
    return ready.status if ready is not None else "Unknown"


def silenced(node: Node, now_s: float) -> Node:
    """The node as its silence makes it: what only its kubelet could know is unknown."""
    now = Time.at(now_s)
    conditions = node.status.conditions
    for kind in _MONITORED:
        current = find_condition(conditions, kind)
        if current is None:
            unknown = NodeCondition(
                type=kind,
                status="Unknown",
                reason="NodeStatusNeverUpdated",
                message="Kubelet never posted node status.",
                last_heartbeat_time=node.metadata.creation_timestamp,
                last_transition_time=now,
            )
        elif current.status != "Unknown":
            unknown = replace(
                current,
                status="Unknown",
                reason="NodeStatusUnknown",
                message="Kubelet stopped posting node status.",
                last_transition_time=now,
            )
        else:
            continue
        conditions = with_condition(conditions, unknown)
    return replace(node, status=replace(node.status, conditions=conditions))


def tainted(node: Node, now_s: float) -> Node:
    """The node with the taints that its conditions call for, and without those that they no longer do."""
    wanted = _wanted_taints(node)
    current = {(taint.key, taint.effect): taint for taint in node.spec.taints}
    kept = [taint for at, taint in current.items() if taint.key not in _OURS or at in wanted]
    added = [
        Taint(key=key, effect=effect, time_added=Time.at(now_s))
        for key, effect in sorted(wanted)
        if (key, effect) not in current
    ]
    if not added and len(kept) == len(node.spec.taints):
        return node
    return replace(node, spec=replace(node.spec, taints=(*kept, *added)))


def _wanted_taints(node: Node) -> set[tuple[str, str]]:
    wanted: set[tuple[str, str]] = set()
    ready = readiness(node)
    if find_condition(node.status.conditions, "Ready") is None:
        wanted.add((NOT_READY, "NoSchedule"))
    elif ready != "True":
        key = NOT_READY if ready == "False" else UNREACHABLE
        wanted |= {(key, "NoSchedule"), (key, "NoExecute")}
    for kind, key in _PRESSURES.items():
        condition = find_condition(node.status.conditions, kind)
        if condition is not None and condition.status == "True":
            wanted.add((key, "NoSchedule"))
    if node.spec.unschedulable:
        wanted.add((UNSCHEDULABLE, "NoSchedule"))
    return wanted
