"""Transport: sends Requests to one API server, as one user, over pooled connections.

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
import errno
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, urlsplit

import orjson

from minikube_py.api.model import Json
from minikube_py.api.status import ApiError, Unavailable, error_from_status
from minikube_py.client.connection import Connection, Head, Pool
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.client.request import Request
from minikube_py.client.tls import ssl_context
from minikube_py.errors import ConfigError

log = logging.getLogger(__name__)

REQUEST_TIMEOUT_S = 65.0
"""A little longer than the server's own limit of 60 s, so that it is the server who says Timeout."""
READ_ATTEMPTS = 3
BUSY_ATTEMPTS = 10
"""A server that has too many requests is asked so often, each time after the pause that it asks for."""
FIRST_PAUSE_S = 0.05
TOKEN_FILE_REREAD_S = 10.0


Bearer = Callable[[], str]
"""The token of the moment."""


@dataclass(frozen=True, slots=True)
class Response:
    code: int
    body: bytes

    def json(self) -> Json:
        return orjson.loads(self.body)


class Transport:
    """Connections to one API server. Close it, or use it as a context manager."""

    def __init__(self, config: ClientConfig, *, user_agent: str, bearer: Bearer | None = None) -> None:
        """`bearer` tells the token of the moment; without it, the config's token or token file is it."""
        if config.exec_plugin is not None:
            raise ConfigError("the kubeconfig's user has an exec plugin: only pykubectl runs those")
        self.server = config.server.rstrip("/")
        address = _address(self.server)
        self._path = address.path.rstrip("/")
        lines = [("Host", address.netloc.rpartition("@")[2]), ("User-Agent", user_agent), *_identity(config)]
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in lines)
        self._config, self._user_agent = config, user_agent
        self._bearer = bearer or (_TokenFile(Path(config.token_file)).current if config.token_file else None)
        tls = ssl_context(config)
        port = address.port or (443 if tls is not None else 80)
        self._requests, self._watches = (
            Pool(address.hostname or "", port, tls, config.tls_server_name) for _ in ("requests", "watches")
        )

    def with_bearer(self, bearer: Bearer) -> Transport:
        """Connections to the same server for whom the token names, and for nobody else."""
        nobody = replace(
            self._config, client_certificate="", client_key="", token="", token_file="", username="", password=""
        )
        return Transport(nobody, user_agent=self._user_agent, bearer=bearer)

    async def send(self, request: Request) -> Response:
        """Send, and wait for the whole answer.

        Raises: the ApiError that the server answers; Unavailable when there is no answer.
        """
        for _ in range(BUSY_ATTEMPTS - 1):
            head, body = await self._answered(request)
            pause = head.headers.get("retry-after", "")
            if head.code != 429 or not pause.isdecimal():
                break
            await asyncio.sleep(int(pause))
        else:
            head, body = await self._answered(request)
        _raise_for_error(head, body)
        return Response(head.code, body)

    async def _answered(self, request: Request) -> tuple[Head, bytes]:
        pause_s = FIRST_PAUSE_S
        for attempts_left in reversed(range(READ_ATTEMPTS if request.is_read else 1)):
            try:
                return await self._exchange(self._encoded(request))
            except OSError as error:
                if not attempts_left:
                    raise self._unavailable(error) from error
                log.debug("reading again after a failed connection", extra={"path": request.path, "error": repr(error)})
                await asyncio.sleep(pause_s)
                pause_s *= 2
        raise AssertionError("unreachable: the last attempt returns or raises")

    @asynccontextmanager
    async def lines(self, request: Request, *, idle_timeout_s: float) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a stream; entering returns once the server has accepted it, then each complete line is yielded.

        A last line without its newline was cut off and is not yielded. The stream ends when the server ends it.
        Raises: as `send`, when opening and while iterating; silence of more than `idle_timeout_s` is Unavailable too.
        """
        data = self._encoded(request)
        try:
            connection = await self._watches.take()
        except OSError as error:
            raise self._unavailable(error) from error
        try:
            try:
                head = await connection.exchange(data, idle_timeout_s)
                refusal = await connection.read(REQUEST_TIMEOUT_S) if head.code >= 400 else b""
            except OSError as error:
                raise self._unavailable(error) from error
            _raise_for_error(head, refusal)
            yield self._split(connection, idle_timeout_s)
        finally:
            self._watches.give_back(connection)

    async def close(self) -> None:
        """Let go of the idle connections; those in use end with their requests."""
        self._requests.close()
        self._watches.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _exchange(self, data: bytes) -> tuple[Head, bytes]:
        connection = await self._requests.take()
        try:
            head = await connection.exchange(data, REQUEST_TIMEOUT_S)
            return head, await connection.read(REQUEST_TIMEOUT_S)
        finally:
            self._requests.give_back(connection)

    async def _split(self, connection: Connection, idle_timeout_s: float) -> AsyncIterator[bytes]:
        rest = b""
        try:
            async for chunk in connection.chunks(idle_timeout_s):
                *complete, rest = (rest + chunk).split(b"\n")
                for line in complete:
                    yield line
        except OSError as error:
            raise self._unavailable(error) from error

    def _encoded(self, request: Request) -> bytes:
        head = [
            f"{request.method} {self._path}{request.target} HTTP/1.1\r\n{self._headers}Accept: {request.accept}\r\n"
        ]
        if self._bearer is not None:
            head.append(f"Authorization: Bearer {self._bearer()}\r\n")
        if request.body:
            head.append(f"Content-Type: {request.content_type}\r\n")
        if not request.is_read or request.body:
            head.append(f"Content-Length: {len(request.body)}\r\n")
        head.append("\r\n")
        return "".join(head).encode("latin-1") + request.body

    def _unavailable(self, error: OSError) -> Unavailable:
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


def _address(server: str) -> SplitResult:
    """Raises: ConfigError for what is no http(s) address."""
    try:
        address = urlsplit(server)
        if address.scheme in ("http", "https") and address.hostname and address.port != 0:
            return address
    except ValueError as error:
        raise ConfigError(f"{server!r} is no address of an API server: {error}") from error
    raise ConfigError(f"{server!r} is no address of an API server, such as http://localhost:8080")


def _identity(config: ClientConfig) -> list[tuple[str, str]]:
    headers = [("Impersonate-Group", group) for group in config.impersonate_groups]
    if config.impersonate_user:
        headers.append(("Impersonate-User", config.impersonate_user))
    if config.token and not config.token_file:
        headers.append(("Authorization", f"Bearer {config.token}"))
    elif config.username and not config.token_file:
        pair = base64.b64encode(f"{config.username}:{config.password}".encode()).decode()
        headers.append(("Authorization", f"Basic {pair}"))
    return headers


def _raise_for_error(head: Head, body: bytes) -> None:
    if head.code < 400:
        return
    error = _api_error(head.code, body)
    error.retry_after_s = error.retry_after_s or _seconds(head.headers.get("retry-after", ""))
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


def _reason(error: OSError) -> str:
    """The cause in words. asyncio tells of several failed addresses (::1 and 127.0.0.1) in one text."""
    if isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return error.strerror or str(error) or type(error).__name__
