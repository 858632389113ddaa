"""FairListener: of the connections in TLS that come from one address, a few begin at a time.

A handshake costs more than most requests, and comes before anybody has said who he is, so flow control cannot help. Who
opens hundreds of connections waits behind himself, and not everybody else behind him. One who does not go on with his
handshake gives his place to the next after a while, and may finish later.

Kubernetes: golang's net/http has a goroutine for each, and a scheduler that is fair to these
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import ssl
from asyncio import sslproto
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from contextlib import suppress

log = logging.getLogger(__name__)

PLACES, PLACE_S = 8, 0.2
"""Of one address, and how long they are kept for one connection."""
_BACKLOG = 2048
_ACCEPTED_AT_ONCE = 100
_MOST_WAITING = 1000
"""Of one address, too; further ones are closed."""
_PAUSE_S = 1.0
_HANDSHAKE_S = 30.0
_READ_BYTES = 32 * 1024


class FairListener:
    """One listening socket. It is closed as a server of asyncio's is."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Raises: OSError when the address cannot be listened on."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self._socket.setblocking(False)
        self._tls, self._protocol = tls, protocol
        # asyncio keeps a buffer of this size, filled with zeros, for each connection: 256 KiB unless told otherwise.
        sslproto.SSLProtocol.max_size = _READ_BYTES
        self._waiting: defaultdict[str, deque[socket.socket]] = defaultdict(deque)
        self._begun: Counter[str] = Counter()
        """Both by address."""
        self._beginning: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._accept)

    def close(self) -> None:
        """Take no more; who waits is turned away."""
        self._loop.remove_reader(self._socket)
        self._socket.close()
        for connection in itertools.chain(*self._waiting.values()):
            connection.close()
        self._waiting.clear()
        for task in self._beginning:
            task.cancel()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._beginning, return_exceptions=True)

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                connection, (host, *_) = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                break
            except OSError as error:
                # Too many files are open, most likely; those that close make room.
                log.warning("no connection can be taken for a second", extra={"error": str(error)})
                self._loop.remove_reader(self._socket)
                self._loop.call_later(_PAUSE_S, self._accept_again)
                break
            if len(self._waiting[host]) >= _MOST_WAITING:
                connection.close()
                continue
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._waiting[host].append(connection)
            self._begin(host)

    def _accept_again(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket, self._accept)

    def _begin(self, host: str) -> None:
        """Give the places that are free to those who have waited longest."""
        waiting = self._waiting[host]
        while waiting and self._begun[host] < PLACES:
            self._begun[host] += 1
            task = self._loop.create_task(self._take(host, waiting.popleft()))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)
        if not waiting:
            del self._waiting[host]

    async def _take(self, host: str, connection: socket.socket) -> None:
        making = self._loop.connect_accepted_socket(
            self._protocol, connection, ssl=self._tls, ssl_handshake_timeout=_HANDSHAKE_S
        )
        place = self._loop.call_later(PLACE_S, self._give_place, host)
        # A handshake that fails is the client's own affair, as upstream has it.
        with suppress(OSError):
            await making
        if self._loop.time() < place.when():
            place.cancel()
            self._give_place(host)

    def _give_place(self, host: str) -> None:
        self._begun[host] -= 1
        if not self._begun[host]:
            del self._begun[host]
        self._begin(host)
