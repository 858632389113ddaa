"""A link between an API server and its store that can be cut: a relay of TCP connections that a test holds."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_CHUNK = 1 << 16


class Link:
    """Relays to `target`. `drop` swallows every byte and says nothing, `reject` refuses, `heal` ends both."""

    def __init__(self, target: str) -> None:
        _, _, address = target.rpartition("/")
        self._host, _, port = address.partition(":")
        self._port = int(port)
        self._passes = asyncio.Event()
        self._passes.set()
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def drop(self) -> None:
        self._passes.clear()

    async def reject(self) -> None:
        await self.close()

    async def heal(self) -> None:
        """Connections from before stay broken, as they do when a cable was out for long."""
        await self.close()
        self._passes.set()
        await self.open()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        with suppress(OSError, asyncio.CancelledError):
            await self._relay(reader, writer)
        self._relays.discard(task)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
            try:
                there = asyncio.create_task(self._copy(reader, far_writer))
                back = asyncio.create_task(self._copy(far_reader, writer))
                try:
                    await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    there.cancel()
                    back.cancel()
                    await asyncio.gather(there, back, return_exceptions=True)
            finally:
                far_writer.transport.abort()
        finally:
            writer.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            await self._passes.wait()
            writer.write(chunk)
            await writer.drain()
