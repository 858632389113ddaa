"""Proxy: any HTTP request, passed on to a pod, to one of the pods behind a service, or to a node's kubelet.

    /api/v1/namespaces/NS/services/[SCHEME:]NAME[:PORT]/proxy/PATH   the answer comes back as it is, except that
    links of a page and redirects to the other side's own paths are led through here again

Kubernetes: pkg/registry/core/{pod,service,node}/rest, staging/src/k8s.io/apimachinery/pkg/util/proxy
Simplified: no upgrades (WebSocket, SPDY); a body is read whole before it is passed on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.kinds.field_checks import endpoint_address_errors
from minikube_py.api.resource import Resource
from minikube_py.api.status import BadRequest, Unavailable
from minikube_py.apiserver.answers import Answer, Stream
from minikube_py.apiserver.api_request import ApiRequest, method_not_allowed
from minikube_py.apiserver.subresources.asking import Asking
from minikube_py.discovery.discovery import SubresourceInfo
from minikube_py.outbound.kubelets import Kubelets
from minikube_py.outbound.outside import Outside, Reply, Sent
from minikube_py.watchcache.cacher import Cacher

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_NOT_PASSED_ON = ("host", "connection", "upgrade", "keep-alive", "transfer-encoding", "content-length", "authorization")
_NOT_PASSED_BACK = ("connection", "keep-alive", "transfer-encoding", "content-type", "cache-control", "content-length")
_LINK = re.compile(rb"""(\s(?:href|src|action|longdesc|cite|background|data|poster)\s*=\s*["']?)(/[^"'\s>]*)""", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """The name of a proxy path, split."""

    scheme: str
    name: str
    port: str

    @classmethod
    def parse(cls, text: str) -> Asked:
        """Raises: BadRequest."""
        parts = text.split(":")
        if len(parts) == 1:
            return cls("http", text, "")
        scheme, name, port = ("", *parts) if len(parts) == 2 else parts if len(parts) == 3 else ("?", "", "")
        if scheme not in ("", "http", "https") or not name:
            raise BadRequest(f"invalid service request {text!r}".replace("'", '"'))
        return cls(scheme or "http", name, port)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the other side answers, and who asks it."""

    url: str
    """SCHEME://HOST:PORT"""
    outside: Outside
    tls_name: str = ""
    """The name that its certificate has to bear, where that is not the host."""


Locate = Callable[[ApiRequest, Asked], Awaitable[Place]]
"""Raises: ApiError."""


class ProxySubresource:
    """`proxy` of one kind."""

    def __init__(self, resource: type[Resource], locate: Locate, asking: Asking) -> None:
        kind = f"{resource.definition.kind}ProxyOptions"
        self.info = SubresourceInfo("proxy", kind, ("create", "delete", "get", "patch", "update"))
        self._resource = resource
        self._locate = locate
        self._asking = asking

    def serves(self, resource: type[Resource]) -> bool:
        return resource is self._resource

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer | Stream:
        if request.method not in _METHODS:
            raise method_not_allowed()
        asked = Asked.parse(request.info.name)
        place = await self._locate(request, asked)
        prefix, path, query = _split(request.target, self.info.name)
        await self._asking.about_proxy(resource, request.info, path)
        if not path and request.method in ("GET", "HEAD"):
            return Answer(b"", 301, "text/plain", (("Location", f"{prefix}/{query}"),))
        forwarded = {"x-forwarded-uri": prefix + path, "x-forwarded-host": request.headers.get("host", "")}
        headers = {name: value for name, value in request.headers.items() if _is_passed_on(name)} | forwarded
        sent = Sent(request.method, f"{place.url}{path or '/'}{query}", headers, request.body, place.tls_name)
        return await _passed_back(await place.outside.send(sent), prefix)


class Locations:
    """Where pods, services and nodes answer."""

    def __init__(self, cacher: Cacher, kubelets: Kubelets, outside: Outside) -> None:
        self._cacher = cacher
        self._kubelets = kubelets
        self._outside = outside

    async def pod(self, request: ApiRequest, asked: Asked) -> Place:
        pod = (await self._cacher.newest(Pod, request.info.namespace, asked.name)).as_object(Pod)
        _check_proxyable(pod.status.pod_ip)
        declared = [str(port.container_port) for container in pod.spec.containers for port in container.ports]
        where = _host_port(pod.status.pod_ip, asked.port or (declared or [""])[0])
        return Place(f"{asked.scheme}://{where}", self._outside)

    async def service(self, request: ApiRequest, asked: Asked) -> Place:
        service = (await self._cacher.newest(Service, request.info.namespace, asked.name)).as_object(Service)
        wanted = asked.port
        if wanted.isdecimal():
            names = [port.name for port in service.spec.ports if port.port == int(wanted)]
            if not names:
                raise Unavailable(f'no service port {wanted} found for service "{asked.name}"')
            wanted = names[0]
        found = [
            _host_port(endpoint.addresses[0], str(port.port))
            for part in self._slices(request.info.namespace, asked.name)
            for port in part.ports
            for endpoint in part.endpoints
            if (port.name or "") == wanted and endpoint.conditions.ready is not False and endpoint.addresses
        ]
        if not found:
            raise Unavailable(f'no endpoints available for service "{request.info.name}"')
        return Place(f"{asked.scheme}://{random.choice(found)}", self._outside)

    async def node(self, request: ApiRequest, asked: Asked) -> Place:
        await self._cacher.newest(Node, "", asked.name)
        host, _, own = self._kubelets.node_address(asked.name).rpartition(":")
        if asked.port in ("", own):
            return Place(f"{self._kubelets.scheme}://{host}:{own}", self._kubelets.outside, asked.name)
        _check_proxyable(host)
        return Place(f"{asked.scheme}://{host}:{asked.port}", self._outside)

    def _slices(self, namespace: str, service: str) -> list[EndpointSlice]:
        items = (EndpointSlice.from_json(item.data) for item in self._cacher.of(EndpointSlice).everything())
        label = "kubernetes.io/service-name"
        return [
            each
            for each in items
            if each.metadata.namespace == namespace and each.metadata.labels.get(label) == service
        ]


def _check_proxyable(address: str) -> None:
    """What a pod or node says of itself must not lead back to this machine, or to a neighbour like a metadata service.

    Raises: BadRequest.
    """
    if not address or any(endpoint_address_errors(address.strip("[]"), "")):
        raise BadRequest("address not allowed")


def _is_passed_on(header: str) -> bool:
    return header not in _NOT_PASSED_ON and not header.startswith("impersonate-")


def _split(target: str, word: str) -> tuple[str, str, str]:
    """The path up to and with `proxy`, what follows it, and the query with its question mark."""
    path, mark, query = target.partition("?")
    before, _, after = path.partition(f"/{word}/")
    if not after and path.endswith(f"/{word}"):
        return path, "", mark + query
    return f"{before}/{word}", f"/{after}", mark + query


def _host_port(host: str, port: str) -> str:
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


async def _passed_back(reply: Reply, prefix: str) -> Answer | Stream:
    kept = tuple((name, value) for name, value in reply.headers if name not in _NOT_PASSED_BACK)
    headers = tuple((name, led_back(value, prefix) if name == "location" else value) for name, value in kept)
    kind = reply.header("content-type")
    if not kind.startswith("text/html"):
        return Stream(reply.chunks(), kind, headers, reply.code)
    page = await reply.decoded()
    rewritten = _LINK.sub(lambda found: found[1] + led_back(found[2].decode(), prefix).encode(), page)
    return Answer(rewritten, reply.code, kind, tuple(each for each in headers if each[0] != "content-encoding"))


def led_back(link: str, prefix: str) -> str:
    """A link to a path of the other side, as the path that comes by here; any other link as it is."""
    parts = urlsplit(link)
    return prefix + link if link.startswith("/") and not parts.netloc and not link.startswith(prefix) else link
