"""Ingress: which HTTP requests from outside go to which Service.

Kubernetes: pkg/registry/networking/ingress/strategy.go
Simplified: stored with all its rules; a controller that acts on them is brought by the user, as upstream.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.columns import AGE, NAME, NONE, first_three
from minikube_py.api.definition import Column
from minikube_py.api.kinds.networking.ingress_spec import IngressRule, IngressSpec, IngressStatus
from minikube_py.api.kinds.networking.ingress_validation import spec_errors, status_errors
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError


class Ingress(
    Resource,
    group="networking.k8s.io",
    version="v1",
    plural="ingresses",
    short_names=("ing",),
    columns=(
        NAME,
        Column("Class", lambda ingress: ingress.spec.ingress_class_name or NONE),
        Column("Hosts", lambda ingress: _hosts(ingress.spec.rules)),
        Column("Address", lambda ingress: _addresses(ingress.status)),
        Column("Ports", lambda ingress: "80, 443" if ingress.spec.tls else "80"),
        AGE,
    ),
):
    spec: IngressSpec = written(IngressSpec)
    status: IngressStatus = written(IngressStatus)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return spec_errors(self.spec)

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        return status_errors(self.status)

    def warnings(self) -> Iterable[str]:
        if "kubernetes.io/ingress.class" in self.metadata.annotations:
            yield "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"


def _hosts(rules: tuple[IngressRule, ...]) -> str:
    hosts = [rule.host for rule in rules if rule.host]
    return first_three(hosts, of=len(rules), empty="*")


def _addresses(status: IngressStatus) -> str:
    return ",".join(sorted({point.ip or point.hostname for point in status.load_balancer.ingress} - {""}))
