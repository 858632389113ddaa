"""Endpoints: the addresses behind a Service, in the form before EndpointSlice.

Kubernetes: pkg/registry/core/endpoint/strategy.go
"""

from __future__ import annotations

from typing import Annotated, Self

from minikube_py.api.defaulting import changed, each, filled
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
    Resource, version="v1", plural="endpoints", short_names=("ep",), generation_of=(), allows_create_on_update=True
):
    subsets: tuple[EndpointSubset, ...] = ()

    def defaulted(self) -> Self:
        return changed(self, subsets=each(self.subsets, _subset_defaulted))


def _subset_defaulted(subset: EndpointSubset) -> EndpointSubset:
    return changed(subset, ports=each(subset.ports, lambda port: filled(port, protocol="TCP")))
