"""Nodes and pods for the scheduler's tests, said in one line each."""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.api.kinds.core.common import ResourceRequirements, Taint
from minikube_py.api.kinds.core.container import Container, ContainerPort
from minikube_py.api.kinds.core.node import Node, NodeSpec, NodeStatus
from minikube_py.api.kinds.core.pod import Pod, PodSpec
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.scalars import Quantity


def node(
    name: str, cpu: str = "4", memory: str = "8Gi", *, labels: Mapping[str, str] | None = None, taint: str = ""
) -> Node:
    """`taint` is `KEY=VALUE:EFFECT`."""
    taints: tuple[Taint, ...] = ()
    if taint:
        key, _, rest = taint.partition("=")
        value, _, effect = rest.partition(":")
        taints = (Taint(key=key, value=value, effect=effect),)
    allocatable = {"cpu": Quantity(cpu), "memory": Quantity(memory), "pods": Quantity("110")}
    return Node(
        metadata=ObjectMeta(name=name, labels=labels or {}),
        spec=NodeSpec(taints=taints),
        status=NodeStatus(allocatable=allocatable),
    )


def pod(name: str, cpu: str = "", memory: str = "", *, host_port: int = 0, priority: int = 0, **spec: object) -> Pod:
    asked = {key: Quantity(value) for key, value in (("cpu", cpu), ("memory", memory)) if value}
    ports = (ContainerPort(container_port=80, host_port=host_port),) if host_port else ()
    container = Container(name="c", image="i", resources=ResourceRequirements(requests=asked), ports=ports)
    metadata = ObjectMeta(name=name, namespace="default", uid=f"uid-{name}")
    return Pod(metadata=metadata, spec=PodSpec(containers=(container,), priority=priority).model_copy(update=spec))
