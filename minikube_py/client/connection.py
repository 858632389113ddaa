"""One HTTP/1.1 connection, and the pool that keeps connections for reuse: what the transport stands on.

    Pool.take -> Connection.exchange -> Head, then Connection.read (all of it) or Connection.chunks (as it comes)
    Pool.give_back keeps the connection when its answer was read to the end, else closes it

Invariants: one exchange at a time. A connection that its server has closed, or that said something unasked, is not used
again. A reader who does not keep up stops the socket, not the memory. Everything that goes wrong is an OSError.

A library's pool costs more than all the rest of a request (httpx: 0.8 to 1.4 ms of CPU, this: 0.04), and components do
little but send small requests. httptools, which parses for the server too, does what is hard about HTTP.

Kubernetes: golang's net/http Transport, below client-go
Simplified: no HTTP/2, no pipelining, no proxy, no answers before the answer (1xx).
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import cast

import httptools

CONNECT_TIMEOUT_S = 5.0
KEEPALIVE_EXPIRY_S = 30.0
IDLE_CONNECTIONS = 32
BUFFERED_BYTES = 1 << 20

_TCP_OPTIONS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
"""A watch whose server vanished without a word is noticed after half a minute of silence."""


class BrokenConnection(ConnectionError):
    """The answer was cut off, or is not HTTP."""


@dataclass(frozen=True, slots=True)
class Head:
    code: int
    headers: Mapping[str, str]
    """By lower-case name."""


class Connection(asyncio.Protocol):
    """A connection to one server. Made by Pool.take."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._head: Head | None = None
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._is_complete = True
        self._is_kept_alive = False
        self._is_paused = False
        self._error: OSError | None = None
        self._arrival: asyncio.Future[None] | None = None
        self.idle_since = 0.0

    async def exchange(self, request: bytes, timeout_s: float) -> Head:
        """Send one request and return the head of its answer. Raises: OSError (TimeoutError among them)."""
        assert self._transport is not None
        self._parser = httptools.HttpResponseParser(self)
        self._headers, self._head, self._is_complete = {}, None, False
        self._is_kept_alive = False
        self._transport.write(request)
        async with asyncio.timeout(timeout_s):
            while self._head is None:
                await self._next_arrival()
        return self._head

    async def read(self, timeout_s: float) -> bytes:
        """The rest of the body. Raises: OSError."""
        if self._is_complete and len(self._chunks) == 1:
            return self._take_chunk()
        async with asyncio.timeout(timeout_s):
            return b"".join([chunk async for chunk in self._arriving()])

    async def chunks(self, idle_timeout_s: float) -> AsyncIterator[bytes]:
        """The body in pieces as they arrive. Raises: OSError; TimeoutError after that much silence."""
        arriving = self._arriving()
        while True:
            async with asyncio.timeout(idle_timeout_s):
                chunk = await anext(arriving, None)
            if chunk is None:
                return
            yield chunk

    @property
    def is_reusable(self) -> bool:
        """Whether the last answer was read to the end, and another may be asked for."""
        return self._is_open and self._is_complete and not self._chunks and self._is_kept_alive

    @property
    def is_quiet(self) -> bool:
        """Whether an idle connection has nothing to say: an end not read yet would else cost the next request."""
        if not self._is_open or self._transport is None:
            return False
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket"), select.POLLIN)
        return not poll.poll(0)

    @property
    def _is_open(self) -> bool:
        return self._transport is not None and self._error is None and not self._transport.is_closing()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _arriving(self) -> AsyncIterator[bytes]:
        while True:
            while self._chunks:
                yield self._take_chunk()
            if self._is_complete:
                return
            await self._next_arrival()

    def _take_chunk(self) -> bytes:
        chunk = self._chunks.popleft()
        self._buffered -= len(chunk)
        if self._is_paused and not self._chunks and self._is_open and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return chunk

    async def _next_arrival(self) -> None:
        if self._error is not None:
            raise self._error
        self._arrival = asyncio.get_running_loop().create_future()
        try:
            await self._arrival
        finally:
            self._arrival = None

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport by birth.
        self._transport = cast(asyncio.Transport, transport)
        for option in _TCP_OPTIONS:
            transport.get_extra_info("socket").setsockopt(*option)

    def data_received(self, data: bytes) -> None:
        if self._is_complete:
            self._fail(BrokenConnection("the server said something unasked"))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(BrokenConnection(f"the server does not speak HTTP: {error}"))
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._is_complete and self._head is not None and self._ends_with_the_connection():
            self._is_complete = True
        reason = error if isinstance(error, OSError) else BrokenConnection("the server closed the connection")
        self._error = self._error or reason
        self._wake()

    def _fail(self, error: OSError) -> None:
        self._error = error
        self.close()
        self._wake()

    def _ends_with_the_connection(self) -> bool:
        return not {"content-length", "transfer-encoding"} & self._headers.keys()

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._head = Head(self._parser.get_status_code(), self._headers)

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)
        self._buffered += len(body)
        if self._buffered > BUFFERED_BYTES and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        # The parser knows it only now: afterwards it has forgotten the message.
        self._is_kept_alive = self._parser.should_keep_alive()
        self._is_complete = True


class Pool:
    """Connections to one address; as many as are asked for, of which a few are kept."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, server_hostname: str) -> None:
        self._host, self._port = host, port
        self._tls = tls
        self._server_hostname = (server_hostname or host) if tls is not None else None
        self._idle: list[Connection] = []

    async def take(self) -> Connection:
        """A connection of the caller's own, until it is given back. Raises: OSError."""
        while self._idle:
            connection = self._idle.pop()
            if time.monotonic() - connection.idle_since < KEEPALIVE_EXPIRY_S and connection.is_quiet:
                return connection
            connection.close()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, connection = await loop.create_connection(
                Connection, self._host, self._port, ssl=self._tls, server_hostname=self._server_hostname
            )
        return connection

    def give_back(self, connection: Connection) -> None:
        if connection.is_reusable and len(self._idle) < IDLE_CONNECTIONS:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
