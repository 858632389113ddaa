"""The way to the API server: synchronous HTTP/1.1 with kubectl's words for what goes wrong.

http.client instead of httpx: importing httpx alone costs 170 ms, http.client and ssl together 40 ms, and a command
line asks one question after the other anyway.

Kubernetes: client-go rest/request.go, cmd/util/helpers.go (texts).
Simplified: no HTTP/2, no proxy, no compression.
"""

import base64
import http.client
import json
import re
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from minikube_py.cli.errors import CommandError, ConnectionRefused, PlainError, ServerError
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.client.tls import ssl_context

JSON = "application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

Query = Mapping[str, str | int | bool | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `body` is sent as it is when bytes, else as JSON. False and empty query values are left out."""

    method: str
    path: str
    query: Query | None = None
    body: Any = None
    content_type: str = JSON
    accept: str = JSON

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        pairs: list[tuple[str, str]] = []
        for name, value in (self.query or {}).items():
            if value is True:
                pairs.append((name, "true"))
            elif isinstance(value, tuple):
                pairs += [(name, item) for item in value]
            elif value not in (False, "", None):
                pairs.append((name, str(value)))
        if not pairs:
            return self.path
        return f"{self.path}{'&' if '?' in self.path else '?'}{urlencode(pairs)}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    code: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Decode the body.

        Raises: CommandError when the server did not answer with JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise PlainError("error: the server answered with something other than JSON") from error


class Connection:
    """One kept-alive connection to the API server; streams get one of their own."""

    def __init__(self, config: ClientConfig, *, timeout_s: float | None = None, verbosity: int = 0) -> None:
        self.config = config
        self.timeout_s = timeout_s
        self.verbosity = verbosity
        self._seen: set[str] = set()
        parts = urlsplit(config.server)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CommandError(f"host must be a URL or a host:port pair: {config.server!r}")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.authority = parts.netloc
        self.base_path = parts.path.rstrip("/")
        self._context: ssl.SSLContext | None = None
        self._kept: http.client.HTTPConnection | None = None
        self._authentication: dict[str, str] | None = None

    @property
    def warnings_seen(self) -> int:
        """How many different warnings the server has sent."""
        return len(self._seen)

    @property
    def headers(self) -> dict[str, str]:
        """Authentication headers; also for WebSocket handshakes."""
        if self._authentication is None:
            self._authentication = self._credentials()
        return dict(self._authentication)

    @property
    def tls_context(self) -> ssl.SSLContext | None:
        """The TLS context of this server, None for plain http."""
        if self._context is None:
            self._context = ssl_context(self.config)
        return self._context

    def ask(self, request: Request) -> Answer:
        """Send a request and read the whole answer.

        Raises: ServerError when the server refuses, PlainError when it cannot be reached.
        """
        with self._translated(request):
            response = _patiently(lambda: self._exchange(request))
            answer = Answer(response.status, _lower(response), response.read())
        if answer.code >= 400:
            raise server_error(answer.code, answer.body, request.method)
        return answer

    def get(self, path: str, query: Query | None = None, accept: str = JSON) -> Any:
        """GET a JSON document."""
        return self.ask(Request("GET", path, query, accept=accept)).json()

    def send(self, method: str, path: str, body: Any, query: Query | None = None, content_type: str = JSON) -> Any:
        """Send a document with POST, PUT, PATCH or DELETE and return the one that comes back."""
        return self.ask(Request(method, path, query, body, content_type)).json()

    def stream(self, request: Request) -> Iterator[bytes]:
        """Yield the answer piece by piece, as it arrives (logs).

        Raises: as `ask`.
        """
        with self._translated(request), self._streaming(request) as response:
            while piece := response.read1(65536):
                yield piece

    def lines(self, request: Request) -> Iterator[bytes]:
        """Yield the answer line by line, as it arrives (watch).

        Raises: as `ask`.
        """
        with self._translated(request), self._streaming(request) as response:
            while line := response.readline():
                yield line

    def close(self) -> None:
        """Close the kept connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    @contextmanager
    def _streaming(self, request: Request) -> Iterator[http.client.HTTPResponse]:
        connection = self._open()
        try:
            response = _patiently(lambda: self._send(connection, request))
            if response.status >= 400:
                raise server_error(response.status, response.read(), request.method)
            yield response
        finally:
            connection.close()

    def _exchange(self, request: Request) -> http.client.HTTPResponse:
        if self._kept is not None and request.method == "GET":
            try:
                return self._send(self._kept, request)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # The server may close an idle connection at any time; a read is safe to repeat on a new one.
                pass
        # A write gets a connection of its own: were it lost on a stale one, nobody could tell whether it was done.
        self.close()
        opened = self._open()
        response = self._send(opened, request)
        self._kept = opened
        return response

    def _send(self, connection: http.client.HTTPConnection, request: Request) -> http.client.HTTPResponse:
        headers = {"Accept": request.accept, "User-Agent": "pykubectl", **self.headers}
        body = request.body
        if body is not None:
            headers["Content-Type"] = request.content_type
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        started = time.monotonic()
        connection.putrequest(request.method, self.base_path + request.target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        for group in self.config.impersonate_groups:
            connection.putheader("Impersonate-Group", group)
        if body is not None or request.method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(body or b"")))
        connection.endheaders(body)
        response = connection.getresponse()
        if self.verbosity >= 6:
            spent_ms = int((time.monotonic() - started) * 1000)
            url = f"{self.config.server.rstrip('/')}{request.target}"
            print(f"{request.method} {url} {response.status} {response.reason} in {spent_ms} ms", file=sys.stderr)
        self._show_warnings(response)
        return response

    def _open(self) -> http.client.HTTPConnection:
        context = self.tls_context
        if context is None:
            return http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_s)
        if self.config.tls_server_name:
            return _NamedConnection(self.host, self.port, self.timeout_s, context, self.config.tls_server_name)
        return http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout_s, context=context)

    def _first_address(self) -> str:
        host = str(socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0][4][0])
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def _credentials(self) -> dict[str, str]:
        config = self.config
        headers: dict[str, str] = {}
        if not config.server.startswith("https://"):
            # Nobody on the way is to read a secret: as kubectl does, who asks in clear text is nobody.
            pass
        elif config.token:
            headers["Authorization"] = f"Bearer {config.token}"
        elif config.username:
            pair = f"{config.username}:{config.password}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        if config.impersonate_user:
            headers["Impersonate-User"] = config.impersonate_user
        return headers

    def _show_warnings(self, response: http.client.HTTPResponse) -> None:
        for value in response.headers.get_all("Warning") or []:
            quoted = _WARNING_TEXT.match(value)
            text = re.sub(r"\\(.)", r"\1", quoted.group(1)) if quoted else value
            if text not in self._seen:
                self._seen.add(text)
                sys.stdout.flush()
                print(f"Warning: {text}", file=sys.stderr)

    @contextmanager
    def _translated(self, request: Request) -> Iterator[None]:
        """Turn failures of the network into kubectl's words."""
        try:
            yield
        except ConnectionRefusedError as error:
            url = f"{self.config.server.rstrip('/')}{request.target}"
            dialled = f"dial tcp {self._first_address()}: connect: connection refused"
            raise ConnectionRefused(self.authority, f'{request.method.capitalize()} "{url}": {dialled}') from error
        except ssl.SSLCertVerificationError as error:
            raise PlainError(
                f"Unable to connect to the server: tls: failed to verify certificate: x509: {_x509(error)}"
            ) from error
        except socket.gaierror as error:
            raise PlainError(f"Unable to connect to the server: dial tcp: lookup {self.host}: no such host") from error
        except TimeoutError as error:
            raise PlainError(
                "Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting "
                "headers)"
            ) from error
        except http.client.HTTPException as error:
            raise PlainError(f"Unable to connect to the server: {_http_complaint(error)}") from error
        except OSError as error:
            raise PlainError(f"Unable to connect to the server: {(error.strerror or str(error)).lower()}") from error


