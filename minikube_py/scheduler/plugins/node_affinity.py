"""NodeAffinity: the pod says what its node must be like, or had better be like.

Kubernetes: pkg/scheduler/framework/plugins/nodeaffinity, component-helpers/scheduling/corev1/nodeaffinity
"""

from __future__ import annotations

from collections.abc import Hashable

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.machinery.node_fit import is_wanted, meets
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
        affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
        if not pod.spec.node_selector and not (
            affinity and affinity.required_during_scheduling_ignored_during_execution
        ):
            return None

        def check(node: NodeInfo) -> Verdict:
            return None if is_wanted(pod.spec, node.node) else _REFUSAL

        return check

    def score_for(self, pod: Pod) -> Score | None:
        affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
        preferred = affinity.preferred_during_scheduling_ignored_during_execution if affinity else ()
        if not preferred:
            return None

        def mark(node: NodeInfo) -> float:
            return sum(term.weight for term in preferred if meets(node.node, term.preference))

        return mark
