"""One GET over a fresh connection: what HTTP probes and hooks need, and no more.

A probe is asked for every second by every container, must not follow proxies, keep cookies or verify certificates, and
says in Go's words why it failed, because people search for those words.

Kubernetes: pkg/probe/http/http.go
"""

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from minikube_py.errors import MinikubeError

_BODY_LIMIT = 10 * 1024
_HEAD_LIMIT = 64 * 1024
_REDIRECTS = 10


class Unanswered(MinikubeError):
    """No HTTP answer came."""


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """`headers` replace the usual ones of the same name."""

    scheme: str
    host: str
    port: int
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        path = self.path if self.path.startswith("/") else f"/{self.path}"
        return f"{self.scheme.lower()}://{host}:{self.port}{path}"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    body: str


async def http_get(target: HttpTarget, timeout_s: float) -> HttpAnswer:
    """Fetch, following redirects on the same host. Raises: Unanswered."""
    url = target.url
    try:
        async with asyncio.timeout(timeout_s):
            for _ in range(_REDIRECTS):
                answer, location = await _fetch(url, target.headers)
                following = urljoin(url, location) if location else ""
                if not following or urlsplit(following).hostname != urlsplit(url).hostname:
                    return answer
                url = following
            return answer
    except TimeoutError as error:
        said = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        raise Unanswered(f'Get "{url}": {said}') from error
    except ConnectionError as error:
        raise Unanswered(f'Get "{url}": {dial_error(target.host, target.port, error)}') from error
    except (OSError, ValueError, IndexError, asyncio.LimitOverrunError, asyncio.IncompleteReadError) as error:
        raise Unanswered(f'Get "{url}": {error}') from error


def dial_error(host: str, port: int, error: OSError) -> str:
    """A failed connection in Go's words."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    said = "connection refused" if isinstance(error, ConnectionRefusedError) else (error.strerror or str(error)).lower()
    return f"dial tcp {place}: connect: {said}"


async def _fetch(url: str, headers: Iterable[tuple[str, str]]) -> tuple[HttpAnswer, str]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    reader, writer = await asyncio.open_connection(
        parts.hostname, port, ssl=_unverified() if parts.scheme == "https" else None, limit=_HEAD_LIMIT
    )
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = {"host": f"Host: {parts.netloc}", "user-agent": "User-Agent: kube-probe/1.36", "accept": "Accept: */*"}
        lines |= {name.lower(): f"{name}: {value}" for name, value in headers}
        writer.write("\r\n".join([f"GET {path} HTTP/1.1", *lines.values(), "Connection: close", "", ""]).encode())
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        locations = (line.partition(":")[2].strip() for line in head[1:] if line.lower().startswith("location:"))
        location = next(locations, "") if 300 <= status < 400 else ""
        body = await _some_of(reader)
        return HttpAnswer(status, body.decode(errors="replace")), location
    finally:
        writer.close()


async def _some_of(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while len(body) < _BODY_LIMIT:
        chunk = await reader.read(_BODY_LIMIT)
        if not chunk:
            break
        body += chunk
    return body[:_BODY_LIMIT]


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
