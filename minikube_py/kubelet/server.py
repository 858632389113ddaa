"""The kubelet's own HTTP server: what only the node can answer about its pods. The API server passes users on to it.

    GET /healthz  GET /pods  GET /metrics
    GET /containerLogs/{namespace}/{pod}/{container}?follow&tailLines&sinceSeconds&timestamps&previous&limitBytes
    WebSocket /exec/... /attach/... (remote_command)   WebSocket /portForward/{namespace}/{pod} (port_forward)

Several nodes of one process may share a server: a pod is found by its name, whichever node it is on.

Kubernetes: pkg/kubelet/server/server.go
Simplified: whoever has a certificate of --client-ca-file may do everything: give it an authority that vouches for the
API server only. Without it, plain HTTP: bind it to an address that only the API server reaches.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from minikube_py.errors import ConfigError, MinikubeError
from minikube_py.kubelet.config import KubeletConfig
from minikube_py.kubelet.container_logs import LogQuery, open_log, parse_log_query
from minikube_py.kubelet.kubelet import Kubelet
from minikube_py.kubelet.pod_lookup import BadQuestion, PodLookup
from minikube_py.kubelet.port_forward import forward_ports
from minikube_py.kubelet.remote_command import attach, execute

log = logging.getLogger(__name__)


class KubeletServer:
    """Serves one node, or several. Port 0 lets the system choose; `started` tells which it is."""

    def __init__(self, nodes: Callable[[], tuple[Kubelet, ...]]) -> None:
        self._lookup = PodLookup(nodes)

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/healthz", _healthz),
                Route("/metrics", _metrics),
                Route("/pods", self._pods),
                Route("/containerLogs/{namespace}/{pod}/{container}", self._logs),
                WebSocketRoute("/exec/{namespace}/{pod}/{container}", self._exec),
                WebSocketRoute("/attach/{namespace}/{pod}/{container}", self._attach),
                WebSocketRoute("/portForward/{namespace}/{pod}", self._port_forward),
            ]
        )

    async def _pods(self, _request: Request) -> Response:
        items = [pod.to_dict() for pod in self._lookup.pods()]
        return JSONResponse({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items})

    async def _logs(self, request: Request) -> Response:
        path = request.path_params
        try:
            query = parse_log_query(request.query_params)
            life = await self._lookup.life(
                path["namespace"], path["pod"], path["container"], wants_previous=query.wants_previous
            )
            chunks = open_log(life, query)
        except BadQuestion as error:
            return PlainTextResponse(str(error), status_code=error.code)
        except MinikubeError as error:
            return PlainTextResponse(str(error), status_code=500)
        return StreamingResponse(_unbroken(chunks, query), media_type="text/plain")

    async def _exec(self, websocket: WebSocket) -> None:
        path = websocket.path_params
        await execute(websocket, lambda: self._lookup.life(path["namespace"], path["pod"], path["container"]))

    async def _attach(self, websocket: WebSocket) -> None:
        path = websocket.path_params
        await attach(websocket, lambda: self._lookup.life(path["namespace"], path["pod"], path["container"]))

    async def _port_forward(self, websocket: WebSocket) -> None:
        path = websocket.path_params
        await forward_ports(websocket, lambda: self._lookup.sandbox(path["namespace"], path["pod"]))


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _metrics(_request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _unbroken(chunks: AsyncIterator[bytes], query: LogQuery) -> AsyncIterator[bytes]:
    """A log that cannot be read further ends; what was sent stays sent."""
    left = query.limit_bytes
    try:
        async for chunk in chunks:
            yield chunk if left is None else chunk[:left]
            if left is not None:
                left -= len(chunk)
                if left <= 0:
                    return
    except MinikubeError as error:
        yield f"{error}\n".encode()


def server_tls(config: KubeletConfig) -> ssl.SSLContext | None:
    """None for plain HTTP. Raises: ConfigError."""
    if config.tls_cert_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(config.tls_cert_file, config.tls_private_key_file)
        if config.client_ca_file is not None:
            context.load_verify_locations(config.client_ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"--tls-cert-file, --client-ca-file: cannot be used: {error}") from error
    return context


class ListeningServer(uvicorn.Server):
    """uvicorn without its own signal handling: cancellation is how every component here is stopped."""

    def __init__(self, app: Starlette, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http="httptools",
                ssl_context_factory=(lambda _config, _default: tls) if tls is not None else None,
                loop="none",
                ws="websockets-sansio",
                lifespan="off",
                access_log=False,
                log_config=None,
                log_level=logging.WARNING,
                timeout_graceful_shutdown=1,
                server_header=False,
            )
        )
        self._is_listening = asyncio.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # sockets unused
        try:
            await super().startup()
        except SystemExit as error:
            said = f"failed to listen on {self.config.host}:{self.config.port}: is another kubelet using the port?"
            raise ConfigError(said) from error
        self._is_listening.set()

    async def port(self) -> int:
        """The port, once it is open."""
        await self._is_listening.wait()
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port

    async def serve_until_cancelled(self) -> None:
        """Serve; on cancellation close every socket first."""
        serving = asyncio.ensure_future(self._serve())
        try:
            await asyncio.shield(serving)
        finally:
            self.should_exit = True
            await asyncio.wait({serving})
