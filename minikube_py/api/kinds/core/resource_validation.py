"""What is wrong with the resources that a container or pod asks for.

Kubernetes: pkg/apis/core/validation/validation.go (ValidateResourceRequirements)
"""

from __future__ import annotations

from minikube_py.api.kinds.core.common import ResourceRequirements
from minikube_py.api.kinds.field_checks import NOT_NEGATIVE, Errors, not_found_value, qualified_errors
from minikube_py.api.scalars import Quantity
from minikube_py.api.validation import duplicate_value, forbidden_value, invalid_value, required, shown

_OF_CONTAINERS = frozenset({"cpu", "memory", "ephemeral-storage"})
_STANDARD = _OF_CONTAINERS | {
    "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims",
    "services.nodeports", "services.loadbalancers", "storage", "requests.cpu", "requests.memory", "limits.cpu",
    "limits.memory",
}  # fmt: skip


def container_resource_errors(resources: ResourceRequirements, claims: tuple[str, ...], path: str) -> Errors:
    if resources.limits or resources.requests:
        yield from resource_errors(resources, path)
    for index, claim in enumerate(resources.claims):
        if not claim.name:
            yield required(f"{path}.claims[{index}]")
        elif claim in resources.claims[:index]:
            yield duplicate_value(f"{path}.claims[{index}]", claim.name)
        elif claim.name not in claims:
            known = f"one of the names in pod.spec.resourceClaims: {shown(claims)}"
            empty = "one of the names in pod.spec.resourceClaims which is empty"
            yield not_found_value(f"{path}.claims[{index}]", claim.name, f"must be {known if claims else empty}")


def resource_errors(resources: ResourceRequirements, path: str, *, of_pod: bool = False) -> Errors:
    """`of_pod`: resources of the pod as a whole, which have no extended kinds."""
    for name, amount in resources.limits.items():
        yield from _amount_errors(name, amount, f"{path}.limits[{name}]", of_pod=of_pod)
    for name, amount in resources.requests.items():
        yield from _amount_errors(name, amount, f"{path}.requests[{name}]", of_pod=of_pod)
        limit = resources.limits.get(name)
        if limit is not None:
            yield from _limit_errors(name, amount, limit, f"{path}.requests")
        elif not _may_be_overcommitted(name):
            yield required(f"{path}.limits", "Limit must be set for non overcommitable resources")
    names = resources.limits.keys() | resources.requests.keys()
    if any(name.startswith("hugepages-") for name in names) and not names & {"cpu", "memory"}:
        yield forbidden_value(path, "HugePages require cpu or memory")


def _limit_errors(name: str, amount: Quantity, limit: Quantity, path: str) -> Errors:
    if amount == limit:
        return
    if not _may_be_overcommitted(name):
        yield invalid_value(path, amount, f"must be equal to {name} limit of {limit}")
    elif amount.value > limit.value:
        yield invalid_value(path, amount, f"must be less than or equal to {name} limit of {limit}")


def _amount_errors(name: str, amount: Quantity, path: str, *, of_pod: bool) -> Errors:
    if name not in _OF_CONTAINERS:
        yield from resource_name_errors(name, path, of_pod=of_pod)
    if amount.startswith("-"):
        yield invalid_value(path, amount, NOT_NEGATIVE)
    if "/" in name and amount.value % 1:
        yield invalid_value(path, amount, "must be an integer")


def resource_name_errors(name: str, path: str, *, of_pod: bool = False) -> Errors:
    yield from qualified_errors(name, path)
    if "/" in name or name.startswith("hugepages-"):
        return
    if name not in _STANDARD:
        yield invalid_value(path, name, "must be a standard resource type or fully qualified")
    if name not in _OF_CONTAINERS and not of_pod:
        yield invalid_value(path, name, "must be a standard resource for containers")


def _may_be_overcommitted(name: str) -> bool:
    """Whether a node may promise more of it than it has: not of huge pages and not of what devices give."""
    return name in _OF_CONTAINERS or ("/" not in name and not name.startswith("hugepages-")) or "kubernetes.io/" in name


def positive_errors(amount: Quantity, path: str) -> Errors:
    if amount.value <= 0:
        yield invalid_value(path, amount, "must be greater than zero")


_IN_UNITS = frozenset({
    "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims",
    "services.nodeports", "services.loadbalancers",
})  # fmt: skip


def is_counted_in_units(name: str) -> bool:
    return name in _IN_UNITS or ("/" in name and "kubernetes.io/" not in name.partition("/")[0] + "/")


_IN_QUOTAS = frozenset({
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
    "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", *_IN_UNITS,
})  # fmt: skip


def quota_name_errors(name: str, path: str) -> Errors:
    """What is wrong with the name of something that a quota counts."""
    yield from qualified_errors(name, path)
    if "/" not in name and name not in _STANDARD | _IN_QUOTAS and not _is_huge_pages(name):
        yield invalid_value(path, name, "must be a standard resource type or fully qualified")
    if "/" not in name and name not in _IN_QUOTAS and not _is_huge_pages(name):
        yield invalid_value(path, name, "must be a standard resource for quota")


def _is_huge_pages(name: str) -> bool:
    return name.startswith(("hugepages-", "requests.hugepages-", "limits.hugepages-"))


def limit_name_errors(name: str, path: str, *, of_container: bool) -> Errors:
    """What is wrong with the name of something that a limit range bounds."""
    if of_container:
        yield from resource_name_errors(name, path)
        return
    yield from qualified_errors(name, path)
    if "/" not in name and name not in _STANDARD and not name.startswith("hugepages-"):
        yield invalid_value(path, name, "must be a standard resource type or fully qualified")
