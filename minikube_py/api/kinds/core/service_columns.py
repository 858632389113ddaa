"""What `kubectl get services` shows of a Service's addresses and ports.

Kubernetes: pkg/printers/internalversion/printers.go (printService)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikube_py.api.columns import AGE, NAME, NONE, UNKNOWN, labels_text
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.service_spec import ServicePort, ServiceSpec

if TYPE_CHECKING:
    from minikube_py.api.kinds.core.service import Service


def _cluster_ip(service: Service) -> str:
    return service.spec.cluster_ips[0] if service.spec.cluster_ips else NONE


def _external_ip(service: Service) -> str:
    spec = service.spec
    if spec.type == "ExternalName":
        return spec.external_name
    if spec.type == "LoadBalancer":
        ingress = service.status.load_balancer.ingress
        addresses = sorted({address.ip or address.hostname for address in ingress})
        return ",".join((*addresses, *spec.external_ips)) or "<pending>"
    return ",".join(spec.external_ips) or NONE if spec.type in ("ClusterIP", "NodePort") else UNKNOWN


def _ports(spec: ServiceSpec) -> str:
    return ",".join(map(_port, spec.ports)) or NONE


def _port(port: ServicePort) -> str:
    return f"{port.port}:{port.node_port}/{port.protocol}" if port.node_port else f"{port.port}/{port.protocol}"


SERVICE_COLUMNS = (
    NAME,
    Column("Type", lambda service: service.spec.type),
    Column("Cluster-IP", _cluster_ip),
    Column("External-IP", _external_ip),
    Column("Port(s)", lambda service: _ports(service.spec)),
    AGE,
    Column("Selector", lambda service: labels_text(service.spec.selector), priority=1),
)
