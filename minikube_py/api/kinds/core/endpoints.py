"""Endpoints: the addresses behind a Service, in the form before EndpointSlice.

Kubernetes: pkg/registry/core/endpoint/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Self

from minikube_py.api.columns import AGE, NAME, NONE, first_three
from minikube_py.api.defaulting import changed, each, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.common import ObjectReference
from minikube_py.api.kinds.field_checks import (
    NOT_A_PORT,
    PROTOCOLS,
    Errors,
    address_errors,
    endpoint_address_errors,
    label_name_errors,
    qualified_errors,
    required_choice_errors,
    subdomain_errors,
)
from minikube_py.api.markers import OneOf
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, dns_label_error, invalid_value, required


class EndpointAddress(Model):
    is_atomic: ClassVar[bool] = True

    ip: str = written(str)
    target_ref: ObjectReference | None = None
    hostname: str = ""
    node_name: str | None = None


class EndpointPort(Model):
    is_atomic: ClassVar[bool] = True

    name: str = ""
    port: int = written(int)
    protocol: Annotated[str, OneOf("SCTP", "TCP", "UDP")] = ""
    app_protocol: str | None = None


class EndpointSubset(Model):
    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class Endpoints(
    Resource,
    version="v1",
    plural="endpoints",
    short_names=("ep",),
    columns=(
        NAME,
        Column("Endpoints", lambda endpoints: _endpoints_text(endpoints.subsets)),
        AGE,
    ),
    generation_of=(),
    allows_create_on_update=True,
    deprecation="v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
):
    subsets: tuple[EndpointSubset, ...] = ()

    def defaulted(self) -> Self:
        return changed(self, subsets=each(self.subsets, _subset_defaulted))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        for index, subset in enumerate(self.subsets):
            yield from _subset_errors(subset, f"subsets[{index}]")


def _subset_defaulted(subset: EndpointSubset) -> EndpointSubset:
    return changed(subset, ports=each(subset.ports, lambda port: filled(port, protocol="TCP")))


def _endpoints_text(subsets: tuple[EndpointSubset, ...]) -> str:
    if not subsets:
        return NONE
    found = [text for subset in subsets for text in _subset_texts(subset)]
    return first_three(found, of=len(found), empty="")


def _subset_texts(subset: EndpointSubset) -> list[str]:
    addresses = [f"[{address.ip}]" if ":" in address.ip else address.ip for address in subset.addresses]
    if not subset.ports:
        return addresses
    return [f"{address}:{port.port}" for port in subset.ports for address in addresses]


def _subset_errors(subset: EndpointSubset, path: str) -> Errors:
    if not subset.addresses and not subset.not_ready_addresses:
        yield required(path, "must specify `addresses` or `notReadyAddresses`")
    for name, addresses in (("addresses", subset.addresses), ("notReadyAddresses", subset.not_ready_addresses)):
        for index, address in enumerate(addresses):
            yield from _address_errors(address, f"{path}.{name}[{index}]")
    for index, port in enumerate(subset.ports):
        where = f"{path}.ports[{index}]"
        if port.name or len(subset.ports) > 1:
            yield from label_name_errors(port.name, f"{where}.name")
        if not 0 < port.port < 65536:
            yield invalid_value(f"{where}.port", port.port, NOT_A_PORT)
        yield from required_choice_errors(port.protocol, PROTOCOLS, f"{where}.protocol")
        if port.app_protocol is not None:
            yield from qualified_errors(port.app_protocol, f"{where}.appProtocol")


def _address_errors(address: EndpointAddress, path: str) -> Errors:
    problems = list(address_errors(address.ip, f"{path}.ip"))
    yield from problems
    if address.hostname and (problem := dns_label_error(address.hostname)):
        yield invalid_value(f"{path}.hostname", address.hostname, problem)
    if address.node_name is not None:
        yield from subdomain_errors(address.node_name, f"{path}.nodeName")
    if problems:
        yield invalid_value(f"{path}.ip", address.ip, "must be a valid IP address")
    else:
        yield from endpoint_address_errors(address.ip, f"{path}.ip")
