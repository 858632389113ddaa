"""Whether a pod that was put on this node fits: the scheduler asked the same, but a nodeName may be set by hand. Pure.

A pod that does not fit is rejected: it fails at once, with a reason, and is never started.

Kubernetes: pkg/kubelet/lifecycle/predicate.go, handlers.go
Simplified: resources and host ports; node affinity is not asked again, and nothing is stopped for critical pods.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_requests import host_ports, pod_requests
from minikube_py.api.scalars import Quantity

_ANY = "0.0.0.0"


@dataclass(frozen=True, slots=True)
class Rejection:
    reason: str
    message: str


def rejection(pod: Pod, others: Sequence[Pod], allocatable: Mapping[str, Quantity]) -> Rejection | None:
    """Why the pod cannot be here beside the `others`; None if it can."""
    wanted = {**pod_requests(pod.spec), "pods": 1}
    used = Counter({"pods": len(others)})
    if len(wanted) > 1:
        for other in others:
            used.update(pod_requests(other.spec))
    for name, amount in sorted(wanted.items()):
        if name not in allocatable or not amount:
            continue
        capacity = allocatable[name].millis if name == "cpu" else allocatable[name].units
        if used[name] + amount > capacity:
            numbers = f"requested: {amount}, used: {used[name]}, capacity: {capacity}"
            return Rejection(f"OutOf{name}", f"Node didn't have enough resource: {name}, {numbers}")
    ports = host_ports(pod.spec)
    if ports and any(_clash(mine, taken) for other in others for taken in host_ports(other.spec) for mine in ports):
        why = "node(s) didn't have free ports for the requested pod ports"
        return Rejection("NodePorts", f"Predicate NodePorts failed: {why}")
    return None


def _clash(one: tuple[str, str, int], other: tuple[str, str, int]) -> bool:
    return one[1:] == other[1:] and (one[0] == other[0] or _ANY in (one[0], other[0]))
