"""EndpointSlice mirroring: Endpoints that somebody writes by hand, for a Service without a selector, as slices.

Proxies read slices only; who still writes the older kind is heard nevertheless.

Kubernetes: pkg/controller/endpointslicemirroring
Simplified: one slice a subset and address family, of at most 1,000 endpoints, written anew when anything in it changes.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from minikube_py.api.kinds.core.endpoints import EndpointAddress, Endpoints, EndpointSubset
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import Endpoint, EndpointConditions, EndpointPort, EndpointSlice
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.status import Forbidden, NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.endpoints.slices import MANAGED_BY, SERVICE_NAME
from minikube_py.controllers.namespaces import is_ending_namespace
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change
from minikube_py.machinery.ownership import controller_reference
from minikube_py.machinery.recent_writes import RecentWrites
from minikube_py.machinery.sources import For, Owns, Watches
from minikube_py.machinery.store import Key, key_of

CONTROLLER = "endpointslicemirroring-controller.k8s.io"
SKIP = "endpointslice.kubernetes.io/skip-mirror"
MAX_ENDPOINTS = 1000
_LEADER = "control-plane.alpha.kubernetes.io/leader"
_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", "endpoints.kubernetes.io/last-change-trigger-time")


class EndpointSliceMirroringController:
    name = "endpointslicemirroring"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        endpoints, services = context.informers.of(Endpoints), context.informers.of(Service)
        slices = context.informers.of(EndpointSlice)
        self._endpoints = endpoints.store
        self._services = services.store
        self._slices = slices.store
        self._recent: RecentWrites[EndpointSlice] = RecentWrites(slices)
        self.sources = (For(endpoints), Owns(slices, Endpoints), Watches(services, _same_name))

    async def reconcile(self, key: Key) -> Result:
        endpoints, service = self._endpoints.get(key), self._services.get(key)
        if endpoints is None:
            # Its slices go with it: it is their owner.
            self._recent.forget(key)
            return Result.DONE
        existing = self._recent.overlay(key, self._slices.controlled_by(endpoints.metadata.uid))
        wanted = mirrored(endpoints) if service is not None and is_mirrored(endpoints, service) else ()
        for old, new in _paired(existing, wanted):
            await self._bring(key, old, new)
        return Result.DONE

    async def _bring(self, key: Key, old: EndpointSlice | None, new: EndpointSlice | None) -> None:
        if old is None and new is not None:
            try:
                self._recent.created(key, await self._client.create(new))
            except Forbidden as error:
                if not is_ending_namespace(error):
                    raise
        elif old is not None and new is None:
            try:
                await self._client.delete(EndpointSlice, old.metadata.name, namespace=old.metadata.namespace)
            except NotFound:
                return
            self._recent.deleted(key, old)
        elif old is not None and new is not None:
            metadata = replace(old.metadata, labels=new.metadata.labels, annotations=new.metadata.annotations)
            changed = replace(old, metadata=metadata, ports=new.ports, endpoints=new.endpoints)
            if changed != old:
                await self._client.update(changed)


def is_mirrored(endpoints: Endpoints, service: Service) -> bool:
    """Whether somebody wrote these by hand, for proxies to read."""
    metadata = endpoints.metadata
    is_wanted = metadata.labels.get(SKIP) != "true" and _LEADER not in metadata.annotations
    return is_wanted and not service.spec.selector and metadata.deletion_timestamp is None


def mirrored(endpoints: Endpoints) -> tuple[EndpointSlice, ...]:
    """The slices that say the same."""
    metadata = endpoints.metadata
    labels = {**metadata.labels, SERVICE_NAME: metadata.name, MANAGED_BY: CONTROLLER}
    shared = ObjectMeta(
        generate_name=f"{metadata.name}-",
        namespace=metadata.namespace,
        labels=labels,
        annotations={key: value for key, value in metadata.annotations.items() if key not in _NOT_COPIED},
        owner_references=(controller_reference(endpoints),),
    )
    return tuple(
        EndpointSlice(
            metadata=shared,
            address_type=family,
            endpoints=tuple(found[:MAX_ENDPOINTS]),
            ports=tuple(
                EndpointPort(name=port.name, port=port.port, protocol=port.protocol, app_protocol=port.app_protocol)
                for port in subset.ports
            ),
        )
        for subset in endpoints.subsets
        for family in ("IPv4", "IPv6")
        if (found := [each for each in _endpoints_of(subset) if _family(each.addresses[0]) == family])
    )


def _endpoints_of(subset: EndpointSubset) -> Iterator[Endpoint]:
    for addresses, ready in ((subset.addresses, True), (subset.not_ready_addresses, False)):
        for address in addresses:
            yield _endpoint(address, ready=ready)


def _endpoint(address: EndpointAddress, *, ready: bool) -> Endpoint:
    return Endpoint(
        addresses=(address.ip,),
        conditions=EndpointConditions(ready=ready),
        hostname=address.hostname or None,
        target_ref=address.target_ref,
        node_name=address.node_name,
    )


def _family(address: str) -> str:
    return "IPv6" if ipaddress.ip_address(address).version == 6 else "IPv4"


def _paired(
    existing: list[EndpointSlice] | tuple[EndpointSlice, ...], wanted: tuple[EndpointSlice, ...]
) -> list[tuple[EndpointSlice | None, EndpointSlice | None]]:
    """Each wanted slice with the one that may become it: of the same family, with the same ports before others."""
    left, pairs = list(existing), []
    for new in wanted:
        alike = [old for old in left if old.address_type == new.address_type]
        old = next((each for each in alike if each.ports == new.ports), next(iter(alike), None))
        if old is not None:
            left.remove(old)
        pairs.append((old, new))
    return [*pairs, *((old, None) for old in left)]


def _same_name(change: Change[Service]) -> Iterator[Key]:
    service = change.new or change.old
    if service is not None:
        yield key_of(service)
