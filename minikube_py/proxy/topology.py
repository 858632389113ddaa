"""Which endpoints of a port may serve, seen from one node.

Two pools. *cluster*: every ready endpoint, wherever it runs. *local*: the ready ones on this node, which is what a
traffic policy of Local asks for. A pool with nobody ready falls back to endpoints that are shutting down but still
serve: an answer from a leaving pod is better than none.

Kubernetes: pkg/proxy/topology.go (CategorizeEndpoints), KEP-1669 (proxy terminating endpoints), KEP-2086
Simplified: the hints of trafficDistribution (same zone, same node) are not followed: any ready endpoint will do,
which is also what the real proxy does when hints are incomplete.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minikube_py.proxy.service_map import Endpoint, ServicePort


@dataclass(frozen=True, slots=True)
class Serving:
    """The outcome for one port. `has_endpoints` is about the whole cluster: it tells "nobody" from "nobody here"."""

    cluster: tuple[Endpoint, ...]
    local: tuple[Endpoint, ...]
    has_endpoints: bool


def serving_endpoints(port: ServicePort, endpoints: Sequence[Endpoint]) -> Serving:
    """Pick both pools; one that no policy of this port can use stays empty, so that no rules are made for it."""
    everywhere = _ready_or_leaving(endpoints)
    here = _ready_or_leaving(endpoint for endpoint in endpoints if endpoint.is_local)
    return Serving(
        cluster=everywhere if _uses_cluster_pool(port) else (),
        local=here if _uses_local_pool(port) else (),
        has_endpoints=bool(everywhere or here),
    )


def _ready_or_leaving(endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    candidates = tuple(endpoints)
    ready = tuple(endpoint for endpoint in candidates if endpoint.is_ready)
    return ready or tuple(endpoint for endpoint in candidates if endpoint.is_serving and endpoint.is_terminating)


def _uses_cluster_pool(port: ServicePort) -> bool:
    # With an external policy of Local, pods and the node itself still reach every endpoint by the external address.
    return not port.is_internal_local or port.is_externally_reachable


def _uses_local_pool(port: ServicePort) -> bool:
    return port.is_internal_local or (port.is_external_local and port.is_externally_reachable)
