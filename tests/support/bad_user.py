"""A user who asks for more than the server can give: requests on many sockets at once, and sockets that say nothing."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Reply = tuple[int, dict[str, str]]


@dataclass
class BadUser:
    url: str
    token: str
    """Empty: the certificate of `tls` says who it is."""
    tls: ssl.SSLContext | None
    host: str = ""
    """Which address of this machine he comes from."""
    codes: Counter[tuple[str, int]] = field(default_factory=Counter)
    """What the requests were answered, by what they were for."""
    refusals_without_hint: int = 0
    """429s that did not say when to come back."""

    async def repeat(self, what: str, path: str, *, hang_up: bool = False) -> None:
        """Ask until cancelled, on one connection, or on a new one each time."""
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                async with self._connection() as (reader, writer):
                    await self.ask(what, path, reader, writer)
                    while not hang_up:
                        await self.ask(what, path, reader, writer)

    async def once(self, what: str, path: str) -> None:
        async with self._connection() as (reader, writer):
            await self.ask(what, path, reader, writer)

    async def ask(
        self, what: str, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, body: bytes = b""
    ) -> None:
        """A GET, or a POST where there is a body; its answer is read, and counted. Of a stream the head is read."""
        bearer = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: a\r\n{bearer}{length}\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        code, headers = await _head(reader)
        self.codes[what, code] += 1
        self.refusals_without_hint += code == 429 and not headers.get("retry-after", "").isdecimal()
        if "content-length" in headers:
            await reader.readexactly(int(headers["content-length"]))

    async def mumble(self, text: str, begin: str = "") -> None:
        """Send the beginning, then a character now and then, until cancelled."""
        while True:
            with contextlib.suppress(OSError):
                async with self._connection() as (_, writer):
                    writer.write(begin.encode())
                    for character in text:
                        writer.write(character.encode())
                        await writer.drain()
                        await asyncio.sleep(0.5)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = urlsplit(self.url)
        local = (self.host, 0) if self.host else None
        return await asyncio.open_connection(
            address.hostname, address.port, ssl=self.tls, limit=1 << 20, local_addr=local
        )

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await self.connect()
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


async def _head(reader: asyncio.StreamReader) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    return int(head[0].split()[1]), headers
