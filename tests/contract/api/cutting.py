"""A relay that lets so many bytes of a server's answer pass, and then cuts the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


@dataclass
class Cutter:
    """Counts what it lets pass on its first connection, which it cuts after `left` bytes; later ones are whole."""

    url: str = ""
    left: int | None = None
    passed: int = 0
    has_cut: bool = False


@asynccontextmanager
async def cutting(host: str, port: int) -> AsyncIterator[Cutter]:
    cutter, relays = Cutter(), set[asyncio.Task[None]]()

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(1 << 16):
            if cutter.left is not None and not cutter.has_cut:
                chunk = chunk[: cutter.left]
                cutter.left -= len(chunk)
            cutter.passed += len(chunk)
            writer.write(chunk)
            await writer.drain()
            if cutter.left == 0 and not cutter.has_cut:
                cutter.has_cut = True
                return

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        relays.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
            both = [
                asyncio.create_task(_requests(reader, far_writer)),
                asyncio.create_task(answers(far_reader, writer)),
            ]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in both:
                    each.cancel()
                await asyncio.gather(*both, return_exceptions=True)
                await _closed(far_writer)
        finally:
            await _closed(writer)
            relays.discard(task)

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    cutter.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield cutter
    finally:
        server.close()
        while relays:
            await asyncio.wait(list(relays))


async def _requests(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(1 << 16):
        writer.write(chunk)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
