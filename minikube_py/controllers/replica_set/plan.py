"""Decides what a ReplicaSet lacks or has too much of, and which pods are missed least. Pure.

Kubernetes: pkg/controller/replicaset/replica_set.go (manageReplicas), pkg/controller/controller_utils.go
(ActivePodsWithRanks)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.meta import ObjectMeta
from minikube_py.controllers.replica_set.replicated import Replicated, template_of
from minikube_py.machinery.conditions import find_condition, is_ready
from minikube_py.machinery.ownership import controller_reference

BURST = 500
"""Pods created or deleted in one reconcile."""
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


@dataclass(frozen=True, slots=True)
class Plan:
    """Either pods to create or pods to delete, or neither."""

    create: int = 0
    delete: tuple[Pod, ...] = ()


def plan(replica_set: Replicated, pods: Sequence[Pod], neighbours: Sequence[Pod], now_s: float) -> Plan:
    """What to do about the difference between `spec.replicas` and the active `pods`.

    `neighbours` are the active pods of all ReplicaSets with the same controller: a node with many of them gives one up
    first.
    """
    wanted = replica_set.spec.replicas if replica_set.spec.replicas is not None else 1
    missing = wanted - len(pods)
    if missing >= 0:
        return Plan(create=min(missing, BURST))
    surplus = min(-missing, BURST)
    on_node = Counter(pod.spec.node_name for pod in neighbours)
    ranked = sorted(pods, key=lambda pod: _keep_rank(pod, on_node[pod.spec.node_name], now_s))
    return Plan(delete=tuple(ranked[:surplus]))


def _keep_rank(pod: Pod, on_node: int, now_s: float) -> tuple[float, ...]:
    """The smaller, the sooner the pod is given up."""
    phases = {"Pending": 0, "Unknown": 1, "Running": 2}
    ready = find_condition(pod.status.conditions, "Ready")
    ready_since = ready.last_transition_time if ready is not None else None
    created = pod.metadata.creation_timestamp
    return (
        bool(pod.spec.node_name),
        phases.get(pod.status.phase, 0),
        is_ready(pod),
        _deletion_cost(pod),
        -on_node,
        _age_class(ready_since.epoch_s if ready_since else now_s, now_s) if is_ready(pod) else 0,
        -max((status.restart_count for status in pod.status.container_statuses), default=0),
        _age_class(created.epoch_s if created else now_s, now_s),
    )


def _deletion_cost(pod: Pod) -> int:
    try:
        return int(pod.metadata.annotations.get(DELETION_COST, "0"))
    except ValueError:
        return 0


def _age_class(since_s: float, now_s: float) -> int:
    """Ages of one order of magnitude are alike, so that not always the newest rollout's pods go first."""
    return int(math.log2(max(now_s - since_s, 1)))


def pod_for(replica_set: Replicated) -> Pod:
    """The pod that the template stands for."""
    template = template_of(replica_set)
    metadata = ObjectMeta(
        generate_name=f"{replica_set.metadata.name}-",
        namespace=replica_set.metadata.namespace,
        labels=template.metadata.labels,
        annotations=template.metadata.annotations,
        finalizers=template.metadata.finalizers,
        owner_references=(controller_reference(replica_set),),
    )
    return Pod(metadata=metadata, spec=template.spec)
