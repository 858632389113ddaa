"""What a Service gets for what its author left out, and what an update keeps or drops of its allocations.

Kubernetes: pkg/apis/core/v1/defaults.go (SetDefaults_Service), pkg/registry/core/service/{strategy,storage/alloc}.go
Simplified: one address family in the cluster, IPv4.
"""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.api.defaulting import changed, each, filled
from minikube_py.api.kinds.core.service_spec import (
    ClientIPConfig,
    LoadBalancerIngress,
    ServicePort,
    ServiceSpec,
    ServiceStatus,
    SessionAffinityConfig,
)
from minikube_py.api.model import replace

STICKY_FOR_S = 10800
NO_ADDRESS = "None"
"""The clusterIP of a headless Service."""


def service_defaulted(spec: ServiceSpec) -> ServiceSpec:
    spec = filled(spec, session_affinity="None", type="ClusterIP")
    spec = changed(spec, ports=each(spec.ports, _port_defaulted), session_affinity_config=_affinity_defaulted(spec))
    if spec.type == "LoadBalancer":
        spec = filled(spec, allocate_load_balancer_node_ports=True)
    if is_externally_accessible(spec):
        spec = filled(spec, external_traffic_policy="Cluster")
    if needs_cluster_ip(spec):
        spec = filled(spec, internal_traffic_policy="Cluster")
    return spec


def status_defaulted(status: ServiceStatus) -> ServiceStatus:
    balancer = status.load_balancer
    ingress = each(balancer.ingress, _ingress_defaulted)
    return status if ingress is balancer.ingress else replace(status, load_balancer=replace(balancer, ingress=ingress))


def _ingress_defaulted(ingress: LoadBalancerIngress) -> LoadBalancerIngress:
    return filled(ingress, ip_mode="VIP") if ingress.ip else ingress


def needs_cluster_ip(spec: ServiceSpec) -> bool:
    return spec.type in ("ClusterIP", "NodePort", "LoadBalancer")


def needs_node_port(spec: ServiceSpec) -> bool:
    allocates = spec.allocate_load_balancer_node_ports is not False
    return spec.type == "NodePort" or (spec.type == "LoadBalancer" and allocates)


def needs_health_check_node_port(spec: ServiceSpec) -> bool:
    return spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local"


def is_externally_accessible(spec: ServiceSpec) -> bool:
    return spec.type in ("NodePort", "LoadBalancer") or (spec.type == "ClusterIP" and bool(spec.external_ips))


def _port_defaulted(port: ServicePort) -> ServicePort:
    port = filled(port, protocol="TCP")
    return port if port.target_port else replace(port, target_port=port.port)


def _affinity_defaulted(spec: ServiceSpec) -> SessionAffinityConfig | None:
    if spec.session_affinity != "ClientIP":
        return None if spec.session_affinity == "None" else spec.session_affinity_config
    given = spec.session_affinity_config
    if given is not None and given.client_ip is not None and given.client_ip.timeout_seconds is not None:
        return given
    return SessionAffinityConfig(client_ip=ClientIPConfig(timeout_seconds=STICKY_FOR_S))


def with_families(spec: ServiceSpec) -> ServiceSpec:
    """The spec with clusterIPs in step with clusterIP, and the address families that it will be given."""
    spec = in_step(spec, None)
    if not needs_cluster_ip(spec):
        return spec
    if spec.cluster_ip == NO_ADDRESS and not spec.selector:
        spec = filled(spec, ip_family_policy="RequireDualStack")
        return spec if len(spec.ip_families) > 1 else replace(spec, ip_families=_both(spec.ip_families))
    return filled(spec, ip_family_policy="SingleStack", ip_families=("IPv4",))


def _both(families: tuple[str, ...]) -> tuple[str, ...]:
    return ("IPv6", "IPv4") if families == ("IPv6",) else ("IPv4", "IPv6")


