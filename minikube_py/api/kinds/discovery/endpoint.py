"""Endpoint: one thing behind a Service, its addresses and whether it can take traffic.

Kubernetes: staging/src/k8s.io/api/discovery/v1/types.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from minikube_py.api.kinds.core.common import ObjectReference
from minikube_py.api.markers import ListType, OneOf
from minikube_py.api.model import Model, written


class EndpointConditions(Model):
    """Whether the endpoint can take traffic."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class ForNode(Model):
    name: str = written(str)


class ForZone(Model):
    name: str = written(str)


class EndpointHints(Model):
    """For which zones or nodes the endpoint is meant."""

    for_zones: tuple[ForZone, ...] = ()
    for_nodes: tuple[ForNode, ...] = ()


class Endpoint(Model):
    """One thing behind a service, usually a pod."""

    addresses: Annotated[tuple[str, ...], ListType("set")] = written(tuple)
    conditions: EndpointConditions = written(EndpointConditions)
    hostname: str | None = None
    target_ref: ObjectReference | None = None
    deprecated_topology: Mapping[str, str] = {}
    node_name: str | None = None
    zone: str | None = None
    hints: EndpointHints | None = None


class EndpointPort(Model):
    """A port that all endpoints of the slice listen on."""

    is_atomic: ClassVar[bool] = True

    name: str | None = None
    protocol: Annotated[str | None, OneOf("SCTP", "TCP", "UDP")] = None
    port: int | None = None
    app_protocol: str | None = None
