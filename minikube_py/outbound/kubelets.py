"""The way to kubelets: logs as a stream; exec, attach and port-forward as WebSockets passed on byte for byte.

This package is the only one in which the API server is somebody's client.

A subprotocol's name may have a slash (`SPDY/3.1+portforward.k8s.io`), which strict libraries refuse to read: towards
kubelets it is written `SPDY%2F3.1+portforward.k8s.io`.

Kubernetes: pkg/registry/core/pod/rest/subresources.go, pkg/kubelet/client
Simplified: WebSocket only (KEP-4006), no SPDY, which kubectl before 1.30 needs.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from urllib.parse import quote, unquote, urlencode

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.status import ApiError, BadRequest, InternalError, NotFound, Unavailable, error_from_status
from minikube_py.outbound.outside import CONNECT_TIMEOUT_S, Outside, Sent
from minikube_py.watchcache.cacher import Cacher

_MAX_FRAME_BYTES = 16 * 1024 * 1024

Query = list[tuple[str, str]]


class Kubelets:
    """Finds the kubelet of a pod and talks to it.

    With `tls` a kubelet's certificate has to bear its node's name: addresses come and go.
    """

    def __init__(self, cacher: Cacher, tls: ssl.SSLContext | None = None) -> None:
        self._cacher = cacher
        self._tls = tls
        self.scheme = "https" if tls is not None else "http"
        self.outside = Outside(tls)

    async def close(self) -> None:
        await self.outside.close()

    def address(self, pod: Pod) -> str:
        """`HOST:PORT` of the kubelet that runs the pod. Raises: BadRequest, NotFound, InternalError."""
        if not pod.spec.node_name:
            raise BadRequest(f"pod {pod.metadata.name} does not have a host assigned")
        return self.node_address(pod.spec.node_name)

    def node_address(self, name: str) -> str:
        """`HOST:PORT` of a node's kubelet. Raises: NotFound, InternalError."""
        item = self._cacher.get(Node, "", name)
        if item is None:
            raise NotFound(f'nodes "{name}" not found', details={"name": name, "kind": "nodes"})
        status = Node.from_json(item.data).status
        port = status.daemon_endpoints.kubelet_endpoint.port
        hosts = {address.type: address.address for address in status.addresses}
        host = hosts.get("InternalIP") or hosts.get("Hostname")
        if not host or not port:
            raise InternalError(f'Internal error occurred: node "{name}" does not say where its kubelet listens')
        return f"{host}:{port}"

    async def open_log(self, pod: Pod, container: str, query: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """The container's log, as it comes. Raises: ApiError with the kubelet's words."""
        metadata = pod.metadata
        path = f"/containerLogs/{metadata.namespace}/{metadata.name}/{container}"
        url = f"{self.scheme}://{self.address(pod)}{path}?{urlencode(dict(query))}"
        try:
            reply = await self.outside.send(Sent("GET", url, {}, tls_name=pod.spec.node_name))
        except Unavailable as error:
            raise _unreachable(pod, error) from error
        if reply.code >= 400:
            raise _kubelet_error(reply.code, await reply.decoded())
        return reply.chunks()

    async def pass_on(self, websocket: WebSocket, pod: Pod, path: str, query: Query) -> None:
        """Join the client's WebSocket to the kubelet's, with the subprotocol that the kubelet picks.

        Raises: ApiError as long as the client has not been accepted.
        """
        url = f"{'ws' if self._tls is None else 'wss'}://{self.address(pod)}{path}?{urlencode(query)}"
        offered = [quoted(name) for name in websocket.scope.get("subprotocols", [])]
        try:
            upstream = await connect(
                url,
                subprotocols=offered or None,
                open_timeout=CONNECT_TIMEOUT_S,
                max_size=_MAX_FRAME_BYTES,
                compression=None,
                proxy=None,
                ssl=self._tls,
                server_hostname=pod.spec.node_name if self._tls is not None else None,
            )
        except (OSError, InvalidHandshake, TimeoutError) as error:
            raise _unreachable(pod, error) from error
        async with upstream:
            await websocket.accept(subprotocol=unquoted(upstream.subprotocol))
            async with asyncio.TaskGroup() as group:
                outward = group.create_task(_outward(websocket, upstream))
                await _inward(websocket, upstream)
                outward.cancel()


async def _outward(websocket: WebSocket, upstream: ClientConnection) -> None:
    """From the client to the kubelet, until either hangs up."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            await upstream.close()
            return
        data = message.get("bytes")
        try:
            await upstream.send(data if data is not None else message["text"])
        except ConnectionClosed:
            return


async def _inward(websocket: WebSocket, upstream: ClientConnection) -> None:
    """From the kubelet to the client, until the kubelet is done."""
    try:
        async for message in upstream:
            if isinstance(message, str):
                await websocket.send_text(message)
            else:
                await websocket.send_bytes(message)
        await websocket.close(upstream.close_code or 1000)
    except (ConnectionClosed, WebSocketDisconnect, RuntimeError):
        return


def _unreachable(pod: Pod, error: Exception) -> ApiError:
    node = pod.spec.node_name
    return InternalError(f'Internal error occurred: kubelet of node "{node}" does not answer: {error}; is it running?')


def _kubelet_error(code: int, body: bytes) -> ApiError:
    try:
        document = orjson.loads(body)
        if isinstance(document, dict) and document.get("kind") == "Status":
            return error_from_status(document, code)
    except orjson.JSONDecodeError:
        pass
    return error_from_status({"message": body.decode(errors="replace").strip()}, code)


def quoted(protocol: str) -> Subprotocol:
    """The spelling that any WebSocket library takes."""
    return Subprotocol(quote(protocol, safe="+"))


def unquoted(protocol: str | None) -> str | None:
    return None if protocol is None else unquote(protocol)