def in_step(spec: ServiceSpec, old: ServiceSpec | None) -> ServiceSpec:
    """clusterIP is the first of clusterIPs: whichever of the two a write changed decides."""
    if old is None:
        return replace(spec, cluster_ips=(spec.cluster_ip,)) if spec.cluster_ip and not spec.cluster_ips else spec
    if not old.cluster_ip and spec.cluster_ip and not spec.cluster_ips:
        return replace(spec, cluster_ips=(spec.cluster_ip,))
    if old.cluster_ip and not spec.cluster_ip:
        return replace(spec, cluster_ips=()) if spec.cluster_ips == old.cluster_ips else spec
    if spec.cluster_ip != old.cluster_ip and spec.cluster_ips == old.cluster_ips:
        return replace(spec, cluster_ips=(spec.cluster_ip,))
    return spec


def updated(spec: ServiceSpec, old: ServiceSpec) -> ServiceSpec:
    """`spec` as an update of `old`: allocations that the author did not repeat are kept, needless ones are dropped."""
    spec = _without_needless(_with_kept(in_step(spec, old), old), old)
    return with_families(spec) if needs_cluster_ip(spec) else spec


def _with_kept(spec: ServiceSpec, old: ServiceSpec) -> ServiceSpec:
    if needs_cluster_ip(old) and needs_cluster_ip(spec):
        if not spec.cluster_ip:
            spec = replace(spec, cluster_ip=old.cluster_ip)
        if not spec.cluster_ips and spec.cluster_ip == old.cluster_ip:
            spec = replace(spec, cluster_ips=old.cluster_ips)
        if not spec.ip_families and spec.ip_family_policy in (None, old.ip_family_policy):
            spec = filled(spec, ip_families=old.ip_families, ip_family_policy=old.ip_family_policy)
    if needs_node_port(old) and needs_node_port(spec):
        spec = changed(spec, ports=_with_node_ports(spec.ports, old.ports))
    if needs_health_check_node_port(old) and needs_health_check_node_port(spec):
        spec = filled(spec, health_check_node_port=old.health_check_node_port)
    return spec


def _with_node_ports(ports: tuple[ServicePort, ...], old: tuple[ServicePort, ...]) -> tuple[ServicePort, ...]:
    taken = {(port.protocol, port.node_port) for port in ports if port.node_port}
    free: Mapping[tuple[str, int], int] = {
        (port.protocol, port.port): port.node_port for port in old if (port.protocol, port.node_port) not in taken
    }
    return each(ports, lambda port: filled(port, node_port=free.get((port.protocol, port.port), 0)))


def _without_needless(spec: ServiceSpec, old: ServiceSpec) -> ServiceSpec:
    if needs_cluster_ip(old) and not needs_cluster_ip(spec):
        if (spec.cluster_ip, spec.cluster_ips) == (old.cluster_ip, old.cluster_ips):
            spec = replace(spec, cluster_ip="", cluster_ips=())
        if (spec.ip_families, spec.ip_family_policy) == (old.ip_families, old.ip_family_policy):
            spec = replace(spec, ip_families=(), ip_family_policy=None)
        if spec.internal_traffic_policy == old.internal_traffic_policy:
            spec = replace(spec, internal_traffic_policy=None)
    if needs_node_port(old) and not needs_node_port(spec) and _node_ports(spec) == _node_ports(old):
        spec = replace(spec, ports=tuple(replace(port, node_port=0) for port in spec.ports))
    if needs_health_check_node_port(old) and not needs_health_check_node_port(spec):
        spec = replace(spec, health_check_node_port=None)
    return _without_needless_policies(spec, old)


def _without_needless_policies(spec: ServiceSpec, old: ServiceSpec) -> ServiceSpec:
    if old.type == "LoadBalancer" and spec.type != "LoadBalancer":
        if spec.allocate_load_balancer_node_ports == old.allocate_load_balancer_node_ports:
            spec = replace(spec, allocate_load_balancer_node_ports=None)
        if spec.load_balancer_class == old.load_balancer_class:
            spec = replace(spec, load_balancer_class=None)
    needs_none = is_externally_accessible(old) and not is_externally_accessible(spec)
    if needs_none and spec.external_traffic_policy == old.external_traffic_policy:
        spec = replace(spec, external_traffic_policy="")
    return spec


def _node_ports(spec: ServiceSpec) -> set[int]:
    return {port.node_port for port in spec.ports}
