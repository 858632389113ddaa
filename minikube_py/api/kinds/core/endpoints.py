"""Endpoints: the addresses behind a Service, in the form before EndpointSlice.

Kubernetes: pkg/registry/core/endpoint/strategy.go
"""

from __future__ import annotations

from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, NONE, first_three
from minikube_py.api.defaulting import changed, each, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.common import ObjectReference
from minikube_py.api.markers import OneOf
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource


class EndpointAddress(Model):
    ip: str = written(str)
    target_ref: ObjectReference | None = None
    hostname: str = ""
    node_name: str | None = None


class EndpointPort(Model):
    name: str = ""
    port: int = written(int)
    protocol: Annotated[str, OneOf("SCTP", "TCP", "UDP")] = ""
    app_protocol: str | None = None


class EndpointSubset(Model):
    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class Endpoints(
    Resource,
    version="v1",
    plural="endpoints",
    short_names=("ep",),
    columns=(
        NAME,
        Column("Endpoints", lambda endpoints: _endpoints_text(endpoints.subsets)),
        AGE,
    ),
    generation_of=(),
    allows_create_on_update=True,
):
    subsets: tuple[EndpointSubset, ...] = ()

    def defaulted(self) -> Self:
        return changed(self, subsets=each(self.subsets, _subset_defaulted))


def _subset_defaulted(subset: EndpointSubset) -> EndpointSubset:
    return changed(subset, ports=each(subset.ports, lambda port: filled(port, protocol="TCP")))


def _endpoints_text(subsets: tuple[EndpointSubset, ...]) -> str:
    if not subsets:
        return NONE
    found = [text for subset in subsets for text in _subset_texts(subset)]
    return first_three(found, of=len(found), empty="")


def _subset_texts(subset: EndpointSubset) -> list[str]:
    addresses = [f"[{address.ip}]" if ":" in address.ip else address.ip for address in subset.addresses]
    if not subset.ports:
        return addresses
    return [f"{address}:{port.port}" for port in subset.ports for address in addresses]
