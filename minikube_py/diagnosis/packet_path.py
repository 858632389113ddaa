"""A packet's way to a service: the ways that the rules leave it, with counters, and which of them a real one took.

The rules are those of one node, as `iptables-save -c` prints them; `proxy/tracer.py` walks them. Pure.

Simplified: TCP and UDP over IPv4; what cannot be told from a rule's text (interfaces) is passed over, and said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from minikube_py.api.kinds.core.service import Service, ServicePort
from minikube_py.api.model import Json
from minikube_py.errors import MinikubeError
from minikube_py.proxy.dataplanes.iptables_tables import packet_counts
from minikube_py.proxy.packets import Packet
from minikube_py.proxy.tracer import Route, Tracer


class NoPath(MinikubeError):
    """There is nothing to trace; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One rule that takes the packet; `packets` is the rule's counter, and `counted` what a real packet added to it."""

    table: str
    chain: str
    rule: str
    packets: int | None = None
    is_unclear: bool = False
    """The rule asks for something that cannot be told from outside; it was taken for no match."""
    counted: int = 0

    @property
    def key(self) -> str:
        return f"{self.table} {self.chain}: {self.rule}"


@dataclass(frozen=True, slots=True)
class Way:
    """One way that the packet can take."""

    probability: float
    verdict: str
    """`delivered`, `rejected`, `dropped`, or `passed`: no rule translates it."""
    backend: str = ""
    pod: str = ""
    is_masqueraded: bool = False
    hops: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """All ways of one packet by the rules of one node."""

    packet: Packet
    node: str
    source: str
    """Who sends it, as commands name it."""
    target: str
    ways: tuple[Way, ...] = ()
    sent: str = ""
    """What became of a real packet; empty: none was sent."""
    taken: tuple[int, ...] = field(default=())
    """Which of the ways the counters say it took."""

    def to_dict(self) -> dict[str, Json]:
        packet = self.packet
        document: dict[str, Json] = {
            "from": {"name": self.source, "address": packet.source},
            "to": {"name": self.target, "address": packet.destination, "port": packet.port},
            "protocol": packet.protocol,
            "rulesOf": self.node,
            "ways": [_way(way) for way in self.ways],
        }
        return document if not self.sent else {**document, "sent": {"answer": self.sent, "tookWays": list(self.taken)}}


def port_of(service: Service, wanted: str) -> ServicePort:
    """The port that is meant: by number, by name, or the first. Raises: NoPath."""
    name, spec = service.metadata.name, service.spec
    if spec.type == "ExternalName" or spec.cluster_ip in ("", "None"):
        kind = "an ExternalName" if spec.type == "ExternalName" else "headless"
        raise NoPath(
            f"service/{name} is {kind}: it has no address of its own, and so no rules; clients get what DNS says"
        )
    for port in spec.ports:
        if not wanted or wanted in (str(port.port), port.name):
            return port
    known = ", ".join(f"{port.port}{' (' + port.name + ')' if port.name else ''}" for port in spec.ports)
    raise NoPath(f"service/{name} has no port {wanted}; it has {known}")


def ways_of(rules: str, packet: Packet, node_addresses: Iterable[str], pods: Mapping[str, str]) -> tuple[Way, ...]:
    """Every way, the likeliest first; `pods` names the pods by their addresses."""
    counts = packet_counts(rules)
    routes = Tracer.from_save(rules, node_addresses).trace(packet)
    ways = [_named(route, counts, pods) for route in routes]
    return tuple(sorted(ways, key=lambda way: (-way.probability, way.backend)))


def counted(ways: tuple[Way, ...], before: str, after: str) -> tuple[tuple[Way, ...], tuple[int, ...]]:
    """What was added to the counters between two looks, and which ways all of whose own rules were counted on.

    Other packets in between are counted as well: on a busy node more than one way can look taken.
    """
    first, second = packet_counts(before), packet_counts(after)
    marked = tuple(
        _with_hops(way, tuple(_with_count(hop, first, second) for hop in way.hops)) for way in ways
    )  # fmt: skip
    taken = [number for number, way in enumerate(marked) if way.hops and all(h.counted for h in way.hops if _proves(h))]
    return marked, tuple(taken)


def shared_hops(ways: tuple[Way, ...]) -> tuple[int, int]:
    """How many hops all ways begin with, and how many, of the others, they all end with."""
    hops = [[hop.key for hop in way.hops] for way in ways]
    shortest = min(map(len, hops), default=0)
    first = next((n for n in range(shortest) if len({each[n] for each in hops}) > 1), shortest)
    room = shortest - first
    return first, next((n for n in range(room) if len({each[-1 - n] for each in hops}) > 1), room)


def _proves(hop: Hop) -> bool:
    """Whether the hop's counter must move: not where the rule was passed over; in filter, any packet moves it."""
    return not hop.is_unclear and hop.table == "nat"


def _with_count(hop: Hop, before: Mapping[str, int], after: Mapping[str, int]) -> Hop:
    return Hop(hop.table, hop.chain, hop.rule, after.get(hop.key), hop.is_unclear,
               after.get(hop.key, 0) - before.get(hop.key, 0))  # fmt: skip


def _with_hops(way: Way, hops: tuple[Hop, ...]) -> Way:
    return Way(way.probability, way.verdict, way.backend, way.pod, way.is_masqueraded, hops)


def _named(route: Route, counts: Mapping[str, int], pods: Mapping[str, str]) -> Way:
    backend = route.outcome.backend
    return Way(
        route.probability,
        route.outcome.verdict,
        str(backend) if backend is not None else "",
        pods.get(backend.address, "") if backend is not None else "",
        route.outcome.is_masqueraded,
        tuple(_hop(text, counts) for text in route.hops),
    )


def _hop(text: str, counts: Mapping[str, int]) -> Hop:
    place, _, rule = text.partition(": ")
    table, _, chain = place.partition(" ")
    is_unclear = rule.startswith("passed over, cannot tell ")
    if is_unclear:
        rule = rule.partition(": ")[2]
    return Hop(table, chain, rule, counts.get(f"{table} {chain}: {rule}"), is_unclear)


def _way(way: Way) -> dict[str, Json]:
    return {
        "probability": round(way.probability, 4),
        "verdict": way.verdict,
        "endpoint": way.backend,
        "pod": way.pod,
        "masqueraded": way.is_masqueraded,
        "hops": [_hop_document(hop) for hop in way.hops],
    }


def _hop_document(hop: Hop) -> dict[str, Json]:
    document: dict[str, Json] = {"table": hop.table, "chain": hop.chain, "rule": hop.rule, "packets": hop.packets}
    return {**document, "unclear": hop.is_unclear, "counted": hop.counted}
