"""NodeName: a pod that names its node goes there or nowhere.

Kubernetes: pkg/scheduler/framework/plugins/nodename
"""

from __future__ import annotations

from collections.abc import Hashable

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.scheduler.framework import ClusterChange, Filter, Refusal, Verdict
from minikube_py.scheduler.snapshot import NodeInfo

_REFUSAL = Refusal(("node(s) didn't match the requested node name",))


class NodeName:
    name = "NodeName"
    waits_for: tuple[ClusterChange, ...] = ("node added",)

    def looks_at(self, pod: Pod) -> Hashable:
        return pod.spec.node_name

    def filter_for(self, pod: Pod) -> Filter | None:
        wanted = pod.spec.node_name
        if not wanted:
            return None

        def check(node: NodeInfo) -> Verdict:
            return None if node.name == wanted else _REFUSAL

        return check
