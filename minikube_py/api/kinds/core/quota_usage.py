"""How much of what a ResourceQuota bounds an object uses, and which quotas it counts for. Pure.

The API server adds it to a quota when an object is made; the quota's controller adds all of it up again.

Kubernetes: pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims}.go, apiserver/pkg/quota/v1/generic
Simplified: a pod counts until it has ended or is gone, also on a node that does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minikube_py.api.kinds.core.access_modes import storage_class_of
from minikube_py.api.kinds.core.common import ResourceRequirements
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_quality import quality_of_service
from minikube_py.api.kinds.core.pod_requests import pod_totals
from minikube_py.api.kinds.core.resource_quota import ResourceQuotaSpec
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Quantity

Usage = dict[str, Quantity]

_ONE = Quantity(1)
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_TO_SPECIFY = {f"{prefix}{name}" for prefix in ("", "requests.", "limits.") for name in ("cpu", "memory")}


def usage(obj: Resource) -> Usage:
    """By the names that a quota may have. Every object counts as one of its kind."""
    definition = obj.definition
    counted: Usage = {f"count/{definition.group_resource}": _ONE}
    if isinstance(obj, Pod) and obj.status.phase in ("Succeeded", "Failed"):
        return counted
    if not definition.group:
        counted[definition.plural] = _ONE
    more = _USAGE.get(type(obj))
    return counted if more is None else counted | more(obj)


def total(objects: Iterable[Resource], spec: ResourceQuotaSpec, names: Iterable[str]) -> Usage:
    """What the objects that count for a quota use together, of these names."""
    sums = {name: Quantity() for name in names}
    for obj in objects:
        if in_scope(spec, obj):
            for name, amount in usage(obj).items():
                if name in sums:
                    sums[name] = sums[name] + amount
    return sums


def increase(new: Resource, old: Resource | None) -> Usage:
    """What a write adds."""
    before = usage(old) if old is not None else {}
    after = usage(new)
    return {name: less(amount, before.get(name)) for name, amount in after.items() if _grows(amount, before.get(name))}


def _grows(amount: Quantity, before: Quantity | None) -> bool:
    return amount.value > (before.value if before is not None else 0)


def less(amount: Quantity, other: Quantity | None) -> Quantity:
    return amount if other is None else Quantity.of(amount.value - other.value, binary=amount.endswith("i"))


def unspecified(obj: Resource, names: Iterable[str]) -> str:
    """`cpu for: a,b; limits.memory for: a`: what a quota needs to be told of each container of a pod, and is not."""
    if not isinstance(obj, Pod):
        return ""
    needed = (set(names) & _TO_SPECIFY) - (_specified(obj.spec.resources) if obj.spec.resources else set())
    missing: dict[str, list[str]] = {}
    for container in (*obj.spec.containers, *obj.spec.init_containers):
        for name in needed - _specified(container.resources):
            missing.setdefault(name, []).append(container.name)
    return "; ".join(f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing))


def _specified(resources: ResourceRequirements) -> set[str]:
    return _compute(resources.requests, resources.limits).keys() | set()


def _compute(requests: Mapping[str, Quantity], limits: Mapping[str, Quantity]) -> Usage:
    found: Usage = {f"limits.{name}": amount for name, amount in limits.items() if name in _COMPUTE}
    for name, amount in requests.items():
        found[f"requests.{name}"] = amount
        if name in _COMPUTE or name.startswith("hugepages-"):
            found[name] = amount
    return found


def _pod_usage(pod: Pod) -> Usage:
    requests = pod_totals(pod.spec, "requests")
    for name, amount in pod.spec.overhead.items():
        requests[name] = requests.get(name, Quantity()) + amount
    return _compute(requests, pod_totals(pod.spec, "limits"))


def _service_usage(service: Service) -> Usage:
    spec = service.spec
    if spec.type not in ("NodePort", "LoadBalancer"):
        return {}
    ports = [port for port in spec.ports if port.node_port or spec.allocate_load_balancer_node_ports is not False]
    found = {"services.nodeports": Quantity(len(ports))}
    return found | {"services.loadbalancers": _ONE} if spec.type == "LoadBalancer" else found


def _claim_usage(claim: PersistentVolumeClaim) -> Usage:
    requests = claim.spec.resources.requests
    found = {"requests.storage": requests["storage"]} if "storage" in requests else {}
    name = storage_class_of(claim.metadata, claim.spec.storage_class_name)
    if name:
        of_class = {**found, "persistentvolumeclaims": _ONE}
        found |= {f"{name}.storageclass.storage.k8s.io/{what}": amount for what, amount in of_class.items()}
    return found


_USAGE: dict[type[Resource], Callable[[Any], Usage]] = {
    Pod: _pod_usage,
    Service: _service_usage,
    PersistentVolumeClaim: _claim_usage,
}
"""What an object uses besides being one of its kind."""


def in_scope(spec: ResourceQuotaSpec, obj: Resource) -> bool:
    """Whether the object counts for a quota: a quota with scopes counts only objects that can be of these scopes."""
    wanted = [(scope, "Exists", ()) for scope in spec.scopes]
    selected = spec.scope_selector.match_expressions if spec.scope_selector is not None else ()
    more = [(each.scope_name, each.operator, each.values) for each in selected]
    return all(_holds(obj, scope, operator, values) for scope, operator, values in (*wanted, *more))


def _holds(obj: Resource, scope: str, operator: str, values: tuple[str, ...]) -> bool:
    value_of = _SCOPES.get(type(obj), {}).get(scope)
    if value_of is None:
        return False
    value = value_of(obj)
    if operator in ("In", "NotIn"):
        return (value in values) == (operator == "In")
    return bool(value) == (operator == "Exists")


def _crosses_namespaces(pod: Pod) -> bool:
    affinity = pod.spec.affinity
    both = (affinity.pod_affinity, affinity.pod_anti_affinity) if affinity is not None else ()
    terms = [
        term
        for each in both
        if each is not None
        for term in (
            *each.required_during_scheduling_ignored_during_execution,
            *(p.pod_affinity_term for p in each.preferred_during_scheduling_ignored_during_execution),
        )
    ]
    return any(term.namespaces or term.namespace_selector is not None for term in terms)


_SCOPES: dict[type[Resource], dict[str, Callable[[Any], object]]] = {
    Pod: {
        "Terminating": lambda pod: pod.spec.active_deadline_seconds is not None,
        "NotTerminating": lambda pod: pod.spec.active_deadline_seconds is None,
        "BestEffort": lambda pod: quality_of_service(pod.spec) == "BestEffort",
        "NotBestEffort": lambda pod: quality_of_service(pod.spec) != "BestEffort",
        "PriorityClass": lambda pod: pod.spec.priority_class_name,
        "CrossNamespacePodAffinity": _crosses_namespaces,
    },
    PersistentVolumeClaim: {"VolumeAttributesClass": lambda claim: claim.spec.volume_attributes_class_name},
}
"""By kind: what an object is, in each scope that it can be of; something empty: it is not of that scope."""
