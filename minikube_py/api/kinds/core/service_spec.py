"""ServiceSpec and ServiceStatus: the fields of a Service.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from minikube_py.api.markers import AtomicStruct, DefaultsTo, MergeBy, OneOf
from minikube_py.api.meta import Condition
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import IntOrString


class ServicePort(Model):
    """One port of a service and where it leads to."""

    name: str = ""
    protocol: Annotated[str, OneOf("SCTP", "TCP", "UDP"), DefaultsTo("TCP")] = ""
    port: int = written(int)
    target_port: IntOrString | None = None
    node_port: int = 0
    app_protocol: str | None = None


class ClientIPConfig(Model):
    timeout_seconds: int | None = None


class SessionAffinityConfig(Model):
    client_ip: ClientIPConfig | None = None


class ServiceSpec(Model):
    """Which pods get the traffic, and at which address and ports it arrives."""

    ports: Annotated[
        tuple[ServicePort, ...],
        MergeBy(
            "port",
            (
                "port",
                "protocol",
            ),
        ),
    ] = ()
    selector: Annotated[Mapping[str, str], AtomicStruct()] = {}
    cluster_ip: str = ""
    type: Annotated[str, OneOf("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")] = ""
    external_ips: tuple[str, ...] = ()
    session_affinity: Annotated[str, OneOf("ClientIP", "None")] = ""
    load_balancer_ip: str = ""
    load_balancer_source_ranges: tuple[str, ...] = ()
    external_name: str = ""
    external_traffic_policy: Annotated[str, OneOf("Cluster", "Local")] = ""
    health_check_node_port: int | None = None
    publish_not_ready_addresses: bool = False
    session_affinity_config: SessionAffinityConfig | None = None
    ip_family_policy: Annotated[str | None, OneOf("PreferDualStack", "RequireDualStack", "SingleStack")] = None
    cluster_ips: tuple[str, ...] = ()
    ip_families: tuple[str, ...] = ()
    allocate_load_balancer_node_ports: bool | None = None
    load_balancer_class: str | None = None
    internal_traffic_policy: Annotated[str | None, OneOf("Cluster", "Local")] = None
    traffic_distribution: str | None = None


class PortStatus(Model):
    port: int = written(int)
    protocol: Annotated[str, OneOf("SCTP", "TCP", "UDP")] = written(str)
    error: str = ""


class LoadBalancerIngress(Model):
    ip: str = ""
    hostname: str = ""
    ip_mode: str | None = None
    ports: tuple[PortStatus, ...] = ()


class LoadBalancerStatus(Model):
    ingress: tuple[LoadBalancerIngress, ...] = ()


class ServiceStatus(Model):
    """What load balancers reported."""

    load_balancer: LoadBalancerStatus = written(LoadBalancerStatus)
    conditions: Annotated[tuple[Condition, ...], MergeBy("type", ("type",))] = ()
