"""What is wrong with the rules of a NetworkPolicy.

Kubernetes: pkg/apis/networking/validation/validation.go
"""

from __future__ import annotations

import ipaddress

from minikube_py.api.kinds.field_checks import (
    PROTOCOLS,
    Errors,
    choice_errors,
    cidr_errors,
    label_selector_errors,
    port_errors,
)
from minikube_py.api.kinds.networking.network_policy_spec import (
    IPBlock,
    NetworkPolicyPeer,
    NetworkPolicyPort,
    NetworkPolicySpec,
)
from minikube_py.api.validation import forbidden_value, invalid_value, required, unsupported_value

_TYPES = ("Egress", "Ingress")


def spec_errors(spec: NetworkPolicySpec) -> Errors:
    yield from label_selector_errors(spec.pod_selector, "spec.podSelector")
    for index, incoming in enumerate(spec.ingress):
        yield from _traffic_errors(incoming.ports, incoming.from_, f"spec.ingress[{index}]", "from")
    for index, outgoing in enumerate(spec.egress):
        yield from _traffic_errors(outgoing.ports, outgoing.to, f"spec.egress[{index}]", "to")
    if len(spec.policy_types) > len(_TYPES):
        yield invalid_value("spec.policyTypes", spec.policy_types, "may not specify more than two policyTypes")
        return
    for index, policy_type in enumerate(spec.policy_types):
        if policy_type not in _TYPES:
            yield unsupported_value(f"spec.policyTypes[{index}]", policy_type, _TYPES)


def _traffic_errors(
    ports: tuple[NetworkPolicyPort, ...], peers: tuple[NetworkPolicyPeer, ...], path: str, side: str
) -> Errors:
    for index, port in enumerate(ports):
        yield from _port_errors(port, f"{path}.ports[{index}]")
    for index, peer in enumerate(peers):
        yield from _peer_errors(peer, f"{path}.{side}[{index}]")


def _port_errors(port: NetworkPolicyPort, path: str) -> Errors:
    yield from choice_errors(port.protocol, PROTOCOLS, f"{path}.protocol")
    if port.port is None:
        if port.end_port is not None:
            yield required(f"{path}.port", "must be specified if `endPort` is also specified")
        return
    yield from port_errors(port.port, f"{path}.port")
    if port.end_port is None:
        return
    if isinstance(port.port, str):
        yield invalid_value(f"{path}.endPort", port.end_port, "may not be specified when `port` is non-numeric")
        return
    if port.end_port < port.port:
        yield invalid_value(f"{path}.endPort", port.end_port, "must be greater than or equal to `port`")
    yield from port_errors(port.end_port, f"{path}.endPort")


def _peer_errors(peer: NetworkPolicyPeer, path: str) -> Errors:
    selectors = (("podSelector", peer.pod_selector), ("namespaceSelector", peer.namespace_selector))
    for name, selector in selectors:
        yield from label_selector_errors(selector, f"{path}.{name}")
    has_selector = any(selector is not None for _, selector in selectors)
    if peer.ip_block is not None:
        yield from _block_errors(peer.ip_block, f"{path}.ipBlock")
        if has_selector:
            yield forbidden_value(path, "may not specify both ipBlock and another peer")
    elif not has_selector:
        yield required(path, "must specify a peer")


def _block_errors(block: IPBlock, path: str) -> Errors:
    if not block.cidr:
        yield required(f"{path}.cidr")
        return
    problems = list(cidr_errors(block.cidr, f"{path}.cidr"))
    yield from problems
    if problems:
        return
    whole = ipaddress.ip_network(block.cidr, strict=False)
    for index, text in enumerate(block.except_):
        where = f"{path}.except[{index}]"
        problems = list(cidr_errors(text, where))
        yield from problems
        if problems:
            continue
        part = ipaddress.ip_network(text, strict=False)
        is_inside = part.version == whole.version and part.network_address in whole and part.prefixlen > whole.prefixlen
        if not is_inside:
            yield invalid_value(where, text, "must be a strict subset of `cidr`")
