"""The parts of an Ingress: rules, paths and backends.

Kubernetes: staging/src/k8s.io/api/networking/v1/types.go
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from minikube_py.api.kinds.core.common import TypedLocalObjectReference
from minikube_py.api.markers import NoDefault, OneOf, Required
from minikube_py.api.model import Model, written


class ServiceBackendPort(Model):
    is_atomic: ClassVar[bool] = True

    name: str = ""
    number: int = 0


class IngressServiceBackend(Model):
    name: str = written(str)
    port: ServiceBackendPort = written(ServiceBackendPort)


class IngressBackend(Model):
    """Where requests go: a port of a Service, or some other object."""

    resource: TypedLocalObjectReference | None = None
    service: IngressServiceBackend | None = None


class HTTPIngressPath(Model):
    path: str = ""
    backend: Annotated[IngressBackend, Required()] = written(IngressBackend)
    path_type: Annotated[str, OneOf("Exact", "ImplementationSpecific", "Prefix"), NoDefault()] = written(str)


class HTTPIngressRuleValue(Model):
    paths: tuple[HTTPIngressPath, ...] = written(tuple)


class IngressRule(Model):
    """The paths of one host."""

    host: str = ""
    http: HTTPIngressRuleValue | None = None


class IngressTLS(Model):
    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(Model):
    """Which hosts and paths lead where."""

    default_backend: IngressBackend | None = None
    tls: tuple[IngressTLS, ...] = ()
    rules: tuple[IngressRule, ...] = ()
    ingress_class_name: str | None = None


class IngressPortStatus(Model):
    port: int = written(int)
    protocol: Annotated[str, OneOf("SCTP", "TCP", "UDP")] = written(str)
    error: str | None = None


class IngressLoadBalancerIngress(Model):
    ip: str = ""
    hostname: str = ""
    ports: tuple[IngressPortStatus, ...] = ()


class IngressLoadBalancerStatus(Model):
    ingress: tuple[IngressLoadBalancerIngress, ...] = ()


class IngressStatus(Model):
    load_balancer: IngressLoadBalancerStatus = written(IngressLoadBalancerStatus)
