"""Which nodes a DaemonSet wants a pod on, and the pod for one of them. Pure.

The scheduler places the pods, as any others: each names its node in a node affinity, and tolerates what befalls nodes.

Kubernetes: pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod), pkg/controller/daemon/util
"""

from __future__ import annotations

from dataclasses import dataclass

from minikube_py.api.kinds.apps.daemon_set import TEMPLATE_GENERATION, DaemonSet
from minikube_py.api.kinds.core.affinity import Affinity, NodeAffinity
from minikube_py.api.kinds.core.common import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Toleration
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_spec import PodSpec
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.controllers.history import REVISION_LABEL
from minikube_py.machinery.node_fit import is_wanted, tolerates
from minikube_py.machinery.ownership import controller_reference

GENERATION_LABEL = "pod-template-generation"
_NODE = "node.kubernetes.io/"
_BORNE = (
    *((name, "NoExecute") for name in ("not-ready", "unreachable")),
    *((name, "NoSchedule") for name in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")),
)


@dataclass(frozen=True, slots=True)
class Fit:
    may_start: bool
    may_stay: bool


def fit(daemon_set: DaemonSet, node: Node) -> Fit:
    """Whether a pod of the set should be started on the node, and whether one that is there may stay."""
    spec = daemon_set.spec.template.spec
    if spec.node_name not in ("", node.metadata.name) or not is_wanted(spec, node):
        return Fit(may_start=False, may_stay=False)
    borne = _tolerations(spec)
    hard = [taint for taint in node.spec.taints if taint.effect in ("NoSchedule", "NoExecute")]
    refused = {taint.effect for taint in hard if not tolerates(borne, taint)}
    return Fit(may_start=not refused, may_stay="NoExecute" not in refused)


def pod_for(daemon_set: DaemonSet, node_name: str, revision: str) -> Pod:
    """The pod of the current template for one node."""
    template = daemon_set.spec.template
    generation = daemon_set.metadata.annotations.get(TEMPLATE_GENERATION, "")
    metadata = ObjectMeta(
        generate_name=f"{daemon_set.metadata.name}-",
        namespace=daemon_set.metadata.namespace,
        labels={**template.metadata.labels, REVISION_LABEL: revision, GENERATION_LABEL: generation},
        annotations=template.metadata.annotations,
        finalizers=template.metadata.finalizers,
        owner_references=(controller_reference(daemon_set),),
    )
    affinity = _on_node(template.spec.affinity or Affinity(), node_name)
    spec = replace(template.spec, affinity=affinity, tolerations=_tolerations(template.spec))
    return Pod(metadata=metadata, spec=spec)


def node_of(pod: Pod) -> str:
    """Where the pod is, or is meant to be."""
    if pod.spec.node_name:
        return pod.spec.node_name
    affinity = pod.spec.affinity.node_affinity if pod.spec.affinity else None
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    for term in required.node_selector_terms if required is not None else ():
        for field in term.match_fields:
            if field.key == "metadata.name" and field.values:
                return field.values[0]
    return ""


def _tolerations(spec: PodSpec) -> tuple[Toleration, ...]:
    borne = [*_BORNE, *((("network-unavailable", "NoSchedule"),) if spec.host_network else ())]
    added = (Toleration(key=_NODE + name, operator="Exists", effect=effect) for name, effect in borne)
    return (*spec.tolerations, *(each for each in added if each not in spec.tolerations))


def _on_node(affinity: Affinity, node_name: str) -> Affinity:
    """The affinity with nothing required but the node: whether it fits the template was looked at already."""
    only = NodeSelectorTerm(
        match_fields=(NodeSelectorRequirement(key="metadata.name", operator="In", values=(node_name,)),)
    )
    required = NodeSelector(node_selector_terms=(only,))
    node_affinity = replace(
        affinity.node_affinity or NodeAffinity(), required_during_scheduling_ignored_during_execution=required
    )
    return replace(affinity, node_affinity=node_affinity)
