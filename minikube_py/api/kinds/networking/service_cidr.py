"""ServiceCIDR: a range that Services get their addresses from.

Kubernetes: pkg/registry/networking/servicecidr/strategy.go
Simplified: stored and shown; addresses are drawn from the range of the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.field_checks import cidr_errors
from minikube_py.api.markers import MergeBy
from minikube_py.api.meta import Condition
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, immutable_errors, invalid_value, required


class ServiceCIDRSpec(Model):
    cidrs: tuple[str, ...] = ()


class ServiceCIDRStatus(Model):
    conditions: Annotated[tuple[Condition, ...], MergeBy("type", ("type",))] = ()


class ServiceCIDR(
    Resource,
    group="networking.k8s.io",
    version="v1",
    plural="servicecidrs",
    status_writes_metadata=False,
    namespaced=False,
    generation_of=(),
    columns=(NAME, Column("CIDRs", lambda cidr: ",".join(cidr.spec.cidrs)), AGE),
):
    spec: ServiceCIDRSpec = written(ServiceCIDRSpec)
    status: ServiceCIDRStatus = written(ServiceCIDRStatus)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        cidrs = self.spec.cidrs
        if not cidrs:
            yield required("spec.cidrs", "at least one CIDR required")
        elif len(cidrs) > 2:
            yield invalid_value("spec.cidrs", cidrs, "may only hold up to 2 values")
        elif len(cidrs) == 2 and len({":" in cidr for cidr in cidrs}) == 1:
            yield invalid_value(
                "spec.cidrs",
                cidrs,
                "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96",
            )
        for index, cidr in enumerate(cidrs):
            yield from cidr_errors(cidr, f"spec.cidrs[{index}]")
        if old is not None and cidrs[: len(old.spec.cidrs)] != old.spec.cidrs:
            yield from immutable_errors(cidrs[0] if cidrs else "", old.spec.cidrs[0], "spec.cidrs[0]")
