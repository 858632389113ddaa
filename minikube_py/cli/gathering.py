"""Reads what the questions `why`, `trace` and `timeline` need: objects as models, and the rules of this machine."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.coordination.lease import Lease
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.resource import Resource
from minikube_py.cli.errors import ServerError
from minikube_py.cli.session import Session
from minikube_py.client.request import resource_path
from minikube_py.diagnosis.facts import Facts
from minikube_py.network.commands import find_program
from minikube_py.network.interface import NetworkFault
from minikube_py.network.places import place_of, routes_from, run_in

R = TypeVar("R", bound=Resource)
_MOST_ROUTES = 500


def gather(session: Session, namespace: str) -> Facts:
    """Read everything that an explanation may need; what may not be read is named in `gaps`.

    Raises: CommandError when the server cannot be reached, or does not know who asks.
    """
    reader = _Reader(session)
    nodes, pods = reader.all(Node), reader.all(Pod)
    if "pods" in reader.gaps:
        # Whoever may see one namespace only is told at least what is in it.
        pods = reader.all(Pod, namespace)
    slices = reader.all(EndpointSlice, namespace)
    here = _of_this_machine(nodes, slices)
    return Facts(
        now_s=time.time(),
        server=session.config.server,
        namespace=namespace,
        pods=pods,
        nodes=nodes,
        leases=reader.all(Lease),
        events=reader.all(Event, namespace),
        deployments=reader.all(Deployment, namespace),
        replica_sets=reader.all(ReplicaSet, namespace),
        services=reader.all(Service, namespace),
        slices=slices,
        rules=here.rules,
        rules_gap=here.gap,
        rules_of=here.node,
        routes=here.routes,
        gaps=reader.gaps,
    )


class _Reader:
    def __init__(self, session: Session) -> None:
        self._session = session
        self.gaps: dict[str, str] = {}

    def all(self, kind: type[R], namespace: str = "") -> tuple[R, ...]:
        plural = kind.definition.plural
        try:
            found = read_all(self._session, kind, namespace)
        except ServerError as error:
            if error.code not in (403, 404):
                raise
            self.gaps[plural] = error.said
            return ()
        self.gaps.pop(plural, None)
        return found


def read_all(session: Session, kind: type[R], namespace: str = "") -> tuple[R, ...]:
    """All objects of a kind, in one namespace or in all. Raises: CommandError."""
    document: dict[str, Any] = session.connection.get(resource_path(kind.definition, namespace))
    return tuple(kind.from_dict(item) for item in document.get("items") or ())


@dataclass(frozen=True, slots=True)
class _Here:
    """What the kernel of the node that is this machine knows; `gap`: why nothing is known."""

    gap: str = ""
    node: str = ""
    rules: str | None = None
    routes: Mapping[str, str] = field(default_factory=dict)


def _of_this_machine(nodes: Iterable[Node], slices: Iterable[EndpointSlice]) -> _Here:
    """Rules and routes of the first node that is on this machine: only a node's say anything."""
    places = ((node, place_of(each.address)) for node in nodes for each in node.status.addresses)
    node, place = next(((node, place) for node, place in places if place is not None), (None, None))
    if node is None or place is None:
        return _Here("this machine is none of the cluster's nodes")
    if os.geteuid() != 0:
        return _Here("the rules are shown to root only")
    targets = [address for piece in slices for endpoint in piece.endpoints for address in endpoint.addresses]
    try:
        rules = run_in(place, (find_program("iptables-save", "iptables"), "-c"))
        routes = routes_from(place, targets[:_MOST_ROUTES])
    except NetworkFault as error:
        return _Here(str(error))
    return _Here("", node.metadata.name, rules, routes)
