"""Service traffic carried by this process, byte by byte: for machines without iptables, and to see what a proxy is.

How a packet for a cluster IP gets here: the address is put on the loopback link (`ip addr add 10.96.0.10/32 dev lo`),
so that the kernel takes it for the node's own, from the node as well as from pods whose route leads through it; a
listener on exactly that address and port does the rest (`relay`). The label `lo:kube` says which addresses are ours.

Invariants: a Service without endpoints has no listener, so that clients are refused at once; a listener's choice of
endpoints changes without closing it; addresses with another label are not touched.

Simplified, and what that means for users:
- endpoints see the node's address, never the client's;
- a cluster IP's port may clash with a program that listens on 0.0.0.0 and the same port (said in the log);
- a traffic policy of Local without a local endpoint refuses instead of dropping;
- connections end with this process, where kernel rules would serve on;
- without root no address can be added: node ports are all that is served (said in the log).

Kubernetes: pkg/proxy/userspace (until 1.25), which needed iptables to lead packets to it.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from minikube_py.network.commands import find_program, ip_batch, run
from minikube_py.network.interface import CommandFailed, NetworkFault
from minikube_py.proxy.dataplanes.interface import DataplaneUnavailable
from minikube_py.proxy.dataplanes.relay import Listener, Target, listen
from minikube_py.proxy.ruleset import Frontend, PortRules, RuleSet
from minikube_py.proxy.service_map import Protocol

_LOG = logging.getLogger(__name__)
_LABEL: Final = "lo:kube"
_ANY: Final = "0.0.0.0"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where one listener listens."""

    protocol: Protocol
    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.protocol} {self.address}:{self.port}"


def wanted_places(rules: RuleSet) -> dict[Place, Target]:
    """The listeners for a rule set, and to whom each of them leads."""
    wanted: dict[Place, Target] = {}
    for port in rules.ports():
        for frontend in port.frontends:
            if port.answer(frontend) == "serve":
                place = Place(port.protocol, frontend.address or _ANY, frontend.port)
                wanted[place] = _target(port, frontend)
    return wanted


def wanted_addresses(rules: RuleSet) -> set[str]:
    """The addresses that must be the node's: also of Services without endpoints, so that they are refused here."""
    return {frontend.address for port in rules.ports() for frontend in port.frontends if frontend.address}


class UserspaceDataplane:
    """Implements Dataplane in the network namespace it runs in."""

    def __init__(self) -> None:
        self._listeners: dict[Place, Listener] = {}
        self._rules = RuleSet()
        self._may_add_addresses = True
        self._clashes: set[Place] = set()
        self._lock = asyncio.Lock()

    async def sync(self, rules: RuleSet) -> None:
        async with self._lock:
            await self._sync(rules)

    async def audit(self) -> bool:
        async with self._lock:
            if not self._may_add_addresses:
                return False
            return bool(self._clashes) or await _our_addresses() != wanted_addresses(self._rules)

    async def cleanup(self) -> None:
        async with self._lock:
            await self._close(self._listeners.keys())
            self._rules = RuleSet()
            await _change_addresses("del", await _our_addresses())

    async def _sync(self, rules: RuleSet) -> None:
        addresses, places = wanted_addresses(rules), wanted_places(rules)
        present = await self._add_addresses(addresses)
        await self._close(place for place in self._listeners if place not in places)
        for place, target in places.items():
            if place in self._listeners:
                self._listeners[place].retarget(target)
            elif place.address in (_ANY, *present):
                await self._open(place, target)
        await _change_addresses("del", present - addresses)
        self._clashes &= places.keys()
        self._rules = rules

    async def _add_addresses(self, wanted: set[str]) -> set[str]:
        """Add what is missing and return which addresses are there."""
        if not self._may_add_addresses:
            return set()
        present = await _our_addresses()
        try:
            await _change_addresses("replace", wanted - present)
        except CommandFailed as failed:
            if "not permitted" not in failed.stderr:
                raise DataplaneUnavailable(f"cluster IPs cannot be added to lo: {failed}") from failed
            self._may_add_addresses = False
            _LOG.warning("without root, cluster IPs cannot be served; node ports are")
            return present
        return present | wanted

    async def _open(self, place: Place, target: Target) -> None:
        try:
            self._listeners[place] = await listen(place.protocol, place.address, place.port, target)
        except OSError as refused:
            if place not in self._clashes:
                _LOG.warning("cannot listen for a Service", extra={"place": str(place), "error": str(refused)})
            self._clashes.add(place)
        else:
            self._clashes.discard(place)

    async def _close(self, places: Iterable[Place]) -> None:
        for place in tuple(places):
            self._listeners.pop(place).close()


def check_userspace() -> None:
    """Raises: DataplaneUnavailable with the fix."""
    try:
        find_program("ip", "iproute2")
    except NetworkFault as missing:
        raise DataplaneUnavailable(str(missing)) from missing


def _target(port: PortRules, frontend: Frontend) -> Target:
    pool = port.local if frontend.is_local_only else port.cluster
    return Target(pool, port.affinity_timeout_s, frontend.sources)


async def _our_addresses() -> set[str]:
    try:
        shown = await run(
            (find_program("ip", "iproute2"), "-oneline", "-4", "addr", "show", "dev", "lo", "label", _LABEL)
        )
    except NetworkFault as failed:
        raise DataplaneUnavailable(f"the addresses on lo cannot be read: {failed}") from failed
    return {line.split()[3].partition("/")[0] for line in shown.splitlines()}


async def _change_addresses(verb: str, addresses: Iterable[str]) -> None:
    # Scope host: the kernel must not pick a cluster IP as the source of the node's own packets.
    tail = f"dev lo label {_LABEL} scope host"
    lines = [f"addr {verb} {address}/32 {tail}" for address in sorted(addresses)]
    if lines:
        await ip_batch(lines)
