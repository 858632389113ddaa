"""Reads what the questions `why`, `trace` and `timeline` need: objects as models, and the rules of this machine."""

import os
import time
from collections.abc import Iterable
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
from minikube_py.network.places import place_of, run_in

R = TypeVar("R", bound=Resource)


def gather(session: Session, namespace: str) -> Facts:
    """Read everything that an explanation may need; what may not be read is named in `gaps`.

    Raises: CommandError when the server cannot be reached, or does not know who asks.
    """
    reader = _Reader(session)
    nodes, pods = reader.all(Node), reader.all(Pod)
    if "pods" in reader.gaps:
        # Whoever may see one namespace only is told at least what is in it.
        pods = reader.all(Pod, namespace)
    rules, rules_gap = rules_of_this_machine(nodes)
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
        slices=reader.all(EndpointSlice, namespace),
        rules=rules,
        rules_gap=rules_gap,
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


def rules_of_this_machine(nodes: Iterable[Node]) -> tuple[str | None, str]:
    """What `iptables-save -c` prints here, or why it was not asked: only a node's rules say anything."""
    addresses = [address.address for node in nodes for address in node.status.addresses]
    place = next((place for address in addresses if (place := place_of(address)) is not None), None)
    if place is None:
        return None, "this machine is none of the cluster's nodes"
    if os.geteuid() != 0:
        return None, "the rules are shown to root only"
    try:
        return run_in(place, (find_program("iptables-save", "iptables"), "-c")), ""
    except NetworkFault as error:
        return None, str(error)
