"""Whoever a user asks for by way of the API server, and how they are asked: one request, one answer that may be long.

Kubernetes: apimachinery/pkg/util/proxy/upgradeaware.go
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

import httpx

from minikube_py.api.status import Unavailable

CONNECT_TIMEOUT_S = 10.0


class Reply:
    """What somebody outside answers: code and headers first, the body as it comes."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.code = response.status_code
        self.headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())

    def header(self, name: str) -> str:
        return next((value for known, value in self.headers if known == name), "")

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it was sent."""
        return _chunks(self._response)

    async def decoded(self) -> bytes:
        """The whole body without its Content-Encoding. Raises: Unavailable."""
        try:
            return await self._response.aread()
        except httpx.HTTPError as error:
            raise Unavailable(f"error trying to reach service: {error}") from error
        finally:
            await self._response.aclose()


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to somebody outside."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    tls_name: str = ""
    """The name that the other side's certificate has to bear, where it is not the host."""


class Outside:
    """Whoever a user asks for by way of the API server."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        # Without `tls` nobody vouches for a certificate: it is a pod's, and the user asked for this one by name.
        timeout = httpx.Timeout(CONNECT_TIMEOUT_S, read=None)
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False, verify=tls or False)

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, sent: Sent) -> Reply:
        """Raises: Unavailable when nobody answers."""
        extensions = {"sni_hostname": sent.tls_name} if sent.tls_name else {}
        try:
            request = self._client.build_request(
                sent.method, sent.url, content=sent.body or None, extensions=extensions
            )
            request.headers = httpx.Headers({"host": request.headers["host"], **sent.headers})
            if sent.body:
                request.headers["content-length"] = str(len(sent.body))
            return Reply(await self._client.send(request, stream=True))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"error trying to reach service: {error}") from error


async def _chunks(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    try:
        async for chunk in response.aiter_raw():
            yield chunk
    except httpx.HTTPError:
        return
    finally:
        await response.aclose()
