"""Small plugins for placing pods: how long they bear a sick node, their priority, and new nodes' taint.

Kubernetes: plugin/pkg/admission/defaulttolerationseconds, plugin/pkg/admission/{priority,nodetaint}
Simplified: there are no PriorityClasses yet beside the two built-in names.
"""

from __future__ import annotations

from minikube_py.api.kinds.core.common import Taint, Toleration
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import forbidden
from minikube_py.apiserver.admission.chain import Attributes, Plugin

_TOLERATION_S = 300
_SICK = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_BUILT_IN_PRIORITIES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_FOR_A_WHILE = {
    key: Toleration(key=key, operator="Exists", effect="NoExecute", toleration_seconds=_TOLERATION_S) for key in _SICK
}


class DefaultTolerationSeconds(Plugin):
    """A pod that says nothing leaves a node five minutes after that stopped being ready or reachable."""

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if not isinstance(obj, Pod) or attributes.operation != "CREATE" or attributes.subresource:
            return obj
        given = obj.spec.tolerations
        added = tuple(_FOR_A_WHILE[key] for key in _SICK if not any(_covers(t, key) for t in given))
        return replace(obj, spec=replace(obj.spec, tolerations=(*given, *added)))


def _covers(toleration: Toleration, key: str) -> bool:
    return toleration.key in (key, "") and toleration.effect in ("NoExecute", "")


class Priority(Plugin):
    """The number behind a pod's priority class."""

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if not isinstance(obj, Pod) or attributes.operation != "CREATE" or attributes.subresource:
            return obj
        name = obj.spec.priority_class_name
        if name and name not in _BUILT_IN_PRIORITIES:
            raise forbidden(Pod.definition, attributes.name, f"no PriorityClass with name {name} was found")
        value = _BUILT_IN_PRIORITIES.get(name, 0)
        if obj.spec.priority not in (None, value):
            raise forbidden(
                Pod.definition,
                attributes.name,
                f"the integer value of priority ({obj.spec.priority}) must not be provided in pod spec; priority "
                f"admission controller computed {value} from the given PriorityClass name",
            )
        policy = obj.spec.preemption_policy or "PreemptLowerPriority"
        return replace(obj, spec=replace(obj.spec, priority=value, preemption_policy=policy))


class TaintNodesByCondition(Plugin):
    """A new node gets no pods until the node lifecycle controller has seen that it is ready."""

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if not isinstance(obj, Node) or attributes.operation != "CREATE" or attributes.subresource:
            return obj
        if any(taint.key == _SICK[0] for taint in obj.spec.taints):
            return obj
        taint = Taint(key=_SICK[0], effect="NoSchedule")
        return replace(obj, spec=replace(obj.spec, taints=(*obj.spec.taints, taint)))
