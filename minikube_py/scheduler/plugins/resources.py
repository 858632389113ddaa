"""NodeResourcesFit and BalancedAllocation: is there room, and where is most of it left in the best proportion?

Kubernetes: pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated,balanced_allocation}.go
"""

from __future__ import annotations

from collections.abc import Hashable

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.scheduler.framework import MAX_SCORE, ClusterChange, Filter, Marking, Refusal, Score, Verdict
from minikube_py.scheduler.snapshot import NodeInfo, Request, request_of


class NodeResourcesFit:
    """Filter by what is requested; score by what would be left free (LeastAllocated)."""

    name = "NodeResourcesFit"
    weight = 1
    marking: Marking = "score"
    waits_for: tuple[ClusterChange, ...] = ("node added", "node changed", "pod gone", "pod changed")

    def looks_at(self, pod: Pod) -> Hashable:
        return request_of(pod)

    def filter_for(self, pod: Pod) -> Filter | None:
        request = request_of(pod)
        cpu, memory = request.cpu_millis, request.memory_bytes

        def check(node: NodeInfo) -> Verdict:
            if (
                node.pod_count < node.pods
                and (not cpu or node.used_cpu_millis + cpu <= node.cpu_millis)
                and (not memory or node.used_memory_bytes + memory <= node.memory_bytes)
                and not request.other
            ):
                return None
            return _shortage(node, request)

        return check

    def score_for(self, pod: Pod) -> Score | None:
        request = request_of(pod)

        def mark(node: NodeInfo) -> float:
            cpu, memory = _taken(node, request)
            return ((1 - cpu) + (1 - memory)) * MAX_SCORE / 2

        return mark


class BalancedAllocation:
    """Score by how alike the used shares of CPU and memory would be."""

    name = "NodeResourcesBalancedAllocation"
    weight = 1
    marking: Marking = "score"

    def looks_at(self, pod: Pod) -> Hashable:
        return request_of(pod)

    def score_for(self, pod: Pod) -> Score | None:
        request = request_of(pod)

        def mark(node: NodeInfo) -> float:
            cpu, memory = _taken(node, request)
            return (1 - abs(cpu - memory) / 2) * MAX_SCORE

        return mark


def _shortage(node: NodeInfo, request: Request) -> Verdict:
    """What is short, all of it, in the order in which people read it."""
    reasons = []
    if node.pod_count >= node.pods:
        reasons.append("Too many pods")
    if request.cpu_millis and node.used_cpu_millis + request.cpu_millis > node.cpu_millis:
        reasons.append("Insufficient cpu")
    if request.memory_bytes and node.used_memory_bytes + request.memory_bytes > node.memory_bytes:
        reasons.append("Insufficient memory")
    for name, amount in request.other.items():
        if amount and node.used_other.get(name, 0) + amount > node.other.get(name, 0):
            reasons.append(f"Insufficient {name}")
    return Refusal(tuple(reasons)) if reasons else None


def _taken(node: NodeInfo, request: Request) -> tuple[float, float]:
    """The shares of CPU and memory that would be taken, each at most 1."""
    cpu = (node.scored_cpu_millis + request.scored_cpu_millis) / (node.cpu_millis or 1)
    memory = (node.scored_memory_bytes + request.scored_memory_bytes) / (node.memory_bytes or 1)
    return min(cpu, 1.0), min(memory, 1.0)
