"""A lean HTTP/1.1 client over one kept-alive connection, the same for both sides, so that its own cost is small."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from types import TracebackType

_WINDOW_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens; one with a token, or with `tls`, is spoken to over TLS."""

    host: str
    port: int
    token: str = ""
    tls: ssl.SSLContext | None = None
    """With the client's certificate; without it the server's certificate is not checked either."""


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    body: bytes


class Connection:
    """`async with Connection(endpoint) as connection`: one request at a time."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __aenter__(self) -> Connection:
        tls = self._endpoint.tls or (ssl._create_unverified_context() if self._endpoint.token else None)
        self._reader, self._writer = await asyncio.open_connection(
            self._endpoint.host, self._endpoint.port, ssl=tls, limit=_WINDOW_BYTES
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    async def request(
        self, method: str, path: str, body: bytes = b"", accept: str = "application/json", *, encoding: str = "identity"
    ) -> Reply:
        """`encoding`: what the answer may be packed in; it is handed over as it comes."""
        self._send(method, path, body, accept, encoding)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        code = int(head[9:12])
        if b"transfer-encoding: chunked" in head:
            return Reply(code, await self._read_chunks())
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return Reply(code, await self._reader.readexactly(int(length or 0)))

    async def size(self, method: str, path: str) -> int:
        """Read an answer, forget it piece by piece, and tell how long it was."""
        self._send(method, path, b"", "application/json")
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding: chunked" not in head:
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            await self._skip(length)
            return length
        total = 0
        while size := int(await self._reader.readline(), 16):
            await self._skip(size + 2)
            total += size
        await self._skip(2)
        return total

    async def _skip(self, length: int) -> None:
        while length:
            length -= len(await self._reader.read(min(length, _WINDOW_BYTES)))

    async def watch(self, path: str) -> AsyncGenerator[bytes, None]:
        """What arrives of an endless answer, in pieces of any size, frames included."""
        self._send("GET", path, b"", "application/json")
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head, head
        yield b""
        while piece := await self._reader.read(_WINDOW_BYTES):
            yield piece

    def _send(self, method: str, path: str, body: bytes, accept: str, encoding: str = "identity") -> None:
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {self._endpoint.host}\r\nAccept: {accept}\r\n"
            f"Accept-Encoding: {encoding}\r\nUser-Agent: benchmark\r\nAuthorization: Bearer {self._endpoint.token}\r\n"
            f"Content-Type: {_content_type(method)}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    async def _read_chunks(self) -> bytes:
        chunks = []
        while size := int(await self._reader.readline(), 16):
            chunks.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return b"".join(chunks)


def _content_type(method: str) -> str:
    return "application/merge-patch+json" if method == "PATCH" else "application/json"
