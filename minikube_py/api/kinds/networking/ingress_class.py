"""IngressClass: which controller is meant by an Ingress.

Kubernetes: pkg/registry/networking/ingressclass/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.columns import AGE, NAME, NONE
from minikube_py.api.defaulting import changed, filled, optional
from minikube_py.api.definition import Column
from minikube_py.api.kinds.field_checks import Errors, required_errors, subdomain_errors
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import (
    FieldError,
    dns_label_error,
    dns_subdomain_error,
    forbidden_value,
    immutable_errors,
    invalid_value,
    required,
    too_long,
    unsupported_value,
)


class IngressClassParametersReference(Model):
    kind: str = written(str)
    name: str = written(str)
    scope: str | None = None
    namespace: str | None = None
    api_group: str | None = None


class IngressClassSpec(Model):
    controller: str = ""
    parameters: IngressClassParametersReference | None = None


class IngressClass(
    Resource,
    group="networking.k8s.io",
    version="v1",
    plural="ingressclasses",
    namespaced=False,
    columns=(
        NAME,
        Column("Controller", lambda class_: class_.spec.controller),
        Column("Parameters", lambda class_: _parameters(class_.spec.parameters)),
        AGE,
    ),
):
    spec: IngressClassSpec = written(IngressClassSpec)

    def defaulted(self) -> Self:
        parameters = optional(self.spec.parameters, lambda given: filled(given, scope="Cluster"))
        return changed(self, spec=changed(self.spec, parameters=parameters))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        controller = self.spec.controller
        if len(controller) > _MAX_CONTROLLER:
            yield too_long("spec.controller", _MAX_CONTROLLER)
        yield from _domain_path_errors(controller, "spec.controller")
        if self.spec.parameters is not None:
            yield from _parameter_errors(self.spec.parameters, "spec.parameters")
        if old is not None:
            yield from immutable_errors(controller, old.spec.controller, "spec.controller")


_MAX_CONTROLLER = 250


def _domain_path_errors(value: str, path: str) -> Errors:
    domain, slash, rest = value.partition("/")
    if not value:
        yield required(path)
    elif not slash or not domain or not rest:
        yield invalid_value(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')
    else:
        for problem in filter(None, [dns_subdomain_error(domain)]):
            yield invalid_value(path, domain, problem)


def _parameter_errors(parameters: IngressClassParametersReference, path: str) -> Errors:
    if parameters.api_group is not None:
        yield from subdomain_errors(parameters.api_group, f"{path}.apiGroup")
    yield from required_errors(parameters.kind, f"{path}.kind")
    yield from required_errors(parameters.name, f"{path}.name")
    if parameters.scope is None:
        yield required(f"{path}.scope")
    elif parameters.scope == "Namespace":
        if not parameters.namespace:
            yield required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'")
        elif problem := dns_label_error(parameters.namespace):
            yield invalid_value(f"{path}.namespace", parameters.namespace, problem)
    elif parameters.scope != "Cluster":
        yield unsupported_value(f"{path}.scope", parameters.scope, ("Cluster", "Namespace"))
    elif parameters.namespace is not None:
        yield forbidden_value(f"{path}.namespace", "`parameters.scope` is set to 'Cluster'")


def _parameters(parameters: IngressClassParametersReference | None) -> str:
    if parameters is None:
        return NONE
    group = f".{parameters.api_group}" if parameters.api_group else ""
    return f"{parameters.kind}{group}/{parameters.name}"
