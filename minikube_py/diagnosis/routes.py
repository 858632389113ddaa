"""Routes: where a node sends packets for pods of other nodes. The last thing on the way to a service's endpoint.

Pods of a node have addresses that only that node knows. Every other node needs a route to them; without one they go the
default way, to a router that has never heard of pods, and no answer comes.

Kubernetes: the route controller of a cloud, or the network plugin
Simplified: a plugin that hides pods' packets in others (an overlay) has routes of its own, which count as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.diagnosis.explanation import Evidence
from minikube_py.network.places import DEFAULT

_GATEWAY = re.compile(r"^\S+(?: via (?P<via>\S+))? dev (?P<device>\S+)")


@dataclass(frozen=True, slots=True)
class LostEndpoint:
    """An endpoint to which this machine knows no way."""

    address: str
    node: str
    route: str
    """As `ip route get` shows it; empty: it shows none."""

    @property
    def evidence(self) -> Evidence:
        shown = f"goes the default way: {self.route}" if self.route else "there is none: the network is unreachable"
        return Evidence(f"route to {self.address} on {self.node}", shown)

    def next_step(self, nodes: tuple[Node, ...]) -> str:
        """The command that mends it."""
        node = next((each for each in nodes if each.metadata.name == self.node), None)
        cidr = node.spec.pod_cidr if node is not None else ""
        inside = (
            (each.address for each in node.status.addresses if each.type == "InternalIP") if node is not None else ()
        )
        return f"Tell the way: ip route add {cidr or 'PODS-OF-' + self.node} via {next(iter(inside), self.node)}"


def lost_endpoints(slices: list[EndpointSlice], routes: Mapping[str, str], here: str) -> Iterator[LostEndpoint]:
    """Ready endpoints on other nodes than `here` whose route is the default one, or none.

    `routes` has what `ip route get` says of each address that was asked for, and the default route.
    """
    default = _gateway(routes.get(DEFAULT, ""))
    for piece in slices:
        for endpoint in piece.endpoints:
            if endpoint.conditions.ready is False or not endpoint.node_name or endpoint.node_name == here:
                continue
            for address in endpoint.addresses:
                route = routes.get(address, "")
                if not route or (default is not None and _gateway(route) == default):
                    yield LostEndpoint(address, endpoint.node_name, route)


def _gateway(route: str) -> tuple[str, str] | None:
    """The router and the link; None without a route, or where the link itself leads there."""
    found = _GATEWAY.match(route)
    return (found["via"], found["device"]) if found is not None and found["via"] else None
