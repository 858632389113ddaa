"""Quality of service: which pods are killed first when a node runs out of memory.

Guaranteed pods have asked for all that they may use, BestEffort pods for nothing, Burstable pods are in between.

Kubernetes: pkg/apis/core/v1/helper/qos/qos.go; docs/concepts/workloads/pods/pod-qos
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from minikube_py.api.kinds.core.common import ResourceRequirements
from minikube_py.api.kinds.core.pod_spec import PodSpec
from minikube_py.api.scalars import Quantity

QualityOfService = Literal["Guaranteed", "Burstable", "BestEffort"]

_COUNTED = ("cpu", "memory")


def quality_of_service(spec: PodSpec) -> QualityOfService:
    whole = spec.resources
    if whole is not None and (whole.limits or whole.requests):
        parts = [whole]
    else:
        parts = [container.resources for container in (*spec.containers, *spec.init_containers)]
    requests = _sums(part.requests for part in parts)
    limits = _sums(part.limits for part in parts)
    if not requests and not limits:
        return "BestEffort"
    if all(_limits_both(part) for part in parts) and requests == limits:
        return "Guaranteed"
    return "Burstable"


def _limits_both(part: ResourceRequirements) -> bool:
    return all(name in part.limits and part.limits[name] != "0" for name in _COUNTED)


def _sums(parts: Iterable[Mapping[str, Quantity]]) -> dict[str, Quantity]:
    sums: dict[str, Quantity] = {}
    for amounts in parts:
        for name in _COUNTED:
            amount = amounts.get(name)
            if amount is not None and amount != "0":
                sums[name] = sums[name] + amount if name in sums else amount
    return sums
