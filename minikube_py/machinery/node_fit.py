"""Which nodes a pod may be on, by its node selector and affinity, and by the nodes' taints. Pure.

The scheduler asks before it places a pod; the controllers of daemon sets and of taints ask of pods that have a node.

Kubernetes: staging/src/k8s.io/component-helpers/scheduling/corev1
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minikube_py.api.kinds.core.common import NodeSelectorRequirement, NodeSelectorTerm, Taint, Toleration
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod_spec import PodSpec


def is_wanted(spec: PodSpec, node: Node) -> bool:
    """Whether the node is what the pod's node selector and required node affinity ask for."""
    labels = node.metadata.labels
    if any(labels.get(key) != value for key, value in spec.node_selector.items()):
        return False
    affinity = spec.affinity.node_affinity if spec.affinity else None
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    return required is None or any(meets(node, term) for term in required.node_selector_terms)


def meets(node: Node, term: NodeSelectorTerm) -> bool:
    """Whether a node meets all requirements of a term; an empty term is met by none."""
    if not term.match_expressions and not term.match_fields:
        return False
    fields = {"metadata.name": node.metadata.name}
    return all(_holds(node.metadata.labels, requirement) for requirement in term.match_expressions) and all(
        _holds(fields, requirement) for requirement in term.match_fields
    )


def _holds(labels: Mapping[str, str], requirement: NodeSelectorRequirement) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt":
            return _compares(value, requirement)
        case _:
            return False


def _compares(value: str | None, requirement: NodeSelectorRequirement) -> bool:
    try:
        found, bound = int(value or ""), int(requirement.values[0])
    except (ValueError, IndexError):
        return False
    return found > bound if requirement.operator == "Gt" else found < bound


def tolerates(tolerations: Iterable[Toleration], taint: Taint) -> bool:
    """Whether some toleration covers the taint."""
    return any(covers(toleration, taint) for toleration in tolerations)


def covers(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator == "Exists":
        return True
    return bool(toleration.key) and toleration.value == taint.value
