"""How much of each resource a pod takes of its node. Pure.

Kubernetes: staging/src/k8s.io/component-helpers/resource/helpers.go (PodRequests)
Simplified: no requests of the pod as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.api.kinds.core.pod_spec import PodSpec
from minikube_py.api.scalars import Quantity

Amounts = dict[str, int]
"""By resource: CPU in thousandths, everything else in whole units."""


def pod_requests(spec: PodSpec) -> Amounts:
    """What regular containers and sidecars ask for together, or what an init container needs where that is more.

    While an init container runs, the sidecars before it run too. The pod's overhead comes on top.
    """
    together: Amounts = {}
    for container in spec.containers:
        add(together, container.resources.requests)
    sidecars: Amounts = {}
    while_starting: Amounts = {}
    for container in spec.init_containers:
        needed = dict(sidecars)
        add(needed, container.resources.requests)
        if container.restart_policy == "Always":
            add(together, container.resources.requests)
            sidecars = needed
        for name, amount in needed.items():
            while_starting[name] = max(while_starting.get(name, 0), amount)
    total = {name: max(amount, together.get(name, 0)) for name, amount in (together | while_starting).items()}
    add(total, spec.overhead)
    return total


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
