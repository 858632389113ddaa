"""The iptables rules for a RuleSet, as text: pure, in the very words in which `iptables-save` prints them back.

Because text in and text out are equal, "did somebody touch our rules" is a comparison of strings. The way of a packet:

    nat     PREROUTING, OUTPUT -> KUBE-SERVICES --cluster IP--> KUBE-SVC-x --1/3, 1/2, rest--> KUBE-SEP-y -> DNAT
                                       |--external IP----> KUBE-EXT-x --(KUBE-MARK-MASQ)--> KUBE-SVC-x | KUBE-SVL-x
                                       '--own address----> KUBE-NODEPORTS -> KUBE-EXT-x
            POSTROUTING -> KUBE-POSTROUTING: what carries the mark leaves with the node's address
    filter  Services without endpoints: KUBE-SERVICES (cluster IPs), KUBE-EXTERNAL-SERVICES (the rest) -> REJECT, DROP
            KUBE-FORWARD: marked packets and known connections pass even where the FORWARD policy is DROP

x = the Service port, y = port and endpoint, both hashed: the names are upstream's, so its debugging guides apply.

Kubernetes: pkg/proxy/iptables/proxier.go
Simplified: no packet counters (nfacct), no health check node ports, node ports on every address of the node except
127.0.0.1 (which needs route_localnet and a rule against its dangers).
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from minikube_py.proxy.dataplanes.interface import DataplaneConfig
from minikube_py.proxy.ruleset import Backend, Frontend, PortRules, RuleSet, ServiceRules

Chains = dict[str, tuple[str, ...]]
"""Rules by chain, each without its `-A CHAIN ` in front."""
Tables = dict[str, Chains]

_MARK: Final = "0x4000/0x4000"
_NEW: Final = "-m conntrack --ctstate NEW "


def _comment(text: str) -> str:
    return f'-m comment --comment "{text}"'


JUMPS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "filter": (
        ("INPUT", f"{_NEW}{_comment('kubernetes load balancer firewall')} -j KUBE-PROXY-FIREWALL"),
        ("INPUT", f"{_comment('kubernetes health check service ports')} -j KUBE-NODEPORTS"),
        ("INPUT", f"{_NEW}{_comment('kubernetes externally-visible service portals')} -j KUBE-EXTERNAL-SERVICES"),
        ("FORWARD", f"{_NEW}{_comment('kubernetes load balancer firewall')} -j KUBE-PROXY-FIREWALL"),
        ("FORWARD", f"{_comment('kubernetes forwarding rules')} -j KUBE-FORWARD"),
        ("FORWARD", f"{_NEW}{_comment('kubernetes service portals')} -j KUBE-SERVICES"),
        ("FORWARD", f"{_NEW}{_comment('kubernetes externally-visible service portals')} -j KUBE-EXTERNAL-SERVICES"),
        ("OUTPUT", f"{_NEW}{_comment('kubernetes load balancer firewall')} -j KUBE-PROXY-FIREWALL"),
        ("OUTPUT", f"{_NEW}{_comment('kubernetes service portals')} -j KUBE-SERVICES"),
    ),
    "nat": (
        ("PREROUTING", f"{_comment('kubernetes service portals')} -j KUBE-SERVICES"),
        ("OUTPUT", f"{_comment('kubernetes service portals')} -j KUBE-SERVICES"),
        ("POSTROUTING", f"{_comment('kubernetes postrouting rules')} -j KUBE-POSTROUTING"),
    ),
}
"""What we put into chains that are not ours, by table: (built-in chain, rule), in the order they should stand."""

TABLE_IS_OURS: Final = "KUBE-PROXY-MADE-THIS"
"""An empty chain of this name: the table was not there before, so `cleanup` may delete it if nobody else moved in.

