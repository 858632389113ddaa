"""EndpointSlice: up to a hundred of the endpoints behind a Service.

Kubernetes: pkg/registry/discovery/endpointslice/strategy.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, UNSET, first_three
from minikube_py.api.defaulting import changed, each, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.common import ObjectReference
from minikube_py.api.markers import ListType, OneOf
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource


class EndpointConditions(Model):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class ForNode(Model):
    name: str = written(str)


class ForZone(Model):
    name: str = written(str)


class EndpointHints(Model):
    for_zones: tuple[ForZone, ...] = ()
    for_nodes: tuple[ForNode, ...] = ()


class Endpoint(Model):
    addresses: Annotated[tuple[str, ...], ListType("set")] = written(tuple)
    conditions: EndpointConditions = written(EndpointConditions)
    hostname: str | None = None
    target_ref: ObjectReference | None = None
    deprecated_topology: Mapping[str, str] = {}
    node_name: str | None = None
    zone: str | None = None
    hints: EndpointHints | None = None


class EndpointPort(Model):
    name: str | None = None
    protocol: Annotated[str | None, OneOf("SCTP", "TCP", "UDP")] = None
    port: int | None = None
    app_protocol: str | None = None


class EndpointSlice(
    Resource,
    group="discovery.k8s.io",
    version="v1",
    plural="endpointslices",
    columns=(
        NAME,
        Column("AddressType", lambda slice_: slice_.address_type),
        Column("Ports", lambda slice_: _ports_text(slice_.ports)),
        Column("Endpoints", lambda slice_: _endpoints_text(slice_.endpoints)),
        AGE,
    ),
    generation_of=("endpoints", "ports", "address_type"),
):
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()
    address_type: Annotated[str, OneOf("FQDN", "IPv4", "IPv6")] = written(str)

    def defaulted(self) -> Self:
        return changed(self, ports=each(self.ports, lambda port: filled(port, name="", protocol="TCP")))


def _ports_text(ports: tuple[EndpointPort, ...]) -> str:
    texts = [str(port.port) if port.port is not None else port.name or "*" for port in ports]
    return first_three(texts, of=len(texts), empty=UNSET)


def _endpoints_text(endpoints: tuple[Endpoint, ...]) -> str:
    addresses = [address for endpoint in endpoints for address in endpoint.addresses]
    return first_three(addresses, of=len(addresses), empty=UNSET)
