"""Snapshot: the nodes with what is taken on each, kept up to date pod by pod.

A pod counts from the moment that the scheduler decides (`assume`), not when the API server says so: the next decision,
a millisecond later, must see it.

Kubernetes: pkg/scheduler/backend/cache/{cache,snapshot}.go, pkg/scheduler/framework/types.go (NodeInfo)
Simplified: one live structure instead of generations and copies; decisions are made in one task.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from minikube_py.api.kinds.core.common import Taint
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_requests import host_ports, pod_requests
from minikube_py.api.scalars import Quantity

DEFAULT_CPU_MILLIS = 100
DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024
"""What a container that asks for nothing is taken to need when nodes are compared (not when they are filtered)."""

_versions = itertools.count(1)

HostPort = tuple[str, str, int]
"""(address, protocol, port)"""


@dataclass(frozen=True, slots=True)
class Request:
    """What a pod needs of a node."""

    cpu_millis: int
    memory_bytes: int
    other: Mapping[str, int] = field(hash=False)
    """Further resources, in whole units (bytes, devices)."""
    scored_cpu_millis: int
    scored_memory_bytes: int
    host_ports: tuple[HostPort, ...]


def request_of(pod: Pod) -> Request:
    """The sum over containers, or the largest init container where that is more, and the pod's overhead."""
    spec = pod.spec
    total = pod_requests(spec)
    scored = [0, 0]
    for container in spec.containers:
        asked = container.resources.requests
        scored[0] += asked["cpu"].millis if "cpu" in asked else DEFAULT_CPU_MILLIS
        scored[1] += asked["memory"].units if "memory" in asked else DEFAULT_MEMORY_BYTES
    cpu, memory = total.pop("cpu", 0), total.pop("memory", 0)
    return Request(cpu, memory, total, max(scored[0], cpu), max(scored[1], memory), host_ports(spec))


@dataclass(slots=True)
class NodeInfo:
    """One node as a decision sees it: what it has, what is taken, in whole numbers."""

    node: Node
    cpu_millis: int = 0
    memory_bytes: int = 0
    pods: int = 110
    other: Mapping[str, int] = field(default_factory=dict)
    used_cpu_millis: int = 0
    used_memory_bytes: int = 0
    used_other: dict[str, int] = field(default_factory=dict)
    scored_cpu_millis: int = 0
    scored_memory_bytes: int = 0
    used_ports: dict[HostPort, int] = field(default_factory=dict)
    pod_count: int = 0
    images: Mapping[str, int] = field(default_factory=dict)
    """Image name -> bytes."""
    version: int = 0
    """Another number for each state of each node: what was found out about one state is not asked of it twice."""

    def update(self, node: Node) -> None:
        """Take over what the node says of itself."""
        self.version = next(_versions)
        self.node = node
        has = dict(node.status.allocatable or node.status.capacity)
        self.cpu_millis = has.pop("cpu", Quantity("0")).millis
        self.memory_bytes = has.pop("memory", Quantity("0")).units
        self.pods = has.pop("pods", Quantity("110")).units
        self.other = {name: amount.units for name, amount in has.items()}
        self.images = {name: image.size_bytes or 0 for image in node.status.images for name in image.names}

    def charge(self, request: Request, sign: int) -> None:
        """Count a pod in (1) or out (-1)."""
        self.version = next(_versions)
        self.pod_count += sign
        self.used_cpu_millis += sign * request.cpu_millis
        self.used_memory_bytes += sign * request.memory_bytes
        self.scored_cpu_millis += sign * request.scored_cpu_millis
        self.scored_memory_bytes += sign * request.scored_memory_bytes
        for name, amount in request.other.items():
            self.used_other[name] = self.used_other.get(name, 0) + sign * amount
        for port in request.host_ports:
            self.used_ports[port] = self.used_ports.get(port, 0) + sign
            if self.used_ports[port] <= 0:
                del self.used_ports[port]

    @property
    def name(self) -> str:
        return self.node.metadata.name

    @property
    def taints(self) -> Iterable[Taint]:
        return self.node.spec.taints


@dataclass(frozen=True, slots=True)
class _Placed:
    node_name: str
    request: Request
    is_assumed: bool


class Snapshot:
    """All nodes by name, and which pod is counted where."""

    def __init__(self) -> None:
        self._nodes: dict[str, NodeInfo] = {}
        self._placed: dict[str, _Placed] = {}
        self._homeless: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[NodeInfo]:
        return iter(self._nodes.values())

    def nodes(self) -> list[NodeInfo]:
        return list(self._nodes.values())

    def get(self, name: str) -> NodeInfo | None:
        return self._nodes.get(name)

    def put_node(self, node: Node) -> None:
        name = node.metadata.name
        info = self._nodes.get(name)
        if info is None:
            info = self._nodes[name] = NodeInfo(node)
            for uid in self._homeless.pop(name, ()):
                info.charge(self._placed[uid].request, 1)
        info.update(node)

    def remove_node(self, name: str) -> None:
        self._nodes.pop(name, None)
        left = {uid for uid, placed in self._placed.items() if placed.node_name == name}
        if left:
            self._homeless[name] = left

    def assume(self, pod: Pod, node_name: str, request: Request) -> None:
        """Count a pod on a node before the API server knows."""
        self._place(pod.metadata.uid, node_name, request, is_assumed=True)

    def forget(self, pod: Pod) -> None:
        """Take an assumption back: the binding failed."""
        placed = self._placed.get(pod.metadata.uid)
        if placed is not None and placed.is_assumed:
            self.remove_pod(pod)

    def put_pod(self, pod: Pod) -> None:
        """Count a pod where the API server says that it is; a finished one counts nowhere."""
        if not pod.spec.node_name or pod.status.phase in ("Succeeded", "Failed"):
            if pod.status.phase in ("Succeeded", "Failed"):
                self.remove_pod(pod)
            return
        placed = self._placed.get(pod.metadata.uid)
        if placed is None or placed.is_assumed or placed.node_name != pod.spec.node_name:
            self._place(pod.metadata.uid, pod.spec.node_name, request_of(pod), is_assumed=False)

    def _place(self, uid: str, node_name: str, request: Request, *, is_assumed: bool) -> None:
        self._take_out(uid)
        self._placed[uid] = _Placed(node_name, request, is_assumed)
        info = self._nodes.get(node_name)
        if info is None:
            self._homeless.setdefault(node_name, set()).add(uid)
        else:
            info.charge(request, 1)

    def remove_pod(self, pod: Pod) -> None:
        self._take_out(pod.metadata.uid)

    def _take_out(self, uid: str) -> None:
        placed = self._placed.pop(uid, None)
        if placed is None:
            return
        info = self._nodes.get(placed.node_name)
        if info is None:
            self._homeless.get(placed.node_name, set()).discard(uid)
        else:
            info.charge(placed.request, -1)
