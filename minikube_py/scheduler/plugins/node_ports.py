"""NodePorts: two pods cannot have the same port of the same node.

Kubernetes: pkg/scheduler/framework/plugins/nodeports
"""

from __future__ import annotations

from collections.abc import Hashable

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.scheduler.framework import ClusterChange, Filter, Refusal, Verdict
from minikube_py.scheduler.snapshot import HostPort, NodeInfo, request_of

_REFUSAL = Refusal(("node(s) didn't have free ports for the requested pod ports",))
_ANY = "0.0.0.0"


class NodePorts:
    name = "NodePorts"
    waits_for: tuple[ClusterChange, ...] = ("node added", "pod gone")

    def looks_at(self, pod: Pod) -> Hashable:
        return request_of(pod).host_ports

    def filter_for(self, pod: Pod) -> Filter | None:
        wanted = request_of(pod).host_ports
        if not wanted:
            return None

        def check(node: NodeInfo) -> Verdict:
            return _REFUSAL if any(_clash(used, port) for used in node.used_ports for port in wanted) else None

        return check


def _clash(used: HostPort, wanted: HostPort) -> bool:
    if used[1:] != wanted[1:]:
        return False
    return used[0] == wanted[0] or _ANY in (used[0], wanted[0])
