"""Where a pod wants to be: node affinity, pod affinity, topology spread.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.kinds.core.common import NodeSelector, NodeSelectorTerm
from minikube_py.api.markers import OneOf, Required
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written


class PreferredSchedulingTerm(Model):
    weight: int = written(int)
    preference: Annotated[NodeSelectorTerm, Required()] = written(NodeSelectorTerm)


class NodeAffinity(Model):
    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()


class PodAffinityTerm(Model):
    label_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    topology_key: str = written(str)
    namespace_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


class WeightedPodAffinityTerm(Model):
    weight: int = written(int)
    pod_affinity_term: Annotated[PodAffinityTerm, Required()] = written(PodAffinityTerm)


class PodAffinity(Model):
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


class PodAntiAffinity(Model):
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


class Affinity(Model):
    """Which nodes a pod is drawn to or driven from, by their labels and by the pods that run there."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAntiAffinity | None = None


class TopologySpreadConstraint(Model):
    """How evenly pods must be spread over the values of a node label."""

    max_skew: int = written(int)
    topology_key: str = written(str)
    when_unsatisfiable: Annotated[str, OneOf("DoNotSchedule", "ScheduleAnyway")] = written(str)
    label_selector: LabelSelector | None = None
    min_domains: int | None = None
    node_affinity_policy: Annotated[str | None, OneOf("Honor", "Ignore")] = None
    node_taints_policy: Annotated[str | None, OneOf("Honor", "Ignore")] = None
    match_label_keys: tuple[str, ...] = ()
