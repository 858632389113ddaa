"""The byte carriers of the userspace dataplane: one listener a place, TCP connections and UDP conversations.

A target can be exchanged while its listener is open: connections that run go on, new ones take the new endpoints.
Endpoints take turns; one that does not answer is passed over in favour of the next.

Kubernetes: pkg/proxy/userspace/{proxysocket,roundrobin}.go (until 1.25)
"""

import asyncio
import ipaddress
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, cast

from minikube_py.proxy.ruleset import Backend
from minikube_py.proxy.service_map import Protocol as IpProtocol

_LOG = logging.getLogger(__name__)
_CONNECT_TIMEOUT_S: Final = 3.0
_UDP_IDLE_S: Final = 30.0
_CHUNK_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """Where a listener's clients go."""

    backends: tuple[Backend, ...]
    affinity_timeout_s: int | None = None
    sources: tuple[str, ...] = ()
    """The networks that may connect; none means everybody."""

    def admits(self, client: str) -> bool:
        address = ipaddress.ip_address(client)
        return not self.sources or any(address in ipaddress.ip_network(source) for source in self.sources)


class Picker:
    """Endpoints in turn, with the client's last one first where its Service asks for that."""

    def __init__(self, target: Target, clock: Callable[[], float] = time.monotonic) -> None:
        self.target = target
        self._clock = clock
        self._turn = 0
        self._seen: dict[str, tuple[Backend, float]] = {}

    def candidates(self, client: str) -> tuple[Backend, ...]:
        """The endpoints for a new connection, best first."""
        backends = self.target.backends
        if not backends:
            return ()
        self._turn = (self._turn + 1) % len(backends)
        turn = backends[self._turn :] + backends[: self._turn]
        remembered = self._remembered(client)
        if remembered is None:
            return turn
        return (remembered, *(backend for backend in turn if backend != remembered))

    def chosen(self, client: str, backend: Backend) -> None:
        """Take note of where a client was led."""
        timeout_s = self.target.affinity_timeout_s
        if timeout_s is None:
            self._seen.clear()
            return
        now = self._clock()
        self._seen = {who: entry for who, entry in self._seen.items() if now - entry[1] < timeout_s}
        self._seen[client] = (backend, now)

    def _remembered(self, client: str) -> Backend | None:
        timeout_s, entry = self.target.affinity_timeout_s, self._seen.get(client)
        if timeout_s is None or entry is None or self._clock() - entry[1] >= timeout_s:
            return None
        return entry[0] if entry[0] in self.target.backends else None


class Listener(Protocol):
    """An open place."""

    def retarget(self, target: Target) -> None:
        """Lead new clients elsewhere."""

    def close(self) -> None:
        """Take no new clients."""


async def listen(protocol: IpProtocol, address: str, port: int, target: Target) -> Listener:
    """Open a listener. Raises: OSError if the place is taken or not ours."""
    if protocol == "tcp":
        tcp = _TcpListener(Picker(target))
        await tcp.open(address, port)
        return tcp
    udp = _UdpListener(Picker(target))
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: udp, local_addr=(address, port))
    return udp


class _TcpListener:
    def __init__(self, picker: Picker) -> None:
        self._picker = picker
        self._server: asyncio.Server | None = None

    async def open(self, address: str, port: int) -> None:
        self._server = await asyncio.start_server(self._carry, address, port)

    def retarget(self, target: Target) -> None:
        self._picker.target = target

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = str(writer.get_extra_info("peername")[0])
        try:
            connection = await self._connect(client) if self._picker.target.admits(client) else None
            if connection is None:
                # Not a polite end: the client must see a failure, not an empty answer.
                writer.transport.abort()
                return
            backend_reader, backend_writer = connection
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(_copy(reader, backend_writer))
                    group.create_task(_copy(backend_reader, writer))
            except* OSError as broken:
                # One side is gone; the group has ended the other way, and both are closed below.
                _LOG.debug("connection broken", extra={"client": client, "error": str(broken.exceptions[0])})
            finally:
                backend_writer.close()
        finally:
            writer.close()

    async def _connect(self, client: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for backend in self._picker.candidates(client):
            try:
                async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                    connection = await asyncio.open_connection(backend.address, backend.port)
            except (OSError, TimeoutError) as failed:
                _LOG.info("endpoint does not answer", extra={"endpoint": str(backend), "error": str(failed)})
                continue
            self._picker.chosen(client, backend)
            return connection
        return None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until that way ends; the other way may go on (half-close)."""
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


class _UdpListener(asyncio.DatagramProtocol):
    """One socket towards all clients, and one towards the endpoint for each client, for as long as it talks."""

    def __init__(self, picker: Picker) -> None:
        self._picker = picker
        self._transport: asyncio.DatagramTransport | None = None
        self._talks: dict[tuple[str, int], _UdpTalk] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def retarget(self, target: Target) -> None:
        self._picker.target = target
        for talk in [talk for talk in self._talks.values() if talk.backend not in target.backends]:
            talk.end()

    def close(self) -> None:
        for talk in list(self._talks.values()):
            talk.end()
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, client: tuple[str, int]) -> None:
        talk = self._talks.get(client) or self._begin(client)
        if talk is not None:
            talk.send(data)

    def _begin(self, client: tuple[str, int]) -> "_UdpTalk | None":
        candidates = self._picker.candidates(client[0])
        if not candidates or self._transport is None or not self._picker.target.admits(client[0]):
            return None
        self._picker.chosen(client[0], candidates[0])
        transport = self._transport

        def forget() -> None:
            self._talks.pop(client, None)

        talk = _UdpTalk(candidates[0], lambda data: transport.sendto(data, client), forget)
        self._talks[client] = talk
        return talk


class _UdpTalk(asyncio.DatagramProtocol):
    """One client's conversation with one endpoint; ends when both have been silent for a while."""

    def __init__(self, backend: Backend, answer: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self.backend = backend
        self._answer = answer
        self._on_end = on_end
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: list[bytes] = []
        loop = asyncio.get_running_loop()
        self._heard = loop.time()
        self._idle = loop.call_later(_UDP_IDLE_S, self._check_idle)
        # Kept, so that it is not collected before it is done.
        self._opening = loop.create_task(
            loop.create_datagram_endpoint(lambda: self, remote_addr=(backend.address, backend.port))
        )

    def send(self, data: bytes) -> None:
        self._heard = asyncio.get_running_loop().time()
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._transport.sendto(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        for data in self._waiting:
            self._transport.sendto(data)
        self._waiting.clear()

    def datagram_received(self, data: bytes, _address: tuple[str, int]) -> None:
        self._heard = asyncio.get_running_loop().time()
        self._answer(data)

    def error_received(self, _failed: Exception) -> None:
        # The endpoint's port is closed: the next datagram starts over, perhaps with another endpoint.
        self.end()

    def end(self) -> None:
        self._idle.cancel()
        self._opening.cancel()
        self._on_end()
        if self._transport is not None:
            self._transport.close()

    def _check_idle(self) -> None:
        loop = asyncio.get_running_loop()
        left_s = self._heard + _UDP_IDLE_S - loop.time()
        if left_s <= 0:
            self.end()
        else:
            self._idle = loop.call_later(left_s, self._check_idle)
