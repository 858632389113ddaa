"""Exec and attach by the engine's API, where a connection turns from HTTP into a raw stream.

The SDK hands out that stream with what it has read ahead lost, so the few lines of HTTP are spoken here.
Without a terminal the engine mixes both outputs into frames: stream number, three zero bytes, length, data.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

from minikube_py.runtime.abilities import LogStream
from minikube_py.runtime.docker.engine import Engine, Json
from minikube_py.runtime.interface import RuntimeFault

_CHUNK_BYTES = 32 * 1024
_POLL_S = 0.01


class RawStream:
    """Bytes both ways on a connection that the engine has handed over."""

    def __init__(self, engine: Engine, tty: bool) -> None:
        self._engine = engine
        self._tty = tty
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def start(self, target: str, document: Json) -> None:
        """Ask for a stream and take the connection over. Raises: RuntimeFault."""
        self._reader, self._writer = await _connect(self._engine.address)
        body = json.dumps(document).encode()
        head = (
            f"POST {target} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        await self._writer.drain()
        answer = await self._reader.readuntil(b"\r\n\r\n")
        status = int(answer.split(b" ", 2)[1])
        if status not in (101, 200):
            said = await self._reader.read(_CHUNK_BYTES)
            self._writer.close()
            raise RuntimeFault(_message(said))

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # the command does not read any more, which is its right

    async def close_stdin(self) -> None:
        if self._tty:
            await self.write(b"\x04")
        elif self._writer.can_write_eof() and not self._writer.is_closing():
            self._writer.write_eof()

    async def output(self) -> AsyncIterator[tuple[LogStream, bytes]]:
        while True:
            try:
                stream, data = await self._read_chunk()
            except (asyncio.IncompleteReadError, ConnectionResetError):
                return
            yield stream, data

    async def _read_chunk(self) -> tuple[LogStream, bytes]:
        if self._tty:
            data = await self._reader.read(_CHUNK_BYTES)
            if not data:
                raise asyncio.IncompleteReadError(b"", None)
            return "stdout", data
        header = await self._reader.readexactly(8)
        data = await self._reader.readexactly(int.from_bytes(header[4:], "big"))
        return ("stderr" if header[0] == 2 else "stdout"), data


class DockerExec(RawStream):
    """An ExecSession on an exec instance of the engine."""

    def __init__(self, engine: Engine, exec_id: str, tty: bool) -> None:
        super().__init__(engine, tty)
        self._id = exec_id

    async def resize(self, width: int, height: int) -> None:
        if self._tty:
            await self._engine.call(self._engine.api.exec_resize, self._id, height=height, width=width)

    async def exit_code(self) -> int:
        document = await self._inspect()
        while document["Running"]:
            # The stream ends a moment before the engine has taken notice of the exit.
            await asyncio.sleep(_POLL_S)
            document = await self._inspect()
        return int(document["ExitCode"] or 0)

    async def close(self) -> None:
        document = await self._inspect()
        while document["Running"] and not document["Pid"]:
            # The command may print before the engine has written down its number.
            await asyncio.sleep(_POLL_S)
            document = await self._inspect()
        # The engine has no call for it, but the process is on this machine.
        if document["Running"] and document["Pid"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(document["Pid"], signal.SIGKILL)
        self._writer.close()

    async def _inspect(self) -> Json:
        return await self._engine.call(self._engine.api.exec_inspect, self._id)


class DockerAttach(RawStream):
    """A Session on a container's own streams; leaving it does not end the container."""

    def __init__(self, engine: Engine, container_id: str, tty: bool) -> None:
        super().__init__(engine, tty)
        self._id = container_id

    async def resize(self, width: int, height: int) -> None:
        if self._tty:
            await self._engine.call(self._engine.api.resize, self._id, height=height, width=width)

    async def close(self) -> None:
        self._writer.close()


async def start_exec(
    engine: Engine, container_id: str, command: Sequence[str], *, tty: bool, stdin: bool
) -> DockerExec:
    """Start a command with the container's own user, environment and limits."""
    created: Json = await engine.call(engine.api.exec_create, container_id, list(command), stdin=stdin, tty=tty)
    session = DockerExec(engine, created["Id"], tty)
    await session.start(f"/exec/{created['Id']}/start", {"Detach": False, "Tty": tty})
    return session


async def join(engine: Engine, container_id: str, *, stdin: bool) -> DockerAttach:
    """Join a running container's streams."""
    document: Json = await engine.call(engine.api.inspect_container, container_id)
    session = DockerAttach(engine, container_id, document["Config"]["Tty"])
    await session.start(f"/containers/{container_id}/attach?stream=1&stdin={int(stdin)}&stdout=1&stderr=1", {})
    return session


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        return await asyncio.open_unix_connection(parts.path)
    return await asyncio.open_connection(parts.hostname, parts.port or 2375)


def _message(body: bytes) -> str:
    start = body.find(b"{")
    try:
        return str(json.loads(body[start : body.rindex(b"}") + 1])["message"])
    except (ValueError, KeyError):
        return body.decode(errors="replace").strip()
