"""LimitRanger: who says nothing gets the namespace's defaults, and nobody asks for more or less than is allowed.

Kubernetes: plugin/pkg/admission/limitranger/admission.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.common import ResourceRequirements
from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.limit_range import LimitRange, LimitRangeItem
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_requests import pod_totals
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Quantity
from minikube_py.api.status import forbidden
from minikube_py.watchcache.cacher import Cacher

_ANNOTATION = "kubernetes.io/limit-ranger"
_CLAIM = "PersistentVolumeClaim"
_LOOKED_AT: dict[type[Resource], tuple[tuple[str, str], ...]] = {
    Pod: (("CREATE", ""), ("UPDATE", "resize")),
    PersistentVolumeClaim: (("CREATE", ""), ("UPDATE", "")),
}
"""Operation and subresource: what can change how much is asked for."""


class LimitRanger(Plugin):
    def __init__(self, cacher: Cacher) -> None:
        self._cacher = cacher

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if isinstance(obj, Pod) and attributes.operation == "CREATE" and not attributes.subresource:
            for limit_range in self._cacher.objects(LimitRange, attributes.namespace):
                obj = with_defaults(obj, limit_range)
        return obj

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        if (attributes.operation, attributes.subresource) not in _LOOKED_AT.get(type(obj), ()):
            return
        if obj.metadata.deletion_timestamp is not None:
            return
        for limit_range in self._cacher.objects(LimitRange, attributes.namespace):
            found = list(dict.fromkeys(problems(obj, limit_range)))
            if found:
                why = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
                raise forbidden(obj.definition, attributes.name, why)


def with_defaults(pod: Pod, limit_range: LimitRange) -> Pod:
    """The pod with requests and limits where its containers have none, and an annotation that says which they are."""
    items = [item for item in limit_range.spec.limits if item.type == "Container"]
    requests = {name: amount for item in items for name, amount in item.default_request.items()}
    limits = {name: amount for item in items for name, amount in item.default.items()}
    said: list[str] = []

    def filled(container: Container, what: str) -> Container:
        given = container.resources
        for word, defaults, own in (("request", requests, given.requests), ("limit", limits, given.limits)):
            if missing := sorted(defaults.keys() - own.keys()):
                said.append(f"{', '.join(missing)} {word} for {what} {container.name}")
        resources = replace(given, requests={**requests, **given.requests}, limits={**limits, **given.limits})
        return container if resources == given else replace(container, resources=resources)

    containers = tuple(filled(container, "container") for container in pod.spec.containers)
    init_containers = tuple(filled(container, "init container") for container in pod.spec.init_containers)
    if not said:
        return pod
    annotations = {**pod.metadata.annotations, _ANNOTATION: f"LimitRanger plugin set: {'; '.join(said)}"}
    spec = replace(pod.spec, containers=containers, init_containers=init_containers)
    return replace(pod, metadata=replace(pod.metadata, annotations=annotations), spec=spec)


def problems(obj: Resource, limit_range: LimitRange) -> Iterable[str]:
    """What an object asks for that it may not."""
    for item in limit_range.spec.limits:
        for requests, limits in _asked(obj, item.type):
            yield from _item_problems(item, requests, limits)


Asked = tuple[Mapping[str, Quantity], Mapping[str, Quantity]]
"""Requests and limits."""


def _asked(obj: Resource, type_: str) -> Iterable[Asked]:
    """What each thing of the type asks for in this object."""
    if isinstance(obj, Pod) and type_ == "Container":
        for container in (*obj.spec.containers, *obj.spec.init_containers):
            yield _both(container.resources)
    elif isinstance(obj, Pod) and type_ == "Pod":
        yield pod_totals(obj.spec, "requests"), pod_totals(obj.spec, "limits")
    elif isinstance(obj, PersistentVolumeClaim) and type_ == _CLAIM:
        yield obj.spec.resources.requests, {}


def _both(resources: ResourceRequirements) -> Asked:
    return resources.requests, resources.limits


def _item_problems(
    item: LimitRangeItem, requests: Mapping[str, Quantity], limits: Mapping[str, Quantity]
) -> Iterable[str]:
    for name, least in sorted(item.min.items()):
        asked = {"request": requests.get(name), "limit": limits.get(name)}
        yield from _outside(f"minimum {name} usage per {item.type} is {least}", asked, least, sign=-1)
    for name, most in sorted(item.max.items()):
        asked = {"limit": limits.get(name), "request": requests.get(name)}
        if item.type == _CLAIM:
            del asked["limit"]
        yield from _outside(f"maximum {name} usage per {item.type} is {most}", asked, most, sign=1)
    if item.type != _CLAIM:
        for name, ratio in sorted(item.max_limit_request_ratio.items()):
            rule = f"{name} max limit to request ratio per {item.type} is {ratio}"
            yield from _ratio_problems(rule, requests.get(name), limits.get(name), ratio)


def _outside(rule: str, asked: Mapping[str, Quantity | None], bound: Quantity, *, sign: int) -> Iterable[str]:
    """The first that is missing or beyond the bound; of what is asked for only the first has to be there."""
    needed = next(iter(asked))
    if asked[needed] is None:
        yield f"{rule}. No {needed} is specified"
        return
    for word, amount in asked.items():
        if amount is not None and sign * (amount.value - bound.value) > 0:
            yield f"{rule}, but {word} is {amount}"
            return


def _ratio_problems(rule: str, request: Quantity | None, limit: Quantity | None, most: Quantity) -> Iterable[str]:
    if request is None or not request.value:
        yield f"{rule}, but no request is specified or request is 0"
    elif limit is None or not limit.value:
        yield f"{rule}, but no limit is specified or limit is 0"
    elif limit.value / request.value > most.value:
        yield f"{rule}, but provided ratio is {float(limit.value / request.value):.6f}"
