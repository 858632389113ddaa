"""The rules that a node needs, as values that no dataplane has to interpret: addresses, pools, policies.

    Services + EndpointSlices --compile--> RuleSet --Dataplane.sync--> packets

`compile` is the whole truth from nothing; `with_service` replaces one Service's part and leaves every other value as
the same object, so that a dataplane finds out what changed by identity and one changed endpoint costs one Service.

Kubernetes: the decisions in the first half of pkg/proxy/iptables/proxier.go (syncProxyRules), which upstream makes
while writing text; here they are made once, for every backend.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.proxy.service_map import (
    SERVICE_NAME_LABEL,
    Endpoint,
    PortName,
    Protocol,
    ServicePort,
    endpoints_by_port,
    service_ports,
)
from minikube_py.proxy.topology import serving_endpoints

FrontendKind = Literal["cluster IP", "external IP", "loadbalancer IP", "node port"]
Answer = Literal["serve", "reject", "drop"]


@dataclass(frozen=True, slots=True, order=True)
class Backend:
    """Where a connection ends up."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Frontend:
    """Where a client knocks. `address` is empty for a node port: any address of the node's own."""

    kind: FrontendKind
    address: str
    port: int
    is_local_only: bool
    """Clients from outside get endpoints on this node or nothing; for a cluster IP, all clients."""
    sources: tuple[str, ...] = ()
    """The networks that may knock; none means everybody."""

    @property
    def is_external(self) -> bool:
        return self.kind != "cluster IP"


@dataclass(frozen=True, slots=True)
class PortRules:
    """One port of one Service on one node."""

    name: PortName
    protocol: Protocol
    frontends: tuple[Frontend, ...]
    cluster: tuple[Backend, ...]
    local: tuple[Backend, ...]
    has_endpoints: bool
    affinity_timeout_s: int | None

    def answer(self, frontend: Frontend) -> Answer:
        """What a client without privileges (neither a pod nor the node, if external) gets at this frontend.

        Nobody anywhere is refused at once; nobody *here* is dropped, so that a load balancer's clients retry elsewhere
        instead of giving up.
        """
        if not self.has_endpoints:
            return "reject"
        return "drop" if frontend.is_local_only and not self.local else "serve"


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """One Service's ports, and what it asked for and will not get."""

    ports: tuple[PortRules, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one node by `namespace/name`. Values of Services that did not change keep their identity."""

    services: Mapping[str, ServiceRules] = field(default_factory=dict)

    def ports(self) -> Iterable[PortRules]:
        """Every port, ordered by Service name."""
        for key in sorted(self.services):
            yield from self.services[key].ports


def compile(services: Iterable[Service], slices: Iterable[EndpointSlice], node_name: str) -> RuleSet:
    """The rules for a node from everything the API knows."""
    slices_of: dict[str, list[EndpointSlice]] = {}
    for piece in slices:
        slices_of.setdefault(service_key_of_slice(piece), []).append(piece)
    compiled = {}
    for service in services:
        key = service_key(service)
        compiled[key] = service_rules(service, slices_of.get(key, ()), node_name)
    return RuleSet({key: rules for key, rules in compiled.items() if rules != ServiceRules()})


def with_service(rules: RuleSet, key: str, replacement: ServiceRules | None) -> RuleSet:
    """`rules` with one Service's part replaced or removed; `rules` itself if that changes nothing."""
    wanted = None if replacement == ServiceRules() else replacement
    if rules.services.get(key) == wanted:
        return rules
    services = dict(rules.services)
    if wanted is None:
        del services[key]
    else:
        services[key] = wanted
    return RuleSet(services)


def service_rules(service: Service, slices: Iterable[EndpointSlice], node_name: str) -> ServiceRules:
    """The rules of one Service, given all of its slices and none of others."""
    asked = service_ports(service)
    endpoints = endpoints_by_port(slices, node_name) if asked.ports else {}
    ports = (_port_rules(port, endpoints.get((port.name.port, port.protocol), ())) for port in asked.ports)
    return ServiceRules(tuple(ports), asked.refused)


def service_key(service: Service) -> str:
    return f"{service.metadata.namespace}/{service.metadata.name}"


def service_key_of_slice(piece: EndpointSlice) -> str:
    """The Service that a slice says it belongs to, as `namespace/name`."""
    return f"{piece.metadata.namespace}/{piece.metadata.labels.get(SERVICE_NAME_LABEL, '')}"


def _port_rules(port: ServicePort, endpoints: Iterable[Endpoint]) -> PortRules:
    serving = serving_endpoints(port, tuple(endpoints))
    return PortRules(
        name=port.name,
        protocol=port.protocol,
        frontends=_frontends(port),
        cluster=tuple(Backend(endpoint.address, endpoint.port) for endpoint in serving.cluster),
        local=tuple(Backend(endpoint.address, endpoint.port) for endpoint in serving.local),
        has_endpoints=serving.has_endpoints,
        affinity_timeout_s=port.affinity_timeout_s,
    )


def _frontends(port: ServicePort) -> tuple[Frontend, ...]:
    local = port.is_external_local
    found = [Frontend("cluster IP", port.cluster_ip, port.port, port.is_internal_local)]
    found += [Frontend("external IP", address, port.port, local) for address in port.external_ips]
    found += [
        Frontend("loadbalancer IP", address, port.port, local, port.load_balancer_sources)
        for address in port.load_balancer_ips
    ]
    if port.node_port:
        found.append(Frontend("node port", "", port.node_port, local))
    return tuple(found)
