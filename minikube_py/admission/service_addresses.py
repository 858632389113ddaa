"""ServiceAddresses: gives each Service its cluster IP and node ports, and takes them back.

Kubernetes: pkg/registry/core/service/storage/alloc.go
Simplified: IPv4 only; no health check node port.
"""

from __future__ import annotations

import ipaddress
from functools import partial

from minikube_py.admission.allocators import AddressPool, NumberPool, PoolExhausted
from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.service import Service, ServicePort
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import ApiError, InternalError, invalid
from minikube_py.api.validation import FieldError, invalid_value
from minikube_py.watchcache.cacher import Cacher

NODE_PORTS = range(30000, 32768)
_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")


class ServiceAddresses(Plugin):
    def __init__(self, cacher: Cacher, addresses: AddressPool) -> None:
        self._cacher = cacher
        self._addresses = addresses
        self._ports = NumberPool(NODE_PORTS)
        self._is_loaded = False

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if not isinstance(obj, Service) or attributes.subresource or attributes.operation == "DELETE":
            return obj
        await self._load()
        old = attributes.old if isinstance(attributes.old, Service) else None
        try:
            service = self._with_address(self._kept(obj, old), old, attributes)
            return self._with_ports(service, old, attributes)
        except PoolExhausted as error:
            raise InternalError(f"Internal error occurred: failed to allocate for the service: {error}") from error

    async def _load(self) -> None:
        """Learn once what the stored Services hold."""
        if self._is_loaded:
            return
        await self._cacher.catch_up()
        cache = self._cacher.of(Service)
        for item in cache.everything():
            service = Service.from_json(item.data)
            for address in _addresses(service):
                self._addresses.take(address)
            for port in _node_ports(service):
                self._ports.take(port)
        self._is_loaded = True

    @staticmethod
    def _kept(new: Service, old: Service | None) -> Service:
        """An update that says nothing of the addresses keeps them."""
        if old is None or new.spec.type == "ExternalName" or old.spec.type == "ExternalName":
            return new
        spec = new.spec
        if not spec.cluster_ip and not spec.cluster_ips:
            spec = replace(spec, cluster_ip=old.spec.cluster_ip, cluster_ips=old.spec.cluster_ips)
        if spec.type in _WITH_NODE_PORTS:
            known = {(port.port, port.protocol): port.node_port for port in old.spec.ports}
            ports = tuple(
                port if port.node_port else replace(port, node_port=known.get((port.port, port.protocol), 0))
                for port in spec.ports
            )
            spec = replace(spec, ports=ports)
        return replace(new, spec=spec)

    def _with_address(self, service: Service, old: Service | None, attributes: Attributes) -> Service:
        spec = service.spec
        if spec.type == "ExternalName":
            return replace(service, spec=replace(spec, cluster_ip="", cluster_ips=()))
        wanted = spec.cluster_ip or (spec.cluster_ips[0] if spec.cluster_ips else "")
        if wanted != "None" and (not wanted or _is_address(wanted)):
            held = _addresses(old) if old else ()
            if old is not None and old.spec.cluster_ip not in ("", wanted):
                return service  # which is refused: an address, once given, stays
            if not wanted:
                wanted = self._addresses.take_any()
                attributes.undo.append(partial(self._addresses.release, (wanted,)))
            elif wanted not in held:
                self._take_address(service, wanted, attributes)
        if old is not None and spec.cluster_ip and not spec.cluster_ips:
            return service  # with what it has not said kept as it was
        return replace(service, spec=replace(spec, cluster_ip=wanted, cluster_ips=spec.cluster_ips or (wanted,)))

    def _take_address(self, service: Service, address: str, attributes: Attributes) -> None:
        if address not in self._addresses:
            why = f"failed to allocate IP {address}: the provided network does not match the current range"
            raise _refused(service, invalid_value("spec.clusterIPs", [address], why))
        if not self._addresses.take(address):
            why = f"failed to allocate IP {address}: provided IP is already allocated"
            raise _refused(service, invalid_value("spec.clusterIPs", [address], why))
        attributes.undo.append(partial(self._addresses.release, (address,)))

    def _with_ports(self, service: Service, old: Service | None, attributes: Attributes) -> Service:
        spec = service.spec
        if spec.type not in _WITH_NODE_PORTS or spec.allocate_load_balancer_node_ports is False:
            return service
        held = set(_node_ports(old)) if old else set()
        ports: list[ServicePort] = []
        for index, port in enumerate(spec.ports):
            number = port.node_port
            if not number:
                number = self._ports.take_any()
                attributes.undo.append(partial(self._ports.release, (number,)))
            elif number not in held:
                self._take_port(service, index, number, attributes)
            ports.append(replace(port, node_port=number))
        return replace(service, spec=replace(spec, ports=tuple(ports)))

    def _take_port(self, service: Service, index: int, number: int, attributes: Attributes) -> None:
        path = f"spec.ports[{index}].nodePort"
        if number not in self._ports:
            why = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            raise _refused(service, invalid_value(path, number, why))
        if not self._ports.take(number):
            raise _refused(service, invalid_value(path, number, "provided port is already allocated"))
        attributes.undo.append(partial(self._ports.release, (number,)))

    def updated(self, old: Resource, new: Resource) -> None:
        if isinstance(old, Service) and isinstance(new, Service):
            self._addresses.release(set(_addresses(old)) - set(_addresses(new)))
            self._ports.release(set(_node_ports(old)) - set(_node_ports(new)))

    def deleted(self, obj: Resource) -> None:
        if isinstance(obj, Service):
            self._addresses.release(_addresses(obj))
            self._ports.release(_node_ports(obj))


def _is_address(text: str) -> bool:
    """Whether validation will find nothing wrong with it; only then is there something to take."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _addresses(service: Service) -> tuple[str, ...]:
    return tuple(address for address in service.spec.cluster_ips if address not in ("", "None"))


def _node_ports(service: Service) -> tuple[int, ...]:
    return tuple(port.node_port for port in service.spec.ports if port.node_port)


def _refused(service: Service, error: FieldError) -> ApiError:
    return invalid("", "Service", service.metadata.name, [error])
