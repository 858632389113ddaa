"""Resizing in place: which running containers have other cpu and memory limits than their pod asks for now. Pure.

What is in force is the runtime's word, so a kubelet that starts anew goes on where the last one was.

Kubernetes: pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodResizeAction), pkg/kubelet/allocation
Simplified: a resize waits only if the whole node is too small for it, not for what other pods have asked for; a memory
limit below what is in use is refused by the kernel, not beforehand.
"""

from collections.abc import Mapping
from typing import Literal

from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodCondition
from minikube_py.api.scalars import Quantity
from minikube_py.kubelet.observed import ContainerRecord, ObservedPod
from minikube_py.kubelet.resources import cgroup_limits, requests_of

PENDING, IN_PROGRESS = "PodResizePending", "PodResizeInProgress"
Resize = Literal["none", "in place", "by restart"]


def resize_of(container: Container, record: ContainerRecord) -> Resize:
    """What it takes to bring a running container to the limits of its spec."""
    wanted, known = cgroup_limits(container), record.resources
    if not known.cpu_shares:
        return "none"  # The runtime does not tell.
    changed = set()
    if (wanted.cpu_shares, wanted.cpu_quota_us) != (known.cpu_shares, known.cpu_quota_us):
        changed.add("cpu")
    if wanted.memory_limit_bytes != known.memory_limit_bytes:
        changed.add("memory")
    by_restart = {each.resource_name for each in container.resize_policy if each.restart_policy == "RestartContainer"}
    return "none" if not changed else "by restart" if changed & by_restart else "in place"


def resize_condition(pod: Pod, observed: ObservedPod, allocatable: Mapping[str, Quantity]) -> PodCondition | None:
    """How a resize that was asked for stands, until it is done; None where none is."""
    records = {record.name: record for record in observed.running}
    pairs = [(each, records[each.name]) for each in pod.spec.containers if each.name in records]
    if all(resize_of(container, record) == "none" for container, record in pairs):
        return None
    why = _infeasible(pod, allocatable)
    if why:
        return PodCondition(type=PENDING, status="True", reason="Infeasible", message=why)
    return PodCondition(type=IN_PROGRESS, status="True")


def _infeasible(pod: Pod, allocatable: Mapping[str, Quantity]) -> str:
    """Why the node is too small for the pod as it is asked for; empty if it is not."""
    for name in ("cpu", "memory"):
        requests = [requests_of(container.resources).get(name) for container in pod.spec.containers]
        asked = sum(each.millis for each in requests if each is not None)
        if name in allocatable and asked > allocatable[name].millis:
            unit = asked if name == "cpu" else asked // 1000
            has = allocatable[name].millis if name == "cpu" else allocatable[name].units
            return f"Node didn't have enough capacity: {name}, requested: {unit}, capacity: {has}"
    return ""
