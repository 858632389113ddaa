"""APIService: who serves one version of one group of the API.

Kubernetes: staging/src/k8s.io/kube-aggregator/pkg/registry/apiservice/strategy.go
Simplified: the groups of this server are listed; requests are not passed on to other servers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.conditions import find_condition
from minikube_py.api.defaulting import changed, filled, optional
from minikube_py.api.definition import Column
from minikube_py.api.kinds.apiregistration.api_service_spec import APIServiceSpec
from minikube_py.api.kinds.apiregistration.validation import service_errors
from minikube_py.api.markers import MergeBy
from minikube_py.api.model import Model, replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.validation import FieldError, path_segment_error


class APIServiceCondition(Model):
    last_transition_time: Time | None = None
    message: str = ""
    reason: str = ""
    status: str = written(str)
    type: str = written(str)


class APIServiceStatus(Model):
    conditions: Annotated[tuple[APIServiceCondition, ...], MergeBy("type", ("type",))] = ()


class APIService(
    Resource,
    group="apiregistration.k8s.io",
    version="v1",
    plural="apiservices",
    status_writes_metadata=False,
    any_finalizer=True,
    namespaced=False,
    categories=("api-extensions",),
    generation_of=(),
    allows_unconditional_update=False,
    columns=(
        NAME,
        Column("Service", lambda service: _backend(service.spec)),
        Column("Available", lambda service: _available(service.status)),
        AGE,
    ),
):
    spec: APIServiceSpec = written(APIServiceSpec)
    status: APIServiceStatus = written(APIServiceStatus)

    def defaulted(self) -> Self:
        service = optional(self.spec.service, lambda given: filled(given, port=443))
        return changed(self, spec=changed(self.spec, service=service))

    def prepare_for_create(self) -> Self:
        """What this server itself serves is there from the first moment."""
        conditions = () if self.spec.service is not None else (_locally_available(),)
        return replace(self, status=APIServiceStatus(conditions=conditions))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return service_errors(self.spec, self.metadata.name)

    @classmethod
    def name_error(cls, name: str, *, prefix: bool) -> str:
        return path_segment_error(name, prefix=prefix)


def _locally_available() -> APIServiceCondition:
    return APIServiceCondition(
        type="Available",
        status="True",
        reason="Local",
        message="Local APIServices are always available",
        last_transition_time=Time.now(),
    )


def _backend(spec: APIServiceSpec) -> str:
    backend = spec.service
    return "Local" if backend is None else f"{backend.namespace}/{backend.name}"


def _available(status: APIServiceStatus) -> str:
    condition = find_condition(status.conditions, "Available")
    if condition is None:
        return "Unknown"
    return "True" if condition.status == "True" else f"{condition.status} ({condition.reason})"
