"""The little HTTP server of a component: /healthz says that it lives, /metrics what it counts. Nothing else.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/healthz, component-base/metrics/legacyregistry
Simplified: GET only, one request a connection; loopback and no authentication by default.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

REQUEST_TIMEOUT_S = 5.0


@asynccontextmanager
async def serve_health(host: str, port: int) -> AsyncIterator[int]:
    """Serve while the context is open; yields the port, which the system chooses when `port` is 0."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(request))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            # Who asked has gone or never asked properly: there is nobody to answer.
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, host, port)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _response(request: bytes) -> bytes:
    method, _, rest = request.partition(b" ")
    path = rest.split(b" ", 1)[0].split(b"?", 1)[0]
    if method != b"GET":
        return _message("405 Method Not Allowed", b"only GET\n")
    if path in (b"/healthz", b"/livez", b"/readyz"):
        return _message("200 OK", b"ok")
    if path == b"/metrics":
        return _message("200 OK", generate_latest(), CONTENT_TYPE_LATEST)
    return _message("404 Not Found", b"404 page not found\n")


def _message(status: str, body: bytes, content_type: str = "text/plain; charset=utf-8") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
