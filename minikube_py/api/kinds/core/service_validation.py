"""What is wrong with a Service.

Kubernetes: pkg/apis/core/validation/validation.go (ValidateService, ValidateServiceUpdate)
Simplified: which addresses and node ports are free is the allocators' business.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from minikube_py.api.kinds.core.service_defaults import (
    NO_ADDRESS,
    is_externally_accessible,
    needs_cluster_ip,
    needs_health_check_node_port,
)
from minikube_py.api.kinds.core.service_spec import ServicePort, ServiceSpec
from minikube_py.api.kinds.field_checks import (
    NOT_A_PORT,
    PROTOCOLS,
    Errors,
    address_errors,
    choice_errors,
    cidr_errors,
    endpoint_address_errors,
    label_name_errors,
    port_errors,
    qualified_errors,
    required_choice_errors,
    subdomain_errors,
)
from minikube_py.api.validation import (
    duplicate_value,
    forbidden_value,
    invalid_value,
    label_errors,
    required,
    unsupported_value,
)

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_FAMILIES = ("IPv4", "IPv6")
_FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_TRAFFIC = ("Cluster", "Local")
_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
_DAY_S = 86400


def service_errors(spec: ServiceSpec) -> Errors:
    if not spec.ports and spec.cluster_ip != NO_ADDRESS and spec.type != "ExternalName":
        yield required("spec.ports")
    yield from _type_errors(spec)
    names: set[str] = set()
    for index, port in enumerate(spec.ports):
        yield from _port_errors(port, names, f"spec.ports[{index}]", is_only=len(spec.ports) == 1)
    yield from label_errors(spec.selector, "spec.selector")
    yield from _affinity_errors(spec)
    yield from list(cluster_ip_errors(spec)) or _stack_errors(spec)
    for index, address in enumerate(spec.external_ips):
        yield from address_errors(address, f"spec.externalIPs[{index}]")
        yield from endpoint_address_errors(address, f"spec.externalIPs[{index}]")
    yield from required_choice_errors(spec.type, _TYPES, "spec.type")
    yield from _shared_port_errors(spec)
    yield from _balancer_errors(spec)
    yield from _traffic_errors(spec)


def _type_errors(spec: ServiceSpec) -> Errors:
    if spec.type in ("LoadBalancer", "NodePort") and spec.cluster_ip == NO_ADDRESS:
        why = f"may not be set to 'None' for {spec.type} services"
        yield invalid_value("spec.clusterIPs[0]", NO_ADDRESS, why)
    if spec.type != "ExternalName":
        return
    why = "may not be set for ExternalName services"
    if spec.cluster_ips:
        yield forbidden_value("spec.clusterIPs", why)
    if spec.ip_families:
        yield forbidden_value("spec.ipFamilies", why)
    if spec.ip_family_policy is not None:
        yield forbidden_value("spec.ipFamilyPolicy", why)
    if spec.external_name:
        yield from subdomain_errors(spec.external_name.removesuffix("."), "spec.externalName")
    else:
        yield required("spec.externalName")


def _port_errors(port: ServicePort, names: set[str], path: str, *, is_only: bool) -> Errors:
    if port.name or not is_only:
        yield from label_name_errors(port.name, f"{path}.name")
        if port.name and port.name in names:
            yield duplicate_value(f"{path}.name", port.name)
        names.add(port.name)
    if not 0 < port.port < 65536:
        yield invalid_value(f"{path}.port", port.port, NOT_A_PORT)
    yield from required_choice_errors(port.protocol, PROTOCOLS, f"{path}.protocol")
    if port.target_port is not None:
        yield from port_errors(port.target_port, f"{path}.targetPort")
    if port.app_protocol is not None:
        yield from qualified_errors(port.app_protocol, f"{path}.appProtocol")


def _affinity_errors(spec: ServiceSpec) -> Errors:
    yield from required_choice_errors(spec.session_affinity, ("ClientIP", "None"), "spec.sessionAffinity")
    config, path = spec.session_affinity_config, "spec.sessionAffinityConfig"
    if spec.session_affinity == "ClientIP" and config is not None and config.client_ip is not None:
        timeout_s = config.client_ip.timeout_seconds
        if timeout_s is not None and not 0 < timeout_s <= _DAY_S:
            why = f"must be greater than 0 and less than {_DAY_S}"
            yield invalid_value(f"{path}.clientIP.timeoutSeconds", timeout_s, why)
    elif spec.session_affinity == "None" and config is not None:
        yield forbidden_value(path, "must not be set when session affinity is None")


def cluster_ip_errors(spec: ServiceSpec) -> Errors:
    """What is wrong with the addresses and their families, beside that they may be taken."""
    if not needs_cluster_ip(spec):
        return
    yield from choice_errors(spec.ip_family_policy, _FAMILY_POLICIES, "spec.ipFamilyPolicy")
    for index, family in enumerate(spec.ip_families):
        if family not in _FAMILIES:
            yield unsupported_value(f"spec.ipFamilies[{index}]", family, _FAMILIES)
        elif family in spec.ip_families[:index]:
            yield duplicate_value(f"spec.ipFamilies[{index}]", family)
    if spec.cluster_ips:
        yield from _address_list_errors(spec)


def _stack_errors(spec: ServiceSpec) -> Errors:
    """There is one family of addresses; what has none of its own may say otherwise."""
    if not needs_cluster_ip(spec) or (spec.cluster_ip == NO_ADDRESS and not spec.selector):
        return
    policy, path = spec.ip_family_policy, "spec.ipFamilyPolicy"
    if policy == "RequireDualStack":
        yield invalid_value(path, policy, "this cluster is not configured for dual-stack services")
    elif policy == "SingleStack":
        for what, values in (("IP families", spec.ip_families), ("cluster IPs", spec.cluster_ips)):
            if len(values) > 1:
                why = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
                yield invalid_value(path, policy, why)
                return
    of_addresses = tuple("IPv6" if ":" in address else "IPv4" for address in spec.cluster_ips)
    families = spec.ip_families if len(spec.ip_families) >= len(of_addresses) else of_addresses
    for index, family in enumerate(families):
        if family == "IPv6":
            yield invalid_value(f"spec.ipFamilies[{index}]", family, "not configured on this cluster")


def _address_list_errors(spec: ServiceSpec) -> Errors:
    addresses, path = spec.cluster_ips, "spec.clusterIPs"
    if not spec.cluster_ip:
        yield invalid_value(path, list(addresses), "must be empty when `clusterIP` is not specified")
        return
    if addresses[0] != spec.cluster_ip:
        yield invalid_value(path, list(addresses), "first value must match `clusterIP`")
        return
    if spec.cluster_ip == NO_ADDRESS:
        if len(addresses) > 1:
            yield invalid_value(path, list(addresses), "'None' must be the first and only value")
        return
    families = []
    for index, address in enumerate(addresses):
        problems = list(address_errors(address, f"{path}[{index}]"))
        yield from problems
        families.append("" if problems else f"IPv{ipaddress.ip_address(address).version}")
    for index, (expected, family) in enumerate(zip(spec.ip_families, families, strict=False)):
        if family and expected in _FAMILIES and expected != family:
            why = f"expected an {expected} value as indicated by `ipFamilies[{index}]`"
            yield invalid_value(f"{path}[{index}]", addresses[index], why)
    if "" not in families and len(set(families)) < len(families):
        yield invalid_value(path, list(addresses), "may specify no more than one IP for each IP family")


def _shared_port_errors(spec: ServiceSpec) -> Errors:
    """Ports that are used twice, and node ports where there are none."""
    if spec.type == "ClusterIP":
        for index, port in enumerate(spec.ports):
            if port.node_port:
                why = "may not be used when `type` is 'ClusterIP'"
                yield forbidden_value(f"spec.ports[{index}].nodePort", why)
    node_ports: set[tuple[str, int]] = set()
    ports: set[tuple[str, int]] = set()
    for index, port in enumerate(spec.ports):
        if port.node_port and (port.protocol, port.node_port) in node_ports:
            yield duplicate_value(f"spec.ports[{index}].nodePort", port.node_port)
        node_ports.add((port.protocol, port.node_port))
    for index, port in enumerate(spec.ports):
        if (port.protocol, port.port) in ports:
            shown = {"Name": "", "Protocol": port.protocol, "AppProtocol": None}
            yield duplicate_value(f"spec.ports[{index}]", {**shown, "Port": port.port, "TargetPort": 0, "NodePort": 0})
        ports.add((port.protocol, port.port))


def _balancer_errors(spec: ServiceSpec) -> Errors:
    is_balancer = spec.type == "LoadBalancer"
    only = "may only be used when `type` is 'LoadBalancer'"
    if spec.load_balancer_source_ranges and not is_balancer:
        yield forbidden_value("spec.LoadBalancerSourceRanges", only)
    elif is_balancer:
        for index, network in enumerate(spec.load_balancer_source_ranges):
            yield from cidr_errors(network.strip(), f"spec.LoadBalancerSourceRanges[{index}]")
    if spec.allocate_load_balancer_node_ports is not None and not is_balancer:
        yield forbidden_value("spec.allocateLoadBalancerNodePorts", only)
    if spec.load_balancer_class is not None:
        if not is_balancer:
            yield forbidden_value("spec.loadBalancerClass", only)
        else:
            yield from qualified_errors(spec.load_balancer_class, "spec.loadBalancerClass")


def _traffic_errors(spec: ServiceSpec) -> Errors:
    policy = spec.external_traffic_policy
    if policy and not is_externally_accessible(spec):
        why = "may only be set for externally-accessible services"
        yield invalid_value("spec.externalTrafficPolicy", policy, why)
    elif is_externally_accessible(spec):
        yield from required_choice_errors(policy, _TRAFFIC, "spec.externalTrafficPolicy")
    health_port = spec.health_check_node_port
    if health_port and not needs_health_check_node_port(spec):
        why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield invalid_value("spec.healthCheckNodePort", health_port, why)
    elif needs_health_check_node_port(spec) and health_port is not None and not 0 <= health_port < 65536:
        yield invalid_value("spec.healthCheckNodePort", health_port, NOT_A_PORT)
    yield from choice_errors(spec.internal_traffic_policy, _TRAFFIC, "spec.internalTrafficPolicy")
    yield from choice_errors(spec.traffic_distribution, _DISTRIBUTIONS, "spec.trafficDistribution")


def changed_service_errors(spec: ServiceSpec, old: ServiceSpec) -> Errors:
    """What is wrong with the change itself: an address, once given, stays."""
    if needs_cluster_ip(old) and needs_cluster_ip(spec) and not any(cluster_ip_errors(spec)):
        for index, address in enumerate(old.cluster_ips[: len(spec.cluster_ips)]):
            if spec.cluster_ips[index] != address:
                yield invalid_value(f"spec.clusterIPs[{index}]", list(spec.cluster_ips), "may not change once set")
    if old.type == spec.type == "LoadBalancer" and old.load_balancer_class != spec.load_balancer_class:
        yield invalid_value("spec.loadBalancerClass", spec.load_balancer_class, "may not change once set")
    keeps_health_port = needs_health_check_node_port(old) and needs_health_check_node_port(spec)
    if keeps_health_port and old.health_check_node_port not in (None, 0, spec.health_check_node_port):
        yield forbidden_value("spec.healthCheckNodePort", "field is immutable")


def service_warnings(spec: ServiceSpec) -> Iterator[str]:
    is_headless = spec.cluster_ip == NO_ADDRESS
    if spec.external_name and spec.type != "ExternalName":
        yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
    if spec.traffic_distribution == "PreferClose":
        yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'
    if spec.external_ips:
        why = "is deprecated and may no longer be implemented in some clusters"
        if spec.type == "ExternalName":
            why = 'is ignored when spec.type is "ExternalName"'
        yield f"spec.externalIPs {'is ignored for headless services' if is_headless else why}"
    if is_headless and spec.load_balancer_ip:
        yield "spec.loadBalancerIP is ignored for headless services"
    if is_headless and spec.session_affinity == "ClientIP":
        yield "spec.SessionAffinity is ignored for headless services"
