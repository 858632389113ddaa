"""The Node object as its kubelet describes it. Pure.

Kubernetes: pkg/kubelet/nodestatus/setters.go, pkg/kubelet/kubelet_node_status.go
Simplified: no reserved resources, so all that the machine has can be allocated; pressure is never found.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from minikube_py.api.kinds.core.common import Taint
from minikube_py.api.kinds.core.node import (
    ContainerImage,
    DaemonEndpoint,
    Node,
    NodeAddress,
    NodeCondition,
    NodeDaemonEndpoints,
    NodeSpec,
    NodeStatus,
    NodeSystemInfo,
)
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.scalars import Quantity, Time
from minikube_py.kubelet.machine import Machine, kubelet_version
from minikube_py.runtime.interface import ImageStatus

_LISTED_IMAGES = 50


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """What a kubelet knows of its node for as long as it runs."""

    name: str
    address: str
    machine: Machine
    runtime: str
    """Name and version: `oci://1.1.12`."""
    port: int = 0
    pod_cidr: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    is_schedulable: bool = True


def capacity(machine: Machine) -> dict[str, Quantity]:
    return {
        "cpu": Quantity(machine.cpu_count),
        "ephemeral-storage": Quantity(f"{machine.disk_bytes // 1024}Ki"),
        "memory": Quantity(f"{machine.memory_bytes // 1024}Ki"),
        "pods": Quantity(machine.pods),
    }


def new_node(description: NodeDescription) -> Node:
    """The object for registration."""
    labels = {
        "kubernetes.io/hostname": description.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": description.machine.architecture,
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": description.machine.architecture,
        **description.labels,
    }
    cidrs = (description.pod_cidr,) if description.pod_cidr else ()
    spec = NodeSpec(
        pod_cidr=description.pod_cidr,
        pod_cidrs=cidrs,
        taints=description.taints,
        unschedulable=not description.is_schedulable,
    )
    return Node(metadata=ObjectMeta(name=description.name, labels=labels), spec=spec)


def node_status(
    description: NodeDescription, old: NodeStatus, images: Iterable[ImageStatus], now: Time, trouble: str = ""
) -> NodeStatus:
    """Describe the node; `trouble` says why it is not ready, empty if it is."""
    machine = description.machine
    return replace(
        old,
        capacity={**old.capacity, **capacity(machine)},
        allocatable={**old.allocatable, **capacity(machine)},
        addresses=(
            NodeAddress(type="InternalIP", address=description.address),
            NodeAddress(type="Hostname", address=description.name),
        ),
        daemon_endpoints=NodeDaemonEndpoints(kubelet_endpoint=DaemonEndpoint(port=description.port)),
        node_info=NodeSystemInfo(
            machine_id=machine.machine_id,
            system_uuid=machine.system_uuid,
            boot_id=machine.boot_id,
            kernel_version=machine.kernel_version,
            os_image=machine.os_image,
            container_runtime_version=description.runtime,
            kubelet_version=kubelet_version(),
            operating_system="linux",
            architecture=machine.architecture,
        ),
        images=_images(images),
        conditions=_conditions(old, now, trouble),
    )


def differs(old: NodeStatus, new: NodeStatus) -> bool:
    """Whether more than heartbeats has changed."""
    return _without_heartbeats(old) != _without_heartbeats(new)


def _without_heartbeats(status: NodeStatus) -> NodeStatus:
    return replace(status, conditions=tuple(replace(each, last_heartbeat_time=None) for each in status.conditions))


def _images(images: Iterable[ImageStatus]) -> tuple[ContainerImage, ...]:
    largest = sorted(images, key=lambda image: image.size_bytes, reverse=True)[:_LISTED_IMAGES]
    return tuple(
        ContainerImage(names=(*image.digests, *image.references), size_bytes=image.size_bytes) for image in largest
    )


def _conditions(old: NodeStatus, now: Time, trouble: str) -> tuple[NodeCondition, ...]:
    found = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ]
    if trouble:
        found.append(("Ready", "False", "KubeletNotReady", trouble))
    else:
        found.append(("Ready", "True", "KubeletReady", "kubelet is posting ready status"))
    before = {condition.type: condition for condition in old.conditions}
    own = tuple(_condition(before.get(kind), kind, status, (reason, said), now) for kind, status, reason, said in found)
    names = {kind for kind, *_ in found}
    return own + tuple(condition for condition in old.conditions if condition.type not in names)


def _condition(before: NodeCondition | None, kind: str, status: str, why: tuple[str, str], now: Time) -> NodeCondition:
    has_changed = before is None or before.status != status
    return NodeCondition(
        type=kind,
        status=status,
        last_heartbeat_time=now,
        last_transition_time=now if has_changed or before is None else before.last_transition_time,
        reason=why[0],
        message=why[1],
    )
