"""Where does this packet go? Walks iptables rules chain by chain, as the kernel would, for the first packet of a flow.

Reads what `iptables-save` prints, so it works on a live node's rules and on text that was never loaded. Where chance
decides, it follows every way and says how likely each is. What it cannot know (interfaces, foreign match modules) it
takes for no match and says so in the hops.

    nat PREROUTING | OUTPUT  ->  filter INPUT | FORWARD | OUTPUT  ->  nat POSTROUTING

Kubernetes: tracePacket in pkg/proxy/iptables/proxier_test.go, which likewise ignores what a packet's text cannot tell.
Simplified: no mangle and raw tables, no replies; session affinity starts with nobody remembered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from minikube_py.proxy.dataplanes.iptables_tables import SavedTable, parse_save
from minikube_py.proxy.packets import Outcome, Packet
from minikube_py.proxy.ruleset import Backend
from minikube_py.proxy.trace_rules import Facts, Rule, UnknownMatch, parse_rule

_ENDS: Final = frozenset({"ACCEPT", "DROP", "REJECT", "DNAT", "MASQUERADE"})


@dataclass(frozen=True, slots=True)
class Route:
    """One way that a packet can take, with its probability."""

    outcome: Outcome
    probability: float
    hops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """A packet under way: what has become of it so far."""

    facts: Facts
    probability: float = 1.0
    hops: tuple[str, ...] = ()
    ended: str = ""
    """The target that ended this hook; empty while rules are still being read."""

    def at(self, hop: str) -> "_Way":
        return replace(self, hops=(*self.hops, hop))


class Tracer:
    """Traces through one set of tables."""

    def __init__(self, tables: Mapping[str, SavedTable], node_addresses: Iterable[str]) -> None:
        self._tables = tables
        self._node_addresses = frozenset(node_addresses)
        self._parsed: dict[str, Rule] = {}

    @classmethod
    def from_save(cls, text: str, node_addresses: Iterable[str]) -> "Tracer":
        """A tracer for the output of `iptables-save`."""
        return cls(parse_save(text), node_addresses)

    def trace(self, packet: Packet) -> tuple[Route, ...]:
        """All ways that a packet can take; their probabilities add up to 1."""
        facts = Facts(
            packet.source, packet.destination, packet.port, packet.protocol, node_addresses=self._node_addresses
        )
        is_own = packet.source in self._node_addresses
        routes = []
        for translated in self._hook("nat", "OUTPUT" if is_own else "PREROUTING", _Way(facts)):
            is_for_node = translated.facts.destination in self._node_addresses
            # What the node sends to itself leaves and arrives, by the loopback link.
            gates = ("OUTPUT",) * is_own + (("INPUT",) if is_for_node else () if is_own else ("FORWARD",))
            for passed in self._filter(gates, translated):
                if passed.ended in ("DROP", "REJECT") or is_for_node:
                    routes.append(_route(passed, is_masqueraded=False))
                    continue
                for left in self._hook("nat", "POSTROUTING", passed):
                    routes.append(_route(left, is_masqueraded=left.ended == "MASQUERADE"))
        return tuple(routes)

    def _filter(self, gates: tuple[str, ...], way: _Way) -> Iterator[_Way]:
        """Through the filter table's chains one after the other, as far as it is let."""
        for result in self._hook("filter", gates[0], way):
            if len(gates) == 1 or result.ended in ("DROP", "REJECT"):
                yield result
            else:
                yield from self._filter(gates[1:], result)

    def _hook(self, table: str, chain: str, way: _Way) -> Iterator[_Way]:
        known = self._tables.get(table)
        if known is None or chain not in known.chains:
            yield replace(way, ended="")
            return
        for result in self._walk(table, chain, replace(way, ended="")):
            yield result if result.ended else replace(result, ended=known.policies.get(chain, "ACCEPT"))

    def _walk(self, table: str, chain: str, way: _Way, first: int = 0) -> Iterator[_Way]:
        """Every way through a chain from its rule number `first` on; `ended` is empty for those that fall out of it."""
        rules = self._tables[table].chains.get(chain, ())
        for number in range(first, len(rules)):
            rule = self._rule(rules[number])
            try:
                chance = rule.chance(way.facts)
            except UnknownMatch as unknown:
                way = way.at(f"{table} {chain}: passed over, cannot tell {unknown}: {rules[number]}")
                continue
            if chance == 0.0:
                continue
            if chance < 1.0:
                missed = replace(way, probability=way.probability * (1 - chance))
                yield from self._walk(table, chain, missed, number + 1)
                way = replace(way, probability=way.probability * chance)
            hop = f"{table} {chain}: {rules[number]}"
            if rule.target == "RETURN":
                yield way.at(hop)
                return
            if rule.target in self._tables[table].chains:
                for result in self._walk(table, rule.target, way.at(hop)):
                    if result.ended:
                        yield result
                    else:
                        yield from self._walk(table, chain, result, number + 1)
                return
            way = replace(way.at(hop), facts=rule.apply(way.facts), ended=rule.target if rule.target in _ENDS else "")
            if way.ended:
                yield way
                return
        yield way

    def _rule(self, text: str) -> Rule:
        if text not in self._parsed:
            self._parsed[text] = parse_rule(text)
        return self._parsed[text]


def _route(way: _Way, *, is_masqueraded: bool) -> Route:
    verdict = {"DROP": "dropped", "REJECT": "rejected"}.get(way.ended)
    if verdict == "dropped":
        return Route(Outcome("dropped"), way.probability, way.hops)
    if verdict == "rejected":
        return Route(Outcome("rejected"), way.probability, way.hops)
    if not way.facts.is_translated:
        return Route(Outcome("passed"), way.probability, way.hops)
    backend = Backend(way.facts.destination, way.facts.port)
    return Route(Outcome("delivered", backend, is_masqueraded), way.probability, way.hops)
