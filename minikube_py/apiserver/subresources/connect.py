"""log, exec, attach and port-forward: what a client asks of a running pod, answered by the kubelet of its node.

Kubernetes: pkg/registry/core/pod/rest/{log,subresources}.go
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import aclosing, suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.resource import Resource
from minikube_py.api.status import BadRequest
from minikube_py.apiserver.answers import Answer, Stream
from minikube_py.apiserver.api_request import ApiRequest, method_not_allowed
from minikube_py.apiserver.request_info import RequestInfo
from minikube_py.apiserver.subresources.asking import Asking
from minikube_py.discovery.discovery import SubresourceInfo
from minikube_py.outbound.kubelets import Kubelets
from minikube_py.watchcache.cacher import Cacher

_LOG_OPTIONS = ("follow", "tailLines", "sinceSeconds", "sinceTime", "timestamps", "previous", "limitBytes", "stream")
_BASE64 = "base64.binary.k8s.io"
_LOG_PROTOCOLS = ("binary.k8s.io", _BASE64)


class PodFinder:
    """The pod and container that a request is about."""

    def __init__(self, cacher: Cacher) -> None:
        self._cacher = cacher

    async def pod(self, info: RequestInfo) -> Pod:
        return (await self._cacher.newest(Pod, info.namespace, info.name)).as_object(Pod)

    @staticmethod
    def container(pod: Pod, asked: str) -> str:
        """Raises: BadRequest when the pod has no such container, or several and none was named."""
        spec, name = pod.spec, pod.metadata.name
        names = {c.name for c in (*spec.containers, *spec.init_containers)} | {
            c.name for c in spec.ephemeral_containers
        }
        if not asked:
            if len(spec.containers) == 1:
                return spec.containers[0].name
            choices = " ".join(container.name for container in spec.containers)
            raise BadRequest(f"a container name must be specified for pod {name}, choose one of: [{choices}]")
        if asked not in names:
            raise BadRequest(f"container {asked} is not valid for pod {name}")
        return asked


class LogSubresource:
    info = SubresourceInfo("log", "Pod", ("get",))

    def __init__(self, finder: PodFinder, kubelets: Kubelets) -> None:
        self._finder = finder
        self._kubelets = kubelets

    def serves(self, resource: type[Resource]) -> bool:
        return resource is Pod

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer | Stream:
        if request.method != "GET":
            raise method_not_allowed()
        pod = await self._finder.pod(request.info)
        container = self._finder.container(pod, request.query.get("container", ""))
        if not pod.spec.node_name:
            return Answer(b"", content_type="text/plain")
        chunks = await self._kubelets.open_log(pod, container, _log_options(request.query))
        return Stream(chunks, content_type="text/plain")

    async def connect(self, websocket: WebSocket, info: RequestInfo) -> None:
        """The log as messages, of bytes or of base64. Raises: ApiError before the client is accepted."""
        pod = await self._finder.pod(info)
        container = self._finder.container(pod, websocket.query_params.get("container", ""))
        offered = websocket.scope.get("subprotocols", [])
        chosen = next((protocol for protocol in _LOG_PROTOCOLS if protocol in offered), None)
        if offered and chosen is None:
            raise BadRequest(f"unable to upgrade: none of the protocols {', '.join(_LOG_PROTOCOLS)} was offered")
        opened = await self._kubelets.open_log(pod, container, _log_options(websocket.query_params))
        async with aclosing(opened) as chunks:
            await websocket.accept(subprotocol=chosen)
            with suppress(WebSocketDisconnect, RuntimeError):
                async for chunk in chunks:
                    if chosen == _BASE64:
                        await websocket.send_text(base64.b64encode(chunk).decode())
                    else:
                        await websocket.send_bytes(chunk)
                await websocket.close()


def _log_options(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query[name] for name in _LOG_OPTIONS if name in query}


_OPTIONS_KINDS = {"exec": "PodExecOptions", "attach": "PodAttachOptions", "portforward": "PodPortForwardOptions"}


class ConnectSubresource:
    """exec, attach and portforward: an upgrade to WebSocket, then bytes both ways."""

    def __init__(self, name: str, finder: PodFinder, kubelets: Kubelets, asking: Asking) -> None:
        self.info = SubresourceInfo(name, _OPTIONS_KINDS[name], ("create", "get"))
        self._asking = asking
        self._finder = finder
        self._kubelets = kubelets

    def serves(self, resource: type[Resource]) -> bool:
        return resource is Pod

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer | Stream:
        await self._finder.pod(request.info)
        if request.headers.get("upgrade", "").lower().startswith("spdy"):
            raise BadRequest(
                "SPDY is not supported by this server: use kubectl 1.30 or newer, which asks for WebSocket"
            )
        raise BadRequest("Upgrade request required")

    async def connect(self, websocket: WebSocket, info: RequestInfo) -> None:
        """Raises: ApiError before the client is accepted."""
        pod = await self._finder.pod(info)
        metadata, query = pod.metadata, websocket.query_params.multi_items()
        await self._asking.about_stream(Pod, info, query)
        where = f"{metadata.namespace}/{metadata.name}"
        if self.info.name == "portforward":
            await self._kubelets.pass_on(websocket, pod, f"/portForward/{where}", query)
            return
        container = self._finder.container(pod, websocket.query_params.get("container", ""))
        options = [(name, value) for name, value in query if name != "container"]
        await self._kubelets.pass_on(websocket, pod, f"/{self.info.name}/{where}/{container}", options)
