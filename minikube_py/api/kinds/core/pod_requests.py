"""How much of each resource a pod asks for, and takes of its node. Pure.

Kubernetes: staging/src/k8s.io/component-helpers/resource/helpers.go (PodRequests)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from minikube_py.api.kinds.core.pod_spec import PodSpec
from minikube_py.api.scalars import Quantity

Amounts = dict[str, int]
"""By resource: CPU in thousandths, everything else in whole units."""


def pod_requests(spec: PodSpec) -> Amounts:
    """What the pod asks for, its overhead included."""
    total: Amounts = {}
    add(total, pod_totals(spec, "requests"))
    add(total, spec.overhead)
    return total


def pod_totals(spec: PodSpec, what: Literal["requests", "limits"]) -> dict[str, Quantity]:
    """What regular containers and sidecars ask for together, or what an init container needs where that is more.

    While an init container runs, the sidecars before it run too. What the pod says of itself as a whole goes before.
    """
    together: dict[str, Quantity] = {}
    for container in spec.containers:
        _sum(together, getattr(container.resources, what))
    sidecars: dict[str, Quantity] = {}
    while_starting: dict[str, Quantity] = {}
    for container in spec.init_containers:
        needed = dict(sidecars)
        _sum(needed, getattr(container.resources, what))
        if container.restart_policy == "Always":
            _sum(together, getattr(container.resources, what))
            sidecars = needed
        for name, amount in needed.items():
            while_starting[name] = _larger(while_starting.get(name), amount)
    total = together | {name: _larger(together.get(name), amount) for name, amount in while_starting.items()}
    return total if spec.resources is None else {**total, **getattr(spec.resources, what)}


def _sum(total: dict[str, Quantity], amounts: Mapping[str, Quantity]) -> None:
    for name, amount in amounts.items():
        total[name] = total[name] + amount if name in total else amount


def _larger(one: Quantity | None, other: Quantity) -> Quantity:
    return one if one is not None and one.value > other.value else other


def add(total: Amounts, amounts: Mapping[str, Quantity]) -> None:
    for name, amount in amounts.items():
        total[name] = total.get(name, 0) + (amount.millis if name == "cpu" else amount.units)


def host_ports(spec: PodSpec) -> tuple[tuple[str, str, int], ...]:
    """(address, protocol, port) of the node that the pod takes."""
    return tuple(
        (port.host_ip or "0.0.0.0", port.protocol or "TCP", port.host_port)
        for container in spec.containers
        for port in container.ports
        if port.host_port
    )
