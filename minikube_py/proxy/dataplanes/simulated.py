"""A dataplane without packets: keeps the RuleSet and says what would become of a packet.

This is the shortest description of what all dataplanes must do. The contract suite holds the real ones to it, and a
property test traces random packets through the generated iptables text and compares.

Kubernetes: what pkg/proxy/iptables/proxier_test.go asserts with its packet tracer
"""

import ipaddress
import random
from collections.abc import Iterable

from minikube_py.proxy.dataplanes.interface import DataplaneConfig
from minikube_py.proxy.packets import Outcome, Packet
from minikube_py.proxy.ruleset import Backend, Frontend, PortRules, RuleSet


class SimulatedDataplane:
    """Implements Dataplane for one imagined node."""

    def __init__(
        self, config: DataplaneConfig, node_addresses: Iterable[str], *, randomness: random.Random | None = None
    ) -> None:
        self._config = config
        self._node_addresses = frozenset(node_addresses)
        self._randomness = randomness or random.Random()
        self._rules = RuleSet()
        self._affinity: dict[tuple[str, str], Backend] = {}

    async def sync(self, rules: RuleSet) -> None:
        self._rules = rules

    async def audit(self) -> bool:
        return False

    async def cleanup(self) -> None:
        self._rules = RuleSet()
        self._affinity.clear()

    def send(self, packet: Packet) -> Outcome:
        """Let one connection happen: chance and session affinity choose among the possible outcomes."""
        found = self._find(packet)
        outcomes = self.possible_outcomes(packet)
        if found is None or outcomes[0].backend is None:
            return outcomes[0]
        port = found[0]
        memory = (str(port.name), packet.source)
        remembered = self._affinity.get(memory) if port.affinity_timeout_s is not None else None
        again = [outcome for outcome in outcomes if outcome.backend == remembered]
        chosen = again[0] if again else self._randomness.choice(outcomes)
        if port.affinity_timeout_s is not None and chosen.backend is not None:
            self._affinity[memory] = chosen.backend
        return chosen

    def possible_outcomes(self, packet: Packet) -> tuple[Outcome, ...]:
        """Everything that can become of a packet, each with the same chance."""
        found = self._find(packet)
        if found is None:
            return (Outcome("passed"),)
        port, frontend = found
        if not port.has_endpoints:
            is_for_others = frontend.is_external and bool(frontend.address) and self._is_from_node(packet)
            # As upstream: who refuses an external address stands at the door, where the node's own packets never come.
            return (Outcome("passed" if is_for_others else "rejected"),)
        if frontend.sources and not _is_in(packet.source, (*frontend.sources, f"{frontend.address}/32")):
            return (Outcome("dropped"),)
        pool = self._pool(port, frontend, packet)
        if not pool:
            return (Outcome("dropped"),)
        return tuple(Outcome("delivered", backend, self._is_masqueraded(frontend, packet, backend)) for backend in pool)

    def _find(self, packet: Packet) -> tuple[PortRules, Frontend] | None:
        """The Service that a packet means; addresses of its own come before node ports."""
        asked = [
            (port, frontend)
            for port in self._rules.ports()
            for frontend in port.frontends
            if (port.protocol, frontend.port) == (packet.protocol, packet.port)
        ]
        by_address = [entry for entry in asked if entry[1].address == packet.destination]
        if by_address:
            return by_address[0]
        is_node = packet.destination in self._node_addresses
        return next((entry for entry in asked if is_node and entry[1].kind == "node port"), None)

    def _pool(self, port: PortRules, frontend: Frontend, packet: Packet) -> tuple[Backend, ...]:
        if not frontend.is_local_only:
            return port.cluster
        is_insider = self._is_from_pod(packet) or self._is_from_node(packet)
        # The policy is about traffic from outside: who is in the cluster already reaches every endpoint.
        return port.cluster if frontend.is_external and is_insider else port.local

    def _is_masqueraded(self, frontend: Frontend, packet: Packet, backend: Backend) -> bool:
        if packet.source == backend.address:
            return True
        if not frontend.is_external:
            is_stranger = bool(self._config.cluster_cidr) and not self._is_from_pod(packet)
            return is_stranger or self._config.masquerade_all
        return not frontend.is_local_only or (self._is_from_node(packet) and not self._is_from_pod(packet))

    def _is_from_pod(self, packet: Packet) -> bool:
        return bool(self._config.cluster_cidr) and _is_in(packet.source, (self._config.cluster_cidr,))

    def _is_from_node(self, packet: Packet) -> bool:
        return packet.source in self._node_addresses


def _is_in(address: str, networks: Iterable[str]) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in networks)
