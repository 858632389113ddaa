"""Quality of service, and what requests and limits become in the kernel. Pure.

Kubernetes: pkg/apis/core/v1/helper/qos/qos.go, pkg/kubelet/cm/helpers_linux.go, pkg/kubelet/qos/policy.go
Simplified: cpu and memory only; no huge pages, no swap, no pod-level resources.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from minikube_py.api.kinds.core.common import ResourceRequirements
from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.scalars import Quantity
from minikube_py.runtime.interface import Resources

QosClass = Literal["Guaranteed", "Burstable", "BestEffort"]

CPU_PERIOD_US = 100_000
_MIN_CPU_SHARES = 2
_MIN_CPU_QUOTA_US = 1_000
_COMPUTE = ("cpu", "memory")


def qos_class(pod: Pod) -> QosClass:
    """Guaranteed if every container's limits are set and equal its requests, BestEffort if none says anything."""
    says_something = False
    is_guaranteed = True
    for container in all_containers(pod):
        limits, requests = container.resources.limits, requests_of(container.resources)
        for name in _COMPUTE:
            limit, request = _positive(limits, name), _positive(requests, name)
            says_something |= limit is not None or request is not None
            is_guaranteed &= limit is not None and limit == request
    if not says_something:
        return "BestEffort"
    return "Guaranteed" if is_guaranteed else "Burstable"


def all_containers(pod: Pod) -> Iterator[Container]:
    """Every container that the kubelet starts: init containers (sidecars among them), then the regular ones."""
    yield from pod.spec.init_containers
    yield from pod.spec.containers


def requests_of(resources: ResourceRequirements) -> dict[str, Quantity]:
    """The requests, where a missing one is the limit."""
    return {**resources.limits, **resources.requests}


def cgroup_parent(pod: Pod) -> str:
    """Where the pod's cgroup lies below the runtime's root."""
    folder = {"Guaranteed": "", "Burstable": "burstable/", "BestEffort": "besteffort/"}[qos_class(pod)]
    return f"{folder}pod{pod.metadata.uid}"


def cgroup_resources(pod: Pod, container: Container, node_memory_bytes: int) -> Resources:
    """The limits, and the class as a score for the OOM killer."""
    return replace(cgroup_limits(container), oom_score_adj=oom_score_adj(pod, container, node_memory_bytes))


def cgroup_limits(container: Container) -> Resources:
    """Requests become shares, limits become quota and memory limit."""
    limits, requests = container.resources.limits, requests_of(container.resources)
    cpu_request = requests["cpu"].millis if "cpu" in requests else 0
    cpu_limit = limits["cpu"].millis if "cpu" in limits else 0
    return Resources(
        cpu_shares=max(cpu_request * 1024 // 1000, _MIN_CPU_SHARES),
        cpu_quota_us=max(cpu_limit * CPU_PERIOD_US // 1000, _MIN_CPU_QUOTA_US) if cpu_limit else 0,
        cpu_period_us=CPU_PERIOD_US if cpu_limit else 0,
        memory_limit_bytes=limits["memory"].units if "memory" in limits else 0,
    )


def oom_score_adj(pod: Pod, container: Container, node_memory_bytes: int) -> int:
    """The more of the node's memory a burstable container asked for, the later it is killed."""
    quality = qos_class(pod)
    if quality == "Guaranteed":
        return -997
    if quality == "BestEffort":
        return 1000
    requests = requests_of(container.resources)
    requested = requests["memory"].units if "memory" in requests else 0
    adjustment = 1000 - 1000 * requested // max(node_memory_bytes, 1)
    return min(max(adjustment, 3), 999)


def _positive(amounts: Mapping[str, Quantity], name: str) -> Quantity | None:
    amount = amounts.get(name)
    return amount if amount is not None and amount != "0" else None
