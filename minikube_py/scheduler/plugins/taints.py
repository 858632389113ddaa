"""NodeUnschedulable and TaintToleration: nodes that do not want pods, unless the pod bears it.

Kubernetes: pkg/scheduler/framework/plugins/{nodeunschedulable,tainttoleration}
"""

from __future__ import annotations

from collections.abc import Hashable

from minikube_py.api.kinds.core.common import Taint
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.machinery.node_fit import tolerates
from minikube_py.scheduler.framework import ClusterChange, Filter, Marking, Refusal, Score, Verdict
from minikube_py.scheduler.snapshot import NodeInfo

_UNSCHEDULABLE = Refusal(("node(s) were unschedulable",))
_UNTOLERATED = Refusal(("node(s) had untolerated taint(s)",))
_CORDON = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


class NodeUnschedulable:
    name = "NodeUnschedulable"
    waits_for: tuple[ClusterChange, ...] = ("node added", "node changed")

    def looks_at(self, pod: Pod) -> Hashable:
        return pod.spec.tolerations

    def filter_for(self, pod: Pod) -> Filter | None:
        if tolerates(pod.spec.tolerations, _CORDON):
            return None

        def check(node: NodeInfo) -> Verdict:
            return _UNSCHEDULABLE if node.node.spec.unschedulable else None

        return check


class TaintToleration:
    name = "TaintToleration"
    weight = 3
    marking: Marking = "less is better"
    waits_for: tuple[ClusterChange, ...] = ("node added", "node changed")

    def looks_at(self, pod: Pod) -> Hashable:
        return pod.spec.tolerations

    def filter_for(self, pod: Pod) -> Filter | None:
        tolerations = pod.spec.tolerations

        def check(node: NodeInfo) -> Verdict:
            for taint in node.taints:
                if taint.effect in ("NoSchedule", "NoExecute") and not tolerates(tolerations, taint):
                    return _UNTOLERATED
            return None

        return check

    def score_for(self, pod: Pod) -> Score | None:
        soft = [t for t in pod.spec.tolerations if t.effect in ("", "PreferNoSchedule")]

        def mark(node: NodeInfo) -> float:
            return sum(1 for t in node.taints if t.effect == "PreferNoSchedule" and not tolerates(soft, t))

        return mark