class _NamedConnection(http.client.HTTPSConnection):
    """TLS to an address whose certificate carries another name."""

    def __init__(self, host: str, port: int, timeout: float | None, context: ssl.SSLContext, name: str) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._name = name
        self._tls = context

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def _patiently(ask: Callable[[], http.client.HTTPResponse]) -> http.client.HTTPResponse:
    """Ask, and again while the server is busy or broken and says how long to wait: writes too, as kubectl does.

    Kubernetes: staging/src/k8s.io/client-go/rest/with_retry.go
    """
    for _ in range(_RETRIES):
        response = ask()
        pause = response.headers.get("Retry-After", "")
        if (response.status != 429 and response.status < 500) or not pause.isdecimal():
            return response
        response.read()
        time.sleep(int(pause))
    return ask()


def server_error(code: int, body: bytes, method: str = "GET") -> ServerError:
    """Make the error for an answer of 400 and above."""
    try:
        status = json.loads(body)
    except ValueError:
        status = {}
    if isinstance(status, dict) and status.get("kind") == "Status":
        return ServerError(code, status, str(status.get("message") or ""))
    text = body.decode(errors="replace").strip()
    reason, message = _GENERIC.get(code, ("InternalError" if code >= 500 else "", text or f"unknown (status {code})"))
    return ServerError(code, {"reason": reason, "code": code}, message)


_RETRIES = 10
_WARNING_TEXT = re.compile(r"\d{3} \S+ \"((?:[^\"\\]|\\.)*)\"")
_GENERIC = {
    400: ("BadRequest", "the server rejected our request for an unknown reason"),
    404: ("NotFound", "the server could not find the requested resource"),
    401: ("Unauthorized", "the server has asked for the client to provide credentials"),
    405: ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
    429: ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
}


def _lower(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _x509(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in (18, 19, 20, 21):
        return "certificate signed by unknown authority"
    return error.verify_message


def _http_complaint(error: http.client.HTTPException) -> str:
    if isinstance(error, http.client.RemoteDisconnected | http.client.IncompleteRead):
        return "EOF"
    return f"malformed HTTP response: {error}" if str(error) else "malformed HTTP response"
