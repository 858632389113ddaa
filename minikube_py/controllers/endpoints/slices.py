"""Lays endpoints out in slices of at most a hundred, changing as few slices as possible. Pure.

Endpoints stay in the slice where they are; new ones go where there is room; slices that nobody needs are deleted. So
one pod's change is one small write, and one small event for every node's proxy.

Kubernetes: staging/src/k8s.io/endpointslice/reconciler.go
Simplified: no topology hints, no annotation with the time of the change that triggered the write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import Endpoint, EndpointConditions, EndpointPort, EndpointSlice
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.controllers.endpoints.backends import (
    HEADLESS_LABEL,
    address_of,
    hostname_of,
    is_headless,
    reference_to,
    target_port,
)
from minikube_py.machinery.conditions import is_ready
from minikube_py.machinery.ownership import controller_reference

MAX_ENDPOINTS = 100
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
CONTROLLER = "endpointslice-controller.k8s.io"


@dataclass(frozen=True, slots=True)
class Layout:
    """Endpoints that may share slices: one address family, one set of ports."""

    family: str
    ports: tuple[EndpointPort, ...]


@dataclass(frozen=True, slots=True)
class SlicePlan:
    create: tuple[EndpointSlice, ...]
    update: tuple[EndpointSlice, ...]
    delete: tuple[EndpointSlice, ...]


Desired = dict[Layout, dict[str, Endpoint]]


def plan_slices(
    service: Service, pods: Sequence[Pod], zones: Mapping[str, str], existing: Sequence[EndpointSlice]
) -> SlicePlan:
    """What to do so that `existing` become the slices of `pods`; `zones` are those of the nodes by name."""
    desired = _desired(service, pods, zones)
    metadata = _metadata(service)
    plans = []
    for layout, endpoints in desired.items():
        alike = [each for each in existing if Layout(each.address_type, each.ports) == layout]
        plans.append(_fill(layout, endpoints, alike, metadata))
    outdated = (each for each in existing if Layout(each.address_type, each.ports) not in desired)
    return SlicePlan(
        create=tuple(each for part in plans for each in part.create),
        update=tuple(each for part in plans for each in part.update),
        delete=(*(each for part in plans for each in part.delete), *outdated),
    )


def _fill(
    layout: Layout, endpoints: Mapping[str, Endpoint], alike: Sequence[EndpointSlice], metadata: ObjectMeta
) -> SlicePlan:
    """Put the endpoints of one layout into the slices that have it, and into new ones as far as they are full."""
    left = dict(endpoints)
    contents = [_still_wanted(each, left) for each in alike]
    for content in contents:
        for uid in tuple(left)[: MAX_ENDPOINTS - len(content)]:
            content.append(left.pop(uid))
    # A Service without endpoints keeps one slice that says so.
    needed = [bool(content) or (not endpoints and index == 0) for index, content in enumerate(contents)]
    wanted = [
        _with_metadata(replace(each, endpoints=tuple(c)), metadata) for each, c in zip(alike, contents, strict=True)
    ]
    rest = tuple(left.values())
    parts = [rest[start : start + MAX_ENDPOINTS] for start in range(0, len(rest), MAX_ENDPOINTS)]
    if not endpoints and not alike:
        parts = [()]
    new = (
        EndpointSlice(metadata=metadata, address_type=layout.family, ports=layout.ports, endpoints=part)
        for part in parts
    )
    former = zip(alike, wanted, needed, strict=True)
    return SlicePlan(
        create=tuple(new),
        update=tuple(now for before, now, is_needed in former if is_needed and now != before),
        delete=tuple(each for each, is_needed in zip(alike, needed, strict=True) if not is_needed),
    )


def _desired(service: Service, pods: Sequence[Pod], zones: Mapping[str, str]) -> Desired:
    """All endpoints by layout; a family without any has one empty layout, so that the Service has a slice at all."""
    desired: Desired = {}
    for family in service.spec.ip_families or ("IPv4",):
        found: Desired = {}
        for pod in sorted(pods, key=lambda each: each.metadata.name):
            address = address_of(pod, family)
            if address:
                layout = Layout(family, _ports(service, pod))
                found.setdefault(layout, {})[pod.metadata.uid] = _endpoint(service, pod, address, zones)
        desired |= found or {Layout(family, ()): {}}
    return desired


def _still_wanted(existing: EndpointSlice, left: dict[str, Endpoint]) -> list[Endpoint]:
    """The slice's endpoints that are wanted, as they are wanted; taken out of `left`."""
    uids = [each.target_ref.uid for each in existing.endpoints if each.target_ref is not None]
    return [left.pop(uid) for uid in uids if uid in left]


def _ports(service: Service, pod: Pod) -> tuple[EndpointPort, ...]:
    numbers = ((port, target_port(port, pod)) for port in service.spec.ports)
    return tuple(
        EndpointPort(name=port.name, protocol=port.protocol or "TCP", port=number, app_protocol=port.app_protocol)
        for port, number in numbers
        if number is not None
    )


def _endpoint(service: Service, pod: Pod, address: str, zones: Mapping[str, str]) -> Endpoint:
    serving, terminating = is_ready(pod), pod.metadata.deletion_timestamp is not None
    ready = service.spec.publish_not_ready_addresses or (serving and not terminating)
    return Endpoint(
        addresses=(address,),
        conditions=EndpointConditions(ready=ready, serving=serving, terminating=terminating),
        hostname=hostname_of(service, pod) or None,
        target_ref=reference_to(pod),
        node_name=pod.spec.node_name or None,
        zone=zones.get(pod.spec.node_name),
    )


def _metadata(service: Service) -> ObjectMeta:
    labels = {**service.metadata.labels, SERVICE_NAME: service.metadata.name, MANAGED_BY: CONTROLLER}
    if is_headless(service):
        labels[HEADLESS_LABEL] = ""
    return ObjectMeta(
        generate_name=f"{service.metadata.name}-",
        namespace=service.metadata.namespace,
        labels=labels,
        owner_references=(controller_reference(service),),
    )


def _with_metadata(existing: EndpointSlice, wanted: ObjectMeta) -> EndpointSlice:
    metadata = replace(existing.metadata, labels=wanted.labels, owner_references=wanted.owner_references)
    return replace(existing, metadata=metadata)
