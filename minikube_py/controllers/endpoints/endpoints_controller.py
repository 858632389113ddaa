"""Endpoints controller: the addresses behind a Service in one object, for clients from before EndpointSlices.

Kubernetes: pkg/controller/endpoint/endpoints_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable

from minikube_py.api.kinds.core.endpoints import EndpointAddress, EndpointPort, Endpoints, EndpointSubset
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.status import AlreadyExists, Conflict, Forbidden, NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.endpoints.backends import (
    HEADLESS_LABEL,
    backends_of,
    has_own_backends,
    hostname_of,
    is_headless,
    reference_to,
    services_of,
    target_port,
)
from minikube_py.controllers.namespaces import is_ending_namespace
from minikube_py.machinery.conditions import is_ready
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change
from minikube_py.machinery.sources import For, Watches
from minikube_py.machinery.store import Key, key_of

MAX_ADDRESSES = 1000
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
MANAGED_BY = "endpoints.kubernetes.io/managed-by"


class EndpointsController:
    name = "endpoints"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        services, pods = context.informers.of(Service), context.informers.of(Pod)
        endpoints = context.informers.of(Endpoints)
        self._services = services.store
        self._pods = pods.store
        self._endpoints = endpoints.store
        self.sources = (
            For(services),
            Watches(pods, lambda change: services_of(change, self._services)),
            Watches(endpoints, _vanished),
        )

    async def reconcile(self, key: Key) -> Result:
        service = self._services.get(key)
        if service is None:
            await self._delete(key)
        elif has_own_backends(service) and service.metadata.deletion_timestamp is None:
            wanted = endpoints_of(service, backends_of(service, self._pods))
            await self._write(self._endpoints.get(key), wanted)
        return Result.DONE

    async def _write(self, current: Endpoints | None, wanted: Endpoints) -> None:
        if current is None:
            await self._create(wanted)
            return
        metadata = replace(current.metadata, labels=wanted.metadata.labels, annotations=_annotations(current, wanted))
        changed = replace(current, metadata=metadata, subsets=wanted.subsets)
        if changed != current:
            await self._client.update(changed)

    async def _create(self, wanted: Endpoints) -> None:
        try:
            await self._client.create(wanted)
        except AlreadyExists as error:
            raise Conflict("the store does not show these endpoints yet") from error
        except Forbidden as error:
            # When the namespace is being deleted, so is the Service.
            if not is_ending_namespace(error):
                raise

    async def _delete(self, key: Key) -> None:
        if self._endpoints.get(key) is None:
            return
        try:
            await self._client.delete(Endpoints, key.name, namespace=key.namespace)
        except NotFound:
            return


def _vanished(change: Change[Endpoints]) -> tuple[Key, ...]:
    """The Service whose Endpoints somebody has deleted."""
    return (key_of(change.object),) if change.new is None else ()


def endpoints_of(service: Service, pods: Iterable[Pod]) -> Endpoints:
    """The Endpoints that a Service and its pods amount to: a subset for each set of ports."""
    ready: dict[tuple[EndpointPort, ...], list[EndpointAddress]] = {}
    not_ready: dict[tuple[EndpointPort, ...], list[EndpointAddress]] = {}
    publishes_all = service.spec.publish_not_ready_addresses
    chosen = [pod for pod in pods if publishes_all or pod.metadata.deletion_timestamp is None]
    for pod in sorted(chosen, key=lambda each: each.status.pod_ip)[:MAX_ADDRESSES]:
        part = ready if publishes_all or is_ready(pod) else not_ready
        part.setdefault(_ports(service, pod), []).append(_address(service, pod))
    subsets = tuple(
        EndpointSubset(
            addresses=tuple(ready.get(ports, ())),
            not_ready_addresses=tuple(not_ready.get(ports, ())),
            ports=ports,
        )
        for ports in dict.fromkeys((*ready, *not_ready))
        if ports or is_headless(service)
    )
    metadata = ObjectMeta(
        name=service.metadata.name,
        namespace=service.metadata.namespace,
        labels=_labels(service),
        annotations={OVER_CAPACITY: "truncated"} if len(chosen) > MAX_ADDRESSES else {},
    )
    return Endpoints(metadata=metadata, subsets=subsets)


def _ports(service: Service, pod: Pod) -> tuple[EndpointPort, ...]:
    numbers = ((port, target_port(port, pod)) for port in service.spec.ports)
    return tuple(
        EndpointPort(name=port.name, port=number, protocol=port.protocol or "TCP", app_protocol=port.app_protocol)
        for port, number in numbers
        if number is not None
    )


def _address(service: Service, pod: Pod) -> EndpointAddress:
    return EndpointAddress(
        ip=pod.status.pod_ip,
        hostname=hostname_of(service, pod),
        node_name=pod.spec.node_name or None,
        target_ref=reference_to(pod),
    )


def _labels(service: Service) -> dict[str, str]:
    labels = {**service.metadata.labels, MANAGED_BY: "endpoint-controller"}
    if is_headless(service):
        labels[HEADLESS_LABEL] = ""
    return labels


def _annotations(current: Endpoints, wanted: Endpoints) -> dict[str, str]:
    others = {name: value for name, value in current.metadata.annotations.items() if name != OVER_CAPACITY}
    return {**others, **wanted.metadata.annotations}
