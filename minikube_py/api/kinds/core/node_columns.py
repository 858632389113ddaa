"""What `kubectl get nodes` shows of a node.

Kubernetes: pkg/printers/internalversion/printers.go (printNode)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikube_py.api.columns import AGE, NAME, NONE, UNKNOWN
from minikube_py.api.definition import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable

    from minikube_py.api.kinds.core.node import Node

ROLE_PREFIX = "node-role.kubernetes.io/"
"""`node-role.kubernetes.io/control-plane` as a label gives the role control-plane."""


def _status(node: Node) -> str:
    ready = next((condition.status for condition in node.status.conditions if condition.type == "Ready"), "")
    said = {"": "Unknown", "True": "Ready"}.get(ready, "NotReady")
    return f"{said},SchedulingDisabled" if node.spec.unschedulable else said


def _roles(node: Node) -> str:
    labels = node.metadata.labels
    roles = {key.removeprefix(ROLE_PREFIX) for key in labels if key.startswith(ROLE_PREFIX)} - {""}
    roles |= {labels["kubernetes.io/role"]} - {""} if "kubernetes.io/role" in labels else set()
    return ",".join(sorted(roles)) or NONE


def _address(kind: str) -> Callable[[Node], Cell]:
    return lambda node: next((a.address for a in node.status.addresses if a.type == kind), NONE)


NODE_COLUMNS = (
    NAME,
    Column("Status", _status),
    Column("Roles", _roles),
    AGE,
    Column("Version", lambda node: node.status.node_info.kubelet_version),
    Column("Internal-IP", _address("InternalIP"), priority=1),
    Column("External-IP", _address("ExternalIP"), priority=1),
    Column("OS-Image", lambda node: node.status.node_info.os_image or UNKNOWN, priority=1),
    Column("Kernel-Version", lambda node: node.status.node_info.kernel_version or UNKNOWN, priority=1),
    Column("Container-Runtime", lambda node: node.status.node_info.container_runtime_version or UNKNOWN, priority=1),
)
