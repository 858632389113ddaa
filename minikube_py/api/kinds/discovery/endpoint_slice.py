"""EndpointSlice: up to a hundred of the endpoints behind a Service.

Kubernetes: pkg/registry/discovery/endpointslice/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, UNSET, first_three
from minikube_py.api.defaulting import changed, each, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.discovery.endpoint import (
    Endpoint,
    EndpointConditions,
    EndpointHints,
    EndpointPort,
    ForNode,
    ForZone,
)
from minikube_py.api.kinds.discovery.validation import endpoint_errors, port_errors
from minikube_py.api.kinds.field_checks import required_choice_errors
from minikube_py.api.markers import NotRequired, OneOf
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, immutable_errors

__all__ = ["Endpoint", "EndpointConditions", "EndpointHints", "EndpointPort", "EndpointSlice", "ForNode", "ForZone"]


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
    endpoints: Annotated[tuple[Endpoint, ...], NotRequired()] = written(tuple)
    ports: tuple[EndpointPort, ...] = ()
    address_type: Annotated[str, OneOf("FQDN", "IPv4", "IPv6")] = written(str)

    def defaulted(self) -> Self:
        return changed(self, ports=each(self.ports, lambda port: filled(port, name="", protocol="TCP")))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from required_choice_errors(self.address_type, ("FQDN", "IPv4", "IPv6"), "addressType")
        yield from endpoint_errors(self.endpoints, self.address_type)
        yield from port_errors(self.ports)
        if old is not None:
            yield from immutable_errors(self.address_type, old.address_type, "addressType")


def _ports_text(ports: tuple[EndpointPort, ...]) -> str:
    texts = [str(port.port) if port.port is not None else port.name or "*" for port in ports]
    return first_three(texts, of=len(texts), empty=UNSET)


def _endpoints_text(endpoints: tuple[Endpoint, ...]) -> str:
    addresses = [address for endpoint in endpoints for address in endpoint.addresses]
    return first_three(addresses, of=len(addresses), empty=UNSET)
