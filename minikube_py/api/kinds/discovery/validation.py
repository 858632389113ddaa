"""What is wrong with the endpoints and ports of an EndpointSlice.

Kubernetes: pkg/apis/discovery/validation/validation.go
"""

from __future__ import annotations

import ipaddress

from minikube_py.api.kinds.discovery.endpoint import Endpoint, EndpointHints, EndpointPort
from minikube_py.api.kinds.field_checks import (
    PROTOCOLS,
    Errors,
    address_errors,
    endpoint_address_errors,
    label_name_errors,
    qualified_errors,
    required_choice_errors,
    subdomain_errors,
    too_many,
)
from minikube_py.api.validation import (
    dns_label_error,
    duplicate_value,
    invalid_value,
    label_value_errors,
    required,
)

_MAX_ENDPOINTS, _MAX_ADDRESSES, _MAX_PORTS, _MAX_ZONES = 1000, 100, 20000, 8


def endpoint_errors(endpoints: tuple[Endpoint, ...], address_type: str) -> Errors:
    if len(endpoints) > _MAX_ENDPOINTS:
        yield too_many("endpoints", len(endpoints), _MAX_ENDPOINTS)
        return
    for index, endpoint in enumerate(endpoints):
        path = f"endpoints[{index}]"
        if not endpoint.addresses:
            yield required(f"{path}.addresses", "must contain at least 1 address")
        elif len(endpoint.addresses) > _MAX_ADDRESSES:
            yield too_many(f"{path}.addresses", len(endpoint.addresses), _MAX_ADDRESSES)
        for number, address in enumerate(endpoint.addresses):
            yield from _address_errors(address, address_type, f"{path}.addresses", number)
        if endpoint.node_name is not None:
            yield from subdomain_errors(endpoint.node_name, f"{path}.nodeName")
        if endpoint.hostname is not None and (problem := dns_label_error(endpoint.hostname)):
            yield invalid_value(f"{path}.hostname", endpoint.hostname, problem)
        if endpoint.hints is not None:
            yield from _hint_errors(endpoint.hints, f"{path}.hints")


def _address_errors(address: str, address_type: str, path: str, number: int) -> Errors:
    if address_type == "FQDN":
        yield from subdomain_errors(address, f"{path}[{number}]")
    elif address_type in ("IPv4", "IPv6"):
        problems = list(address_errors(address, f"{path}[{number}]"))
        yield from problems
        if not problems:
            if f"IPv{ipaddress.ip_address(address).version}" != address_type:
                yield invalid_value(path, address, f"must be an {address_type} address")
            yield from endpoint_address_errors(address, f"{path}[{number}]")


def _hint_errors(hints: EndpointHints, path: str) -> Errors:
    for name, targets in (("forZones", hints.for_zones), ("forNodes", hints.for_nodes)):
        names = [target.name for target in targets]
        if len(names) > _MAX_ZONES:
            yield too_many(f"{path}.{name}", len(names), _MAX_ZONES)
            continue
        for index, target in enumerate(names):
            if target in names[:index]:
                yield duplicate_value(f"{path}.{name}[{index}].name", target)
            for problem in label_value_errors(target):
                yield invalid_value(f"{path}.{name}[{index}].name", target, problem)


def port_errors(ports: tuple[EndpointPort, ...]) -> Errors:
    if len(ports) > _MAX_PORTS:
        yield too_many("ports", len(ports), _MAX_PORTS)
        return
    names: set[str] = set()
    for index, port in enumerate(ports):
        path, name = f"ports[{index}]", port.name or ""
        if name:
            yield from label_name_errors(name, f"{path}.name")
        if name in names:
            yield duplicate_value(f"{path}.name", name)
        names.add(name)
        yield from required_choice_errors(port.protocol or "", PROTOCOLS, f"{path}.protocol")
        if port.app_protocol is not None:
            yield from qualified_errors(port.app_protocol, f"{path}.appProtocol")
