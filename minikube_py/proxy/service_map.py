"""What Services and EndpointSlices say, in the proxy's own words: ports that have an address, and their endpoints.

First step of the proxy's pure half: service_map -> topology -> ruleset -> a dataplane. Nothing here decides who gets
traffic; it only reads. A Service yields nothing if it has no cluster IP (headless, ExternalName, not yet allocated)
or carries the label that gives it to another proxy.

Kubernetes: pkg/proxy/serviceport.go, pkg/proxy/servicechangetracker.go, pkg/proxy/endpointslicecache.go
Simplified: IPv4 only, no SCTP; both are refused by name (`ServicePorts.refused`), not passed over in silence.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from minikube_py.api.kinds.core import service as api
from minikube_py.api.kinds.discovery import endpoint_slice as discovery

SERVICE_NAME_LABEL: Final = "kubernetes.io/service-name"
_OTHER_PROXY_LABEL: Final = "service.kubernetes.io/service-proxy-name"
_DEFAULT_AFFINITY_S: Final = 10_800

Protocol = Literal["tcp", "udp"]


@dataclass(frozen=True, slots=True, order=True)
class PortName:
    """Names one port of one Service; `port` is empty where the Service has a single unnamed one."""

    namespace: str
    service: str
    port: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.service}" + (f":{self.port}" if self.port else "")


@dataclass(frozen=True, slots=True)
class ServicePort:
    """One port of a Service: where it can be reached and by which policy it picks endpoints."""

    name: PortName
    protocol: Protocol
    cluster_ip: str
    port: int
    node_port: int = 0
    external_ips: tuple[str, ...] = ()
    load_balancer_ips: tuple[str, ...] = ()
    load_balancer_sources: tuple[str, ...] = ()
    """Networks that may use the load balancer's addresses; none means everybody."""
    affinity_timeout_s: int | None = None
    is_internal_local: bool = False
    is_external_local: bool = False

    @property
    def is_externally_reachable(self) -> bool:
        return bool(self.node_port or self.external_ips or self.load_balancer_ips)


@dataclass(frozen=True, slots=True)
class ServicePorts:
    """What one Service asks of the proxy, and the sentences that say what it will not get."""

    ports: tuple[ServicePort, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """One address behind a port, with the three conditions spelled out."""

    address: str
    port: int
    is_ready: bool
    is_serving: bool
    is_terminating: bool
    is_local: bool


def service_ports(service: api.Service) -> ServicePorts:
    """The ports of a Service that the proxy has to make reachable."""
    spec, metadata = service.spec, service.metadata
    if spec.type == "ExternalName" or spec.cluster_ip in ("", "None") or _OTHER_PROXY_LABEL in metadata.labels:
        return ServicePorts()
    name = f"service {metadata.namespace}/{metadata.name}"
    cluster_ips = _ipv4((spec.cluster_ip, *spec.cluster_ips))
    if not cluster_ips:
        return ServicePorts((), (f"{name}: its cluster IP {spec.cluster_ip} is IPv6, which this proxy does not serve",))
    refused = tuple(
        f"{name}: port {port.port} is {port.protocol}, which this proxy does not serve"
        for port in spec.ports
        if _protocol(port.protocol) is None
    )
    ports = (_service_port(service, port, cluster_ips[0]) for port in spec.ports)
    return ServicePorts(tuple(port for port in ports if port is not None), refused)


def _service_port(service: api.Service, port: api.ServicePort, cluster_ip: str) -> ServicePort | None:
    protocol = _protocol(port.protocol)
    if protocol is None:
        return None
    spec, ingress = service.spec, service.status.load_balancer.ingress
    return ServicePort(
        name=PortName(service.metadata.namespace, service.metadata.name, port.name),
        protocol=protocol,
        cluster_ip=cluster_ip,
        port=port.port,
        node_port=port.node_port,
        external_ips=_ipv4(spec.external_ips),
        load_balancer_ips=_ipv4(entry.ip for entry in ingress if entry.ip_mode in (None, "", "VIP")),
        load_balancer_sources=_ipv4_networks(spec.load_balancer_source_ranges),
        affinity_timeout_s=_affinity_timeout_s(spec),
        is_internal_local=spec.internal_traffic_policy == "Local",
        is_external_local=spec.external_traffic_policy == "Local",
    )


def endpoints_by_port(
    slices: Iterable[discovery.EndpointSlice], node_name: str
) -> Mapping[tuple[str, Protocol], tuple[Endpoint, ...]]:
    """The endpoints of one Service's slices by (port name, protocol), in address order.

    An endpoint that moves from one slice to another is for a moment in both: it counts once, ready if either says so.
    """
    found: dict[tuple[str, Protocol], dict[tuple[str, int], Endpoint]] = {}
    for piece in slices:
        if piece.address_type != "IPv4":
            continue
        for port in piece.ports:
            protocol = _protocol(port.protocol or "TCP")
            if protocol is None or port.port is None:
                continue
            known = found.setdefault((port.name or "", protocol), {})
            for listed in piece.endpoints:
                endpoint = _endpoint(listed, port.port, node_name)
                place = (endpoint.address, endpoint.port)
                if place not in known or endpoint.is_ready:
                    known[place] = endpoint
    return {key: tuple(sorted(known.values(), key=_address_order)) for key, known in found.items()}


def _endpoint(listed: discovery.Endpoint, port: int, node_name: str) -> Endpoint:
    conditions = listed.conditions
    is_ready = conditions.ready is not False
    return Endpoint(
        address=listed.addresses[0],
        port=port,
        is_ready=is_ready,
        is_serving=is_ready if conditions.serving is None else conditions.serving,
        is_terminating=bool(conditions.terminating),
        is_local=bool(node_name) and listed.node_name == node_name,
    )


def _address_order(endpoint: Endpoint) -> tuple[int, int]:
    return int(ipaddress.IPv4Address(endpoint.address)), endpoint.port


def _protocol(text: str) -> Protocol | None:
    return cast(Protocol, text.lower()) if text in ("TCP", "UDP") else ("tcp" if not text else None)


def _affinity_timeout_s(spec: api.ServiceSpec) -> int | None:
    if spec.session_affinity != "ClientIP":
        return None
    config = spec.session_affinity_config
    client_ip = config.client_ip if config else None
    return (client_ip.timeout_seconds if client_ip else None) or _DEFAULT_AFFINITY_S


def _ipv4(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for address in addresses if address and ":" not in address))


def _ipv4_networks(ranges: Iterable[str]) -> tuple[str, ...]:
    stripped = (text.strip() for text in ranges)
    return tuple(str(ipaddress.IPv4Network(text, strict=False)) for text in stripped if ":" not in text)
