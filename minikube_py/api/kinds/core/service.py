"""Service: one stable address in front of the pods that a selector names.

Kubernetes: pkg/registry/core/service/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.defaulting import changed
from minikube_py.api.kinds.core.service_columns import SERVICE_COLUMNS
from minikube_py.api.kinds.core.service_defaults import service_defaulted, status_defaulted, updated, with_families
from minikube_py.api.kinds.core.service_spec import ServicePort, ServiceSpec, ServiceStatus
from minikube_py.api.kinds.core.service_validation import changed_service_errors, service_errors, service_warnings
from minikube_py.api.model import replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, dns_label_error, forbidden_value

__all__ = ["Service", "ServicePort", "ServiceSpec", "ServiceStatus"]


class Service(
    Resource,
    version="v1",
    plural="services",
    short_names=("svc",),
    categories=("all",),
    columns=SERVICE_COLUMNS,
    generation_of=(),
    returns_deleted_object=True,
    allows_create_on_update=True,
    selectable_fields=("spec.clusterIP", "spec.type"),
):
    spec: ServiceSpec = written(ServiceSpec)
    status: ServiceStatus = written(ServiceStatus)

    def defaulted(self) -> Self:
        return changed(self, spec=service_defaulted(self.spec), status=status_defaulted(self.status))

    def prepare_for_create(self) -> Self:
        return replace(self, spec=with_families(self.spec), status=ServiceStatus())

    def prepare_for_update(self, old: Self) -> Self:
        return changed(self, spec=updated(self.spec, old.spec))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from service_errors(self.spec)
        if old is not None:
            yield from changed_service_errors(self.spec, old.spec)

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        if self.status.load_balancer.ingress and self.spec.type != "LoadBalancer":
            why = "may only be used when `spec.type` is 'LoadBalancer'"
            yield forbidden_value("status.loadBalancer.ingress", why)

    def warnings(self) -> Iterable[str]:
        return service_warnings(self.spec)

    @classmethod
    def name_error(cls, name: str, *, prefix: bool) -> str:
        return dns_label_error(name, prefix=prefix)
