"""Small plugins for placing pods: how long they bear a sick node, their priority, and new nodes' taint.

Kubernetes: plugin/pkg/admission/defaulttolerationseconds, plugin/pkg/admission/{priority,nodetaint}
"""

from __future__ import annotations

from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.common import Taint, Toleration
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.scheduling.priority_class import PriorityClass
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import forbidden
from minikube_py.watchcache.cacher import Cacher

_TOLERATION_S = 300
_SICK = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_FOR_A_WHILE = {
    key: Toleration(key=key, operator="Exists", effect="NoExecute", toleration_seconds=_TOLERATION_S) for key in _SICK
}


class DefaultTolerationSeconds(Plugin):
    """A pod that says nothing leaves a node five minutes after that stopped being ready or reachable.

    It says nothing also in an update that leaves out what was added here.
    """

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if not isinstance(obj, Pod) or attributes.operation not in ("CREATE", "UPDATE") or attributes.subresource:
            return obj
        given = obj.spec.tolerations
        added = tuple(_FOR_A_WHILE[key] for key in _SICK if not any(_covers(t, key) for t in given))
        return replace(obj, spec=replace(obj.spec, tolerations=(*given, *added)))


def _covers(toleration: Toleration, key: str) -> bool:
    return toleration.key in (key, "") and toleration.effect in ("NoExecute", "")


class Priority(Plugin):
    """The number behind a pod's priority class; without one, behind the class that is everybody's default."""

    def __init__(self, cacher: Cacher) -> None:
        self._cacher = cacher

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if not isinstance(obj, Pod) or attributes.operation != "CREATE" or attributes.subresource:
            return obj
        class_ = await self._class(obj.spec.priority_class_name, attributes)
        value = class_.value
        if obj.spec.priority not in (None, value):
            raise forbidden(
                Pod.definition,
                attributes.name,
                f"the integer value of priority ({obj.spec.priority}) must not be provided in pod spec; priority "
                f"admission controller computed {value} from the given PriorityClass name",
            )
        policy = obj.spec.preemption_policy
        if policy is not None and class_.metadata.name and policy != class_.preemption_policy:
            why = (
                f"the string value of PreemptionPolicy ({policy}) must not be provided in pod spec; priority admission "
                f"controller computed {class_.preemption_policy} from the given PriorityClass name"
            )
            raise forbidden(Pod.definition, attributes.name, why)
        spec = replace(
            obj.spec,
            priority=value,
            priority_class_name=class_.metadata.name,
            preemption_policy=policy or class_.preemption_policy,
        )
        return replace(obj, spec=spec)

    async def _class(self, name: str, attributes: Attributes) -> PriorityClass:
        if not name:
            found = self._cacher.objects(PriorityClass)
            return min((c for c in found if c.global_default), key=lambda c: c.value, default=_NO_CLASS)
        class_ = await self._cacher.find(PriorityClass, "", name)
        if class_ is None:
            raise forbidden(Pod.definition, attributes.name, f"no PriorityClass with name {name} was found")
        return class_


_NO_CLASS = PriorityClass(preemption_policy="PreemptLowerPriority")


class TaintNodesByCondition(Plugin):
    """A new node gets no pods until the node lifecycle controller has seen that it is ready."""

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if not isinstance(obj, Node) or attributes.operation != "CREATE" or attributes.subresource:
            return obj
        if any(taint.key == _SICK[0] for taint in obj.spec.taints):
            return obj
        taint = Taint(key=_SICK[0], effect="NoSchedule")
        return replace(obj, spec=replace(obj.spec, taints=(*obj.spec.taints, taint)))
