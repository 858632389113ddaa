"""What a new cluster holds before anybody asks: namespaces, priority classes, the range of Services' addresses, a
listing of the served groups, and the Service that is the API server itself.

Kubernetes: pkg/controlplane/controller/{systemnamespaces,kubernetesservice,defaultservicecidr}, autoregister,
pkg/registry/scheduling/rest (PostStartHook)
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields

from minikube_py.access.authorization.default_roles import completed, default_roles
from minikube_py.api.kinds.core.endpoints import EndpointAddress, EndpointPort, Endpoints, EndpointSubset
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.kinds.core.service import Service, ServicePort, ServiceSpec
from minikube_py.api.kinds.discovery.endpoint_slice import Endpoint, EndpointConditions, EndpointSlice
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointPort as SlicePort
from minikube_py.api.kinds.networking.service_cidr import ServiceCIDR, ServiceCIDRSpec, ServiceCIDRStatus
from minikube_py.api.kinds.scheduling.priority_class import SYSTEM_CLASSES
from minikube_py.api.meta import Condition, ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.status import AlreadyExists, ApiError, NotFound
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.discovery.api_groups import api_services
from minikube_py.patching.managed_fields import Manager
from minikube_py.storage.interface import StorageError
from minikube_py.watchcache.cacher import Cacher

log = logging.getLogger(__name__)

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """What this server knows of itself."""

    service_address: str
    """The first cluster address, which stands for the API server."""
    service_range: str
    host: str
    port: int
    groups: Sequence[tuple[str, str]]
    """(group, version) of all that is served."""


async def bootstrap(writer: Writer, cluster: Cluster) -> None:
    """Create what is missing, and say where this server listens; tried until the store lets it."""
    while True:
        try:
            for obj in (*_objects(cluster), *api_services(cluster.groups)):
                await _unless_refused(obj, ensure(writer, obj))
            return
        except StorageError as error:
            log.warning("cannot create the system objects yet", extra={"error": str(error)})
            await asyncio.sleep(_RETRY_S)


async def _unless_refused(obj: Resource, write: Awaitable[None]) -> None:
    """What users have made (a policy, say) may refuse what the server writes of its own accord; it goes on without.

    Raises: StorageError.
    """
    try:
        await write
    except ApiError as error:
        said = {"object": f"{obj.definition.kind} {obj.metadata.name}", "error": str(error)}
        log.warning("a system object is refused", extra=said)


async def ensure(writer: Writer, obj: Resource) -> None:
    """Create what is missing; what there is stays, but for where this server is. Raises: StorageError."""
    manager = Manager("kube-apiserver", api_version=obj.definition.api_version)
    target = Target(type(obj), obj.metadata.namespace, obj.metadata.name, manager=manager)
    obj = obj.defaulted()

    def refreshed(current: Resource) -> Resource:
        is_ours_alone = isinstance(obj, (Endpoints, EndpointSlice))
        return replace(obj, metadata=current.metadata) if is_ours_alone else current

    try:
        # Not creation first: after a restart the Service's address is taken, by that very Service.
        await writer.update(target, refreshed)
    except NotFound:
        with contextlib.suppress(AlreadyExists):
            await writer.create(target, obj)
            await _report(writer, target, obj)


async def _report(writer: Writer, target: Target, obj: Resource) -> None:
    """Write the status that a new object cannot bring along."""
    status = getattr(obj, "status", None)
    if status is not None and status != obj.empty_status():
        manager = replace_fields(target.manager, subresource="status") if target.manager else None
        status_target = replace_fields(target, subresource="status", manager=manager)
        await writer.update(status_target, lambda current: replace(current, status=status))


def _objects(cluster: Cluster) -> list[Resource]:
    host, port, service_address = advertised_address(cluster.host), cluster.port, cluster.service_address
    labels = {"component": "apiserver", "provider": "kubernetes"}
    in_default = ObjectMeta(name="kubernetes", namespace="default")
    service_port = ServicePort(name="https", protocol="TCP", port=443, target_port=port)
    spec = ServiceSpec(
        cluster_ip=service_address, cluster_ips=(service_address,), ports=(service_port,), type="ClusterIP"
    )
    found: list[Resource] = [Namespace(metadata=ObjectMeta(name=name)) for name in NAMESPACES]
    found.append(Service(metadata=replace(in_default, labels=labels), spec=spec))
    found += [*SYSTEM_CLASSES, _service_cidr(cluster.service_range)]
    if not host:
        return found
    skip_mirror = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    subset = EndpointSubset(
        addresses=(EndpointAddress(ip=host),), ports=(EndpointPort(name="https", port=port, protocol="TCP"),)
    )
    found.append(Endpoints(metadata=replace(in_default, labels=skip_mirror), subsets=(subset,)))
    found.append(
        EndpointSlice(
            metadata=replace(in_default, labels={"kubernetes.io/service-name": "kubernetes"}),
            address_type="IPv4",
            endpoints=(Endpoint(addresses=(host,), conditions=EndpointConditions(ready=True)),),
            ports=(SlicePort(name="https", port=port, protocol="TCP"),),
        )
    )
    return found


def advertised_address(bound_to: str) -> str:
    """What the cluster is told: the address that is listened on, unless that is all of them or loopback, which means
    something else to everybody; then the one towards the rest of the world, empty on a machine without any.

    Kubernetes: component-helpers/.../ResolveBindAddress
    """
    if not ipaddress.ip_address(bound_to).is_loopback and not ipaddress.ip_address(bound_to).is_unspecified:
        return bound_to
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: connecting a datagram socket only asks the kernel for the route.
            probe.connect(("192.0.2.1", 9))
            address: str = probe.getsockname()[0]
        except OSError:
            return ""
    return "" if ipaddress.ip_address(address).is_loopback else address


def _service_cidr(service_range: str) -> ServiceCIDR:
    ready = Condition(
        type="Ready",
        status="True",
        message="Kubernetes default Service CIDR is ready",
        last_transition_time=Time.now(),
    )
    return ServiceCIDR(
        metadata=ObjectMeta(name="kubernetes"),
        spec=ServiceCIDRSpec(cidrs=(service_range,)),
        status=ServiceCIDRStatus(conditions=(ready,)),
    )


async def reconcile_default_roles(writer: Writer, cacher: Cacher) -> None:
    """Create what is missing, and add what was taken out of roles and bindings that have not opted out of upkeep.

    Raises: StorageError.
    """
    async with asyncio.TaskGroup() as group:
        for wanted in default_roles():
            group.create_task(_unless_refused(wanted, _complete(writer, cacher, wanted)))


async def _complete(writer: Writer, cacher: Cacher, wanted: Resource) -> None:
    kind, metadata = type(wanted), wanted.metadata
    target = Target(kind, metadata.namespace, metadata.name)
    item = cacher.get(kind, metadata.namespace, metadata.name)
    if item is None:
        with contextlib.suppress(AlreadyExists):
            await writer.create(target, wanted.defaulted())
    elif completed(kind.from_json(item.data), wanted) is not None:
        await writer.update(target, lambda current: completed(current, wanted) or current)
