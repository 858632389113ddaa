"""Transport: sends Requests to one API server, as one user, over pooled connections. The only file that knows httpx.

    Client -> Request -> Transport.send  -> Response, or the ApiError that the server's Status stands for
                         Transport.lines -> one line of a watch after the other

Invariants: a write is sent once, never again, because an unanswered write may have happened; a read is repeated when
the connection failed, since asking twice changes nothing. Watches have a pool of their own, so that any number of idle
streams leaves short requests alone. What went wrong below HTTP is always Unavailable, naming the server.

Kubernetes: staging/src/k8s.io/client-go/rest and transport
Simplified: HTTP/1.1 only, no proxy, no client-side rate limit (the server's flow control is the one that counts).
"""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import orjson

from minikube_py.api.model import Json
from minikube_py.api.status import ApiError, Unavailable, error_from_status
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.client.request import Request
from minikube_py.client.tls import ssl_context
from minikube_py.errors import ConfigError

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
REQUEST_TIMEOUT_S = 65.0
"""A little longer than the server's own limit of 60 s, so that it is the server who says Timeout."""
READ_ATTEMPTS = 3
FIRST_PAUSE_S = 0.05
TOKEN_FILE_REREAD_S = 10.0
KEEPALIVE_EXPIRY_S = 30.0

_TCP_OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
"""A watch whose server vanished without a word is noticed after half a minute of silence."""


@dataclass(frozen=True, slots=True)
class Response:
    code: int
    body: bytes

    def json(self) -> Json:
        return orjson.loads(self.body)


class Transport:
    """Connections to one API server. Close it, or use it as a context manager."""

    def __init__(self, config: ClientConfig, *, user_agent: str, token_file: Path | None = None) -> None:
        if config.exec_plugin is not None:
            raise ConfigError("the kubeconfig's user has an exec plugin: only pykubectl runs those")
        self.server = config.server.rstrip("/")
        self._url = httpx.URL(self.server)
        self._headers = [("Host", self._url.netloc.decode()), ("User-Agent", user_agent), *_identity(config)]
        self._token_file = _TokenFile(token_file) if token_file else None
        self._sni = {"sni_hostname": config.tls_server_name} if config.tls_server_name else {}
        tls = ssl_context(config)
        self._requests = _pool(tls)
        self._watches = _pool(tls)

    async def send(self, request: Request) -> Response:
        """Send, and wait for the whole answer.

        Raises: the ApiError that the server answers; Unavailable when there is no answer.
        """
        pause_s = FIRST_PAUSE_S
        for attempts_left in reversed(range(READ_ATTEMPTS if request.is_read else 1)):
            try:
                answer = await self._requests.handle_async_request(self._bound(request, REQUEST_TIMEOUT_S))
                try:
                    body = await answer.aread()
                finally:
                    await answer.aclose()
            except httpx.TransportError as error:
                if not attempts_left:
                    raise self._unavailable(error) from error
                log.debug("reading again after a failed connection", extra={"path": request.path, "error": repr(error)})
                await asyncio.sleep(pause_s)
                pause_s *= 2
            else:
                _raise_for_error(answer, body)
                return Response(answer.status_code, body)
        raise AssertionError("unreachable: the last attempt returns or raises")

    @asynccontextmanager
    async def lines(self, request: Request, *, idle_timeout_s: float) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a stream; entering returns once the server has accepted it, then each complete line is yielded.

        A last line without its newline was cut off and is not yielded. The stream ends when the server ends it.
        Raises: as `send`, when opening and while iterating; silence of more than `idle_timeout_s` is Unavailable too.
        """
        try:
            answer = await self._watches.handle_async_request(self._bound(request, idle_timeout_s))
        except httpx.TransportError as error:
            raise self._unavailable(error) from error
        try:
            if answer.status_code >= 400:
                _raise_for_error(answer, await answer.aread())
            yield self._split(answer)
        finally:
            await answer.aclose()

    async def close(self) -> None:
        await self._requests.aclose()
        await self._watches.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _split(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        rest = b""
        try:
            async for chunk in answer.aiter_raw():
                *complete, rest = (rest + chunk).split(b"\n")
                for line in complete:
                    yield line
        except httpx.TransportError as error:
            raise self._unavailable(error) from error

    def _bound(self, request: Request, read_timeout_s: float) -> httpx.Request:
        headers = [*self._headers, ("Accept", request.accept)]
        if self._token_file is not None:
            headers.append(("Authorization", f"Bearer {self._token_file.current()}"))
        if request.body:
            headers += [("Content-Type", request.content_type), ("Content-Length", str(len(request.body)))]
        elif not request.is_read:
            headers.append(("Content-Length", "0"))
        limits = {"connect": CONNECT_TIMEOUT_S, "pool": None, "write": read_timeout_s, "read": read_timeout_s}
        return httpx.Request(
            request.method,
            self._url.copy_with(raw_path=self._url.raw_path.rstrip(b"/") + request.target.encode()),
            headers=headers,
            stream=httpx.ByteStream(request.body),
            extensions={"timeout": limits, **self._sni},
        )

    def _unavailable(self, error: httpx.TransportError) -> Unavailable:
        return Unavailable(f"cannot reach the API server at {self.server}: {_reason(error)}")


class _TokenFile:
    """A bearer token that somebody else renews in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._token = ""
        self._read_at = float("-inf")

    def current(self) -> str:
        now = time.monotonic()
        if now - self._read_at >= TOKEN_FILE_REREAD_S:
            try:
                self._token = self._path.read_text(encoding="utf-8").strip()
            except OSError as error:
                if not self._token:
                    raise ConfigError(f"cannot read the token file {self._path}: {error.strerror}") from error
            self._read_at = now
        return self._token


def _pool(tls: ssl.SSLContext | None) -> httpx.AsyncHTTPTransport:
    """A pool without httpx's client around it: cookies, redirects and proxies are not wanted and cost half the time."""
    return httpx.AsyncHTTPTransport(
        verify=tls if tls is not None else False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=KEEPALIVE_EXPIRY_S),
        socket_options=_TCP_OPTIONS,
        trust_env=False,
    )


def _identity(config: ClientConfig) -> list[tuple[str, str]]:
    headers = [("Impersonate-Group", group) for group in config.impersonate_groups]
    if config.impersonate_user:
        headers.append(("Impersonate-User", config.impersonate_user))
    if config.token:
        headers.append(("Authorization", f"Bearer {config.token}"))
    elif config.username:
        pair = base64.b64encode(f"{config.username}:{config.password}".encode()).decode()
        headers.append(("Authorization", f"Basic {pair}"))
    return headers


def _raise_for_error(answer: httpx.Response, body: bytes) -> None:
    if answer.status_code < 400:
        return
    error = _api_error(answer.status_code, body)
    error.retry_after_s = error.retry_after_s or _seconds(answer.headers.get("Retry-After", ""))
    raise error


def _api_error(code: int, body: bytes) -> ApiError:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict) and document.get("kind") == "Status":
        return error_from_status(document, code)
    return error_from_status({"message": body.decode(errors="replace").strip()}, code)


def _seconds(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _reason(error: httpx.TransportError) -> str:
    """The cause in words; httpx keeps the system's error some levels below its own."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ConnectionRefusedError):
            return "connection refused"
        below = below.__cause__ or below.__context__
    if isinstance(error, httpx.TimeoutException):
        return f"no answer in time ({type(error).__name__})"
    return str(error) or type(error).__name__
