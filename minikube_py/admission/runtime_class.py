"""RuntimeClass: a pod that names one gets what the class says pods of its kind cost, and where they can run.

Kubernetes: plugin/pkg/admission/runtimeclass
"""

from __future__ import annotations

from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.pod import Pod, PodSpec
from minikube_py.api.kinds.node.runtime_class import RuntimeClass, Scheduling
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import Forbidden, forbidden
from minikube_py.watchcache.cacher import Cacher

_ALONE = "Pod Overhead set without corresponding RuntimeClass defined Overhead"
_OTHER = "Pod's Overhead doesn't match RuntimeClass's defined Overhead"


class RuntimeClasses(Plugin):
    def __init__(self, cacher: Cacher) -> None:
        self._cacher = cacher

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if not isinstance(obj, Pod) or attributes.operation != "CREATE" or attributes.subresource:
            return obj
        spec, name = obj.spec, obj.spec.runtime_class_name
        if name is None and not spec.overhead:
            return obj
        class_ = await self._class(name, attributes) if name is not None else RuntimeClass()
        fixed = class_.overhead.pod_fixed if class_.overhead is not None else {}
        if spec.overhead and spec.overhead != fixed:
            raise _rejected(attributes, _OTHER if fixed else _ALONE)
        spec = replace(spec, overhead=fixed)
        if class_.scheduling is not None:
            spec = _narrowed(spec, class_.scheduling, attributes)
        return replace(obj, spec=spec)

    async def _class(self, name: str, attributes: Attributes) -> RuntimeClass:
        class_ = await self._cacher.find(RuntimeClass, "", name)
        if class_ is None:
            raise _rejected(attributes, f'RuntimeClass "{name}" not found')
        return class_


def _narrowed(spec: PodSpec, scheduling: Scheduling, attributes: Attributes) -> PodSpec:
    """The spec for nodes that both the pod and its class take. Raises: Forbidden where no node can be both."""
    for key, value in scheduling.node_selector.items():
        asked = spec.node_selector.get(key, value)
        if asked != value:
            why = f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
            why += f"pod.spec.nodeSelector[{key}] = {asked}"
            raise forbidden(Pod.definition, attributes.name, why)
    added = tuple(each for each in scheduling.tolerations if each not in spec.tolerations)
    return replace(
        spec,
        node_selector={**spec.node_selector, **scheduling.node_selector},
        tolerations=(*spec.tolerations, *added),
    )


def _rejected(attributes: Attributes, why: str) -> Forbidden:
    return forbidden(Pod.definition, attributes.name, f"pod rejected: {why}")
