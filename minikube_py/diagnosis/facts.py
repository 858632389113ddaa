"""Facts: what was read of the cluster, all at about one moment, and the look-ups that explanations need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.coordination.lease import Lease
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.diagnosis.explanation import Evidence

_SHOWN_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Facts:
    """`gaps` says of which kinds nothing could be read, and why: empty here, but not none."""

    now_s: float
    server: str = ""
    namespace: str = "default"
    pods: tuple[Pod, ...] = ()
    """Of all namespaces: what is taken on a node is taken by all of them."""
    nodes: tuple[Node, ...] = ()
    leases: tuple[Lease, ...] = ()
    events: tuple[Event, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    replica_sets: tuple[ReplicaSet, ...] = ()
    services: tuple[Service, ...] = ()
    slices: tuple[EndpointSlice, ...] = ()
    rules: str | None = None
    """What `iptables-save` says on this machine; None: it was not asked, `rules_gap` says why."""
    rules_gap: str = ""
    rules_of: str = ""
    """The node whose rules and routes they are."""
    routes: Mapping[str, str] = field(default_factory=dict)
    """What `ip route get` says there of the endpoints' addresses; no entry: there is no route."""
    gaps: Mapping[str, str] = field(default_factory=dict)

    def events_of(self, about: Resource, *reasons: str) -> Iterator[Event]:
        """Events about an object, the latest first; only of these reasons, if any are given."""
        found = [
            event
            for event in self.events
            if event.involved_object.uid == about.metadata.uid and (not reasons or event.reason in reasons)
        ]
        yield from sorted(found, key=seen_at_s, reverse=True)

    def last_event(self, about: Resource, *reasons: str) -> Event | None:
        return next(self.events_of(about, *reasons), None)

    def owned_pods(self, owner: Resource) -> tuple[Pod, ...]:
        """The pods that an object controls."""
        return tuple(pod for pod in self.pods if is_owned(pod, owner))

    def node(self, name: str) -> Node | None:
        return next((node for node in self.nodes if node.metadata.name == name), None)

    def lease(self, namespace: str, name: str) -> Lease | None:
        found = (lease for lease in self.leases if lease.metadata.name == name)
        return next((lease for lease in found if lease.metadata.namespace == namespace), None)

    def age_text(self, at: Time) -> str:
        """How long ago, for people: `12s`, `3m`."""
        seconds = max(0, int(self.now_s - at.epoch_s))
        for unit_s, unit in ((86400, "d"), (3600, "h"), (60, "m")):
            if seconds >= 2 * unit_s:
                return f"{seconds // unit_s}{unit}"
        return f"{seconds}s"


def is_owned(dependent: Resource, owner: Resource) -> bool:
    """Whether the owner controls it."""
    references = dependent.metadata.owner_references
    return any(reference.controller and reference.uid == owner.metadata.uid for reference in references)


def seen_at(event: Event) -> Time | None:
    """When an event happened the last time."""
    series = event.series.last_observed_time if event.series is not None else None
    return series or event.last_timestamp or event.event_time


def seen_at_s(event: Event) -> float:
    at = seen_at(event)
    return at.epoch_s if at is not None else 0.0


def first_seen_at(event: Event) -> Time | None:
    return event.first_timestamp or event.event_time


def event_evidence(events: Iterable[Event], limit: int = 3) -> tuple[Evidence, ...]:
    """The latest events, each text once."""
    found: dict[tuple[str, str], Evidence] = {}
    for event in events:
        sender = event.source.component or event.reporting_component
        text = event.message.strip()[:_SHOWN_MESSAGE]
        times = f" (x{event.count})" if event.count > 1 else ""
        found.setdefault(
            (event.reason, text), Evidence(f"event {event.reason} by {sender}{times}", text, seen_at(event))
        )
    return tuple(found.values())[:limit]