A chain and not a rule, because `iptables -F` leaves chains alone.
"""

_FIXED: Final = {
    "filter": ("KUBE-EXTERNAL-SERVICES", "KUBE-FORWARD", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL", "KUBE-SERVICES"),
    "nat": ("KUBE-MARK-MASQ", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-SERVICES"),
}
_PREFIXES: Final = ("KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-EXT-", "KUBE-FW-")


def is_ours(table: str, chain: str) -> bool:
    """Whether a chain belongs to this proxy; the kubelet's and everybody else's are not touched."""
    if table not in _FIXED:
        return False
    return chain in (*_FIXED[table], TABLE_IS_OURS) or (table == "nat" and chain.startswith(_PREFIXES))


@dataclass(slots=True)
class _ServiceText:
    """What one Service adds to the tables."""

    chains: Chains = field(default_factory=dict)
    nat_services: list[str] = field(default_factory=list)
    nat_node_ports: list[str] = field(default_factory=list)
    filter_services: list[str] = field(default_factory=list)
    filter_external: list[str] = field(default_factory=list)
    filter_firewall: list[str] = field(default_factory=list)


class IptablesRenderer:
    """Renders rule sets; remembers the text of Services that are still the same object as last time."""

    def __init__(self, config: DataplaneConfig) -> None:
        self._config = config
        self._known: dict[str, tuple[ServiceRules, _ServiceText]] = {}

    def render(self, rules: RuleSet) -> Tables:
        """The full contents of every chain of ours."""
        known = self._known
        self._known = {}
        tables: Tables = {table: dict.fromkeys(chains, ()) for table, chains in _FIXED.items()}
        shared = _ServiceText()
        nat, filters = tables["nat"], tables["filter"]
        for key in sorted(rules.services):
            service = rules.services[key]
            before = known.get(key)
            text = before[1] if before and before[0] is service else self._service(service)
            self._known[key] = (service, text)
            nat.update(text.chains)
            shared.nat_services += text.nat_services
            shared.nat_node_ports += text.nat_node_ports
            shared.filter_services += text.filter_services
            shared.filter_external += text.filter_external
            shared.filter_firewall += text.filter_firewall
        nat |= _fixed_nat_chains(shared)
        filters |= _fixed_filter_chains(shared)
        return tables

    def _service(self, service: ServiceRules) -> _ServiceText:
        text = _ServiceText()
        for port in service.ports:
            _PortWriter(port, self._config, text).write()
        return text


def _fixed_nat_chains(shared: _ServiceText) -> Chains:
    note = "kubernetes service nodeports; NOTE: this must be the last rule in this chain"
    return {
        "KUBE-SERVICES": (
            *shared.nat_services,
            f"{_comment(note)} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS",
        ),
        "KUBE-NODEPORTS": tuple(shared.nat_node_ports),
        "KUBE-MARK-MASQ": (f"-j MARK --set-xmark {_MARK}",),
        "KUBE-POSTROUTING": (
            f"-m mark ! --mark {_MARK} -j RETURN",
            # Unmarked again, so that a packet that passes here twice (an overlay) is masqueraded once.
            "-j MARK --set-xmark 0x4000/0x0",
            f"{_comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully",
        ),
    }


def _fixed_filter_chains(shared: _ServiceText) -> Chains:
    return {
        "KUBE-SERVICES": tuple(shared.filter_services),
        "KUBE-EXTERNAL-SERVICES": tuple(shared.filter_external),
        "KUBE-PROXY-FIREWALL": tuple(shared.filter_firewall),
        "KUBE-FORWARD": (
            # A late packet of a connection the kernel gave up would leave without its address translated back.
            "-m conntrack --ctstate INVALID -j DROP",
            f"{_comment('kubernetes forwarding rules')} -m mark --mark {_MARK} -j ACCEPT",
            f"{_comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        ),
    }


class _PortWriter:
    """Writes one port of one Service into the Service's text."""

    def __init__(self, port: PortRules, config: DataplaneConfig, text: _ServiceText) -> None:
        self._port, self._config, self._text = port, config, text
        name, protocol = str(port.name), port.protocol
        self._name = name
        self._cluster = chain_name("KUBE-SVC-", name, protocol)
        self._local = chain_name("KUBE-SVL-", name, protocol)
        self._external = chain_name("KUBE-EXT-", name, protocol)
        self._firewall = chain_name("KUBE-FW-", name, protocol)

    def write(self) -> None:
        for frontend in self._port.frontends:
            if self._port.has_endpoints and (frontend.is_external or self._port.answer(frontend) == "serve"):
                self._serve(frontend)
            if self._port.answer(frontend) != "serve":
                self._refuse(frontend)
        if not self._port.has_endpoints:
            return
        self._write_external_chain()
        self._write_pool(self._cluster, self._port.cluster)
        self._write_pool(self._local, self._port.local)
        for backend in dict.fromkeys((*self._port.cluster, *self._port.local)):
            self._write_endpoint(backend)

    def _serve(self, frontend: Frontend) -> None:
        """Lead a frontend's packets from the entry chain to the chain that picks."""
        match frontend.kind:
            case "cluster IP":
                target = self._local if frontend.is_local_only else self._cluster
            case "loadbalancer IP" if frontend.sources:
                target = self._firewall
                self._write_firewall(frontend)
            case _:
                target = self._external
        if frontend.kind == "node port":
            self._text.nat_node_ports.append(
                f"-p {self._port.protocol} {_comment(self._name)} {self._destination_port(frontend)} -j {target}"
            )
            return
        self._text.nat_services.append(f"{self._destination(frontend, frontend.kind)} -j {target}")
        if frontend.kind == "cluster IP":
            self._masquerade_strangers(frontend, target)

    def _masquerade_strangers(self, frontend: Frontend, target: str) -> None:
        """An endpoint can answer pods directly; anybody else must be answered by way of this node."""
        destination = self._destination(frontend, "cluster IP")
        if self._config.masquerade_all:
            self._text.chains[target] = (f"{destination} -j KUBE-MARK-MASQ",)
        elif self._config.cluster_cidr:
            self._text.chains[target] = (f"! -s {self._config.cluster_cidr} {destination} -j KUBE-MARK-MASQ",)

    def _refuse(self, frontend: Frontend) -> None:
        if self._port.answer(frontend) == "reject":
            why, verdict = f"{self._name} has no endpoints", "REJECT --reject-with icmp-port-unreachable"
        else:
            why, verdict = f"{self._name} has no local endpoints", "DROP"
        chain = self._text.filter_external if frontend.is_external else self._text.filter_services
        if frontend.kind == "node port":
            match = f"-p {self._port.protocol} {_comment(why)} -m addrtype --dst-type LOCAL"
            chain.append(f"{match} {self._destination_port(frontend)} -j {verdict}")
        else:
            chain.append(f"{self._destination(frontend, why, is_whole_comment=True)} -j {verdict}")

    def _write_firewall(self, frontend: Frontend) -> None:
        """Let the load balancer's allowed clients through; whoever is left is dropped in the filter table."""
        allowed = [*frontend.sources, f"{frontend.address}/32"]
        rules = [
            f"{'' if network == '0.0.0.0/0' else f'-s {network} '}{_comment(f'{self._name} loadbalancer IP')}"
            f" -j {self._external}"
            for network in allowed
        ]
        known = self._text.chains.get(self._firewall, ())
        self._text.chains[self._firewall] = (*known, *(rule for rule in rules if rule not in known))
        why = f"{self._name} traffic not accepted by {self._firewall}"
        self._text.filter_firewall.append(f"{self._destination(frontend, why, is_whole_comment=True)} -j DROP")

    def _write_external_chain(self) -> None:
        external = [frontend for frontend in self._port.frontends if frontend.is_external]
        if not external:
            return
        destinations = f"{self._name} external destinations"
        if not external[0].is_local_only:
            self._text.chains[self._external] = (
                f"{_comment(f'masquerade traffic for {destinations}')} -j KUBE-MARK-MASQ",
                f"-j {self._cluster}",
            )
            return
        rules = []
        if self._config.cluster_cidr and self._port.cluster:
            from_pods = f"-s {self._config.cluster_cidr} {_comment(f'pod traffic for {destinations}')}"
            rules.append(f"{from_pods} -j {self._cluster}")
        if self._port.cluster:
            from_here = "-m addrtype --src-type LOCAL"
            rules += [
                f"{_comment(f'masquerade LOCAL traffic for {destinations}')} {from_here} -j KUBE-MARK-MASQ",
                f"{_comment(f'route LOCAL traffic for {destinations}')} {from_here} -j {self._cluster}",
            ]
        if self._port.local:
            # Not masqueraded: an endpoint on this node sees the client's own address, the reason for this policy.
            rules.append(f"-j {self._local}")
        self._text.chains[self._external] = tuple(rules)

    def _write_pool(self, chain: str, pool: tuple[Backend, ...]) -> None:
        """Pick an endpoint: the one this client had before, else each with the same chance."""
        if not pool:
            self._text.chains.pop(chain, None)
            return
        rules = list(self._text.chains.get(chain, ()))
        seps = [(_comment(f"{self._name} -> {backend}"), self._endpoint_chain(backend)) for backend in pool]
        if self._port.affinity_timeout_s is not None:
            recently = f"-m recent --rcheck --seconds {self._port.affinity_timeout_s} --reap"
            rules += [f"{comment} {recently} {_recent_list(sep)} -j {sep}" for comment, sep in seps]
        for left, (comment, sep) in zip(range(len(pool), 0, -1), seps, strict=True):
            chance = f" -m statistic --mode random --probability {_probability(left)}" if left > 1 else ""
            rules.append(f"{comment}{chance} -j {sep}")
        self._text.chains[chain] = tuple(rules)

    def _write_endpoint(self, backend: Backend) -> None:
        chain, protocol, name = self._endpoint_chain(backend), self._port.protocol, _comment(self._name)
        remember = "" if self._port.affinity_timeout_s is None else f"-m recent --set {_recent_list(chain)} "
        self._text.chains[chain] = (
            # Hairpin: a pod that reaches itself must not see its own address as the client's.
            f"-s {backend.address}/32 {name} -j KUBE-MARK-MASQ",
            f"-p {protocol} {name} {remember}-m {protocol} -j DNAT --to-destination {backend}",
        )

    def _endpoint_chain(self, backend: Backend) -> str:
        return chain_name("KUBE-SEP-", self._name, self._port.protocol, str(backend))

    def _destination(self, frontend: Frontend, text: str, *, is_whole_comment: bool = False) -> str:
        comment = _comment(text if is_whole_comment else f"{self._name} {text}")
        address = f"-d {frontend.address}/32 -p {self._port.protocol}"
        return f"{address} {comment} {self._destination_port(frontend)}"

    def _destination_port(self, frontend: Frontend) -> str:
        return f"-m {self._port.protocol} --dport {frontend.port}"


def chain_name(prefix: str, port_name: str, protocol: str, endpoint: str = "") -> str:
    """A chain's name: too long a text hashed into the 28 letters that iptables allows."""
    digest = hashlib.sha256(f"{port_name}{protocol}{endpoint}".encode()).digest()
    return prefix + base64.b32encode(digest).decode()[:16]


def _recent_list(chain: str) -> str:
    return f"--name {chain} --mask 255.255.255.255 --rsource"


def _probability(left: int) -> str:
    # The kernel keeps chances as multiples of 2^-31, and iptables-save prints what the kernel keeps.
    return f"{round(2**31 / left) / 2**31:.11f}"
