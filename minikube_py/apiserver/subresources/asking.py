"""Asking: admission of requests that write no object: what a client opens to a pod, and what it posts to one.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/rest.go (ConnectResource), pkg/apis/core/types.go
Simplified: of all admission only the policies are asked; nothing else has a say in these.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from minikube_py.admission.chain import Attributes
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.apiserver.request_info import RequestInfo


class _ConnectOptions(Resource):
    """What was asked for in the query of a connection; never stored."""


class PodAttachOptions(_ConnectOptions, version="v1", plural="podattachoptions", verbs=()):
    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    tty: bool = False
    container: str = ""


class PodExecOptions(_ConnectOptions, version="v1", plural="podexecoptions", verbs=()):
    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    tty: bool = False
    container: str = ""
    command: tuple[str, ...] = ()


class PodPortForwardOptions(_ConnectOptions, version="v1", plural="podportforwardoptions", verbs=()):
    ports: tuple[int, ...] = ()


class PodProxyOptions(_ConnectOptions, version="v1", plural="podproxyoptions", verbs=()):
    path: str = ""


class ServiceProxyOptions(_ConnectOptions, version="v1", plural="serviceproxyoptions", verbs=()):
    path: str = ""


class NodeProxyOptions(_ConnectOptions, version="v1", plural="nodeproxyoptions", verbs=()):
    path: str = ""


_STREAMS: dict[str, type[_ConnectOptions]] = {
    "exec": PodExecOptions,
    "attach": PodAttachOptions,
    "portforward": PodPortForwardOptions,
}
_PROXIES = {"Pod": PodProxyOptions, "Service": ServiceProxyOptions, "Node": NodeProxyOptions}


class Asking:
    def __init__(self, ask: Callable[[Resource, Attributes], Awaitable[None]]) -> None:
        self._ask = ask

    async def about_stream(self, resource: type[Resource], info: RequestInfo, query: Sequence[tuple[str, str]]) -> None:
        """Raises: ApiError to refuse exec, attach or portforward."""
        document: dict[str, Json] = {}
        for name, text in query:
            if name == "command":
                document.setdefault(name, []).append(text)
            elif name == "ports":
                document.setdefault(name, []).extend(int(port) for port in text.split(",") if port.isdecimal())
            elif name in ("stdin", "stdout", "stderr", "tty"):
                document[name] = text.lower() in ("1", "t", "true")
            elif name == "container":
                document[name] = text
        options = _STREAMS[info.subresource].from_dict(document)
        await self._connect(resource, info, options)

    async def about_proxy(self, resource: type[Resource], info: RequestInfo, path: str) -> None:
        """Raises: ApiError to refuse a request to a pod, a service or a node."""
        await self._connect(resource, info, _PROXIES[resource.definition.kind](path=path))

    async def _connect(self, resource: type[Resource], info: RequestInfo, options: Resource) -> None:
        await self._ask(options, Attributes("CONNECT", resource, info.namespace, info.name, None, info.subresource))

    async def about_posted(
        self, resource: type[Resource], info: RequestInfo, obj: Resource, *, dry_run: bool = False
    ) -> None:
        """Raises: ApiError to refuse a binding, an eviction or a token."""
        name, subresource = info.name or obj.metadata.name, info.subresource or "binding"
        await self._ask(obj, Attributes("CREATE", resource, info.namespace, name, None, subresource, dry_run))
