"""NodeAffinity: the pod says what its node must be like, or had better be like.

Kubernetes: pkg/scheduler/framework/plugins/nodeaffinity, component-helpers/scheduling/corev1/nodeaffinity
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from minikube_py.api.kinds.core.common import NodeSelectorRequirement, NodeSelectorTerm
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.scheduler.framework import ClusterChange, Filter, Marking, Refusal, Score, Verdict
from minikube_py.scheduler.snapshot import NodeInfo

_REFUSAL = Refusal(("node(s) didn't match Pod's node affinity/selector",))


class NodeAffinity:
    name = "NodeAffinity"
    weight = 2
    marking: Marking = "more is better"
    waits_for: tuple[ClusterChange, ...] = ("node added", "node changed")

    def looks_at(self, pod: Pod) -> Hashable:
        affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
        return tuple(sorted(pod.spec.node_selector.items())), affinity and affinity.to_json()

    def filter_for(self, pod: Pod) -> Filter | None:
        selector = pod.spec.node_selector
        affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
        required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
        if not selector and required is None:
            return None

        def check(node: NodeInfo) -> Verdict:
            labels = node.node.metadata.labels
            if any(labels.get(key) != value for key, value in selector.items()):
                return _REFUSAL
            if required is not None and not any(matches(term, node) for term in required.node_selector_terms):
                return _REFUSAL
            return None

        return check

    def score_for(self, pod: Pod) -> Score | None:
        affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
        preferred = affinity.preferred_during_scheduling_ignored_during_execution if affinity else ()
        if not preferred:
            return None

        def mark(node: NodeInfo) -> float:
            return sum(term.weight for term in preferred if matches(term.preference, node))

        return mark


def matches(term: NodeSelectorTerm, node: NodeInfo) -> bool:
    """Whether a node meets all requirements of a term; an empty term is met by none."""
    if not term.match_expressions and not term.match_fields:
        return False
    labels = node.node.metadata.labels
    return all(_meets(labels, requirement) for requirement in term.match_expressions) and all(
        _meets({"metadata.name": node.name}, requirement) for requirement in term.match_fields
    )


def _meets(labels: Mapping[str, str], requirement: NodeSelectorRequirement) -> bool:
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
