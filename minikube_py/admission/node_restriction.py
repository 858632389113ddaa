"""NodeRestriction: what a node may write is looked into, beyond whose it is (that is the Node authorizer's question).

Kubernetes: plugin/pkg/admission/noderestriction/admission.go
Simplified: of labels only the prefix that is reserved against nodes is guarded.
"""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.access.authentication.caller import CALLER
from minikube_py.access.authorization.node import node_of
from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.resource import Resource
from minikube_py.api.status import forbidden

_MIRROR = "kubernetes.io/config.mirror"
_RESERVED = "node-restriction.kubernetes.io"


class NodeRestriction(Plugin):
    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        node = node_of(CALLER.get().user)
        if not node or attributes.operation not in ("CREATE", "UPDATE"):
            return
        problem = ""
        if isinstance(obj, Pod) and attributes.operation == "CREATE":
            problem = pod_problem(node, obj)
        elif isinstance(obj, Node):
            old = attributes.old
            problem = node_problem(node, obj, old if isinstance(old, Node) else None)
        if problem:
            raise forbidden(obj.definition, attributes.name, problem)


def pod_problem(node: str, pod: Pod) -> str:
    """Why a node may not make this pod; empty: it may."""
    if _MIRROR not in pod.metadata.annotations:
        return f'pod does not have "{_MIRROR}" annotation, node "{node}" can only create mirror pods'
    if pod.spec.node_name != node:
        return f'node "{node}" can only create pods with spec.nodeName set to itself'
    if pod.spec.service_account_name:
        return f'node "{node}" can not create pods that reference a service account'
    return ""


def node_problem(node: str, new: Node, old: Node | None) -> str:
    """Why a node may not write this of itself; empty: it may."""
    if new.metadata.name != node:
        return f'node "{node}" is not allowed to modify node "{new.metadata.name}"'
    if new.metadata.owner_references != (old.metadata.owner_references if old else ()):
        return f'node "{node}" is not allowed to modify ownerReferences'
    if old is not None and new.spec.taints != old.spec.taints:
        return f'node "{node}" is not allowed to modify taints'
    reserved = sorted(_changed(new.metadata.labels, old.metadata.labels if old else {}))
    if reserved:
        return f'node "{node}" is not allowed to modify labels: {", ".join(reserved)}'
    return ""


def _changed(new: Mapping[str, str], old: Mapping[str, str]) -> set[str]:
    """The reserved labels that are not as they were."""
    changed = {key for key in {*new, *old} if new.get(key) != old.get(key)}
    domains = {key: key.partition("/")[0] for key in changed if "/" in key}
    return {key for key, domain in domains.items() if domain == _RESERVED or domain.endswith(f".{_RESERVED}")}
