"""One client's connection: who its certificate names, and an end to heads without end and watches that nobody reads.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go (one whose buffer stays full is closed)
"""

from __future__ import annotations

import asyncio
import fcntl
import sys
import termios
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, nullcontext
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from minikube_py.access.authentication.certificates import CONNECTION_USER, certificate_user

STALLED_S = 4.0
"""A watch whose client takes no byte for so long, while there is something to take, is cut off."""
_UNSENT_BYTES = 64 * 1024
"""A client that has so much to read yet gets more when it has read. asyncio's own limit for TLS is 512 KiB."""
LONGEST_HEAD_BYTES = 256 * 1024
"""Of a request line with its headers. Upstream takes four times as much."""
HEAD_S = 32.0
"""How long a connection may wait for, or be busy with, the head of its first request, and be busy with later ones."""
BUFFER_BYTES = 4 << 10
"""So much may wait for the client of a watch, and the piece that was sent last; more waits where all share it."""
_CONNECTION = "connection"


class ClientConnection(HttpToolsProtocol):
    """uvicorn's HTTP protocol; whoever is at the other end is worked out once, and its WebSockets inherit the state."""

    _is_in_head = False
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _is_watched = False
    _unread = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows it
        self.transport.set_write_buffer_limits(_UNSENT_BYTES)
        tls = transport.get_extra_info("ssl_object")
        user = certificate_user(tls) if tls is not None else None
        self.app_state = {**self.app_state, CONNECTION_USER: user, _CONNECTION: self}
        self._head_timer = self.loop.call_later(HEAD_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        was_in_head = self._is_in_head
        super().data_received(data)
        if not self._is_in_head:
            return
        if was_in_head:
            self._head_bytes += len(data)
        if self._head_bytes > LONGEST_HEAD_BYTES:
            self._refuse_head()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_S, self.transport.abort)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def _end_head(self) -> None:
        self._is_in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse_head(self) -> None:
        """As upstream does it, which ends it below all handlers: in plain text."""
        self._end_head()
        said = b"431 Request Header Fields Too Large"
        self.transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n%b" % (said, said)
        )
        self.transport.close()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """What is sent meanwhile must be read."""
        self._is_watched = True
        self._limit_buffer(BUFFER_BYTES)
        try:
            yield
        finally:
            self._is_watched = False
            self._limit_buffer(_UNSENT_BYTES)
            self._expect_nothing()

    def _limit_buffer(self, size: int) -> None:
        if not self.transport.is_closing():  # uvloop raises for one that is closed
            self.transport.set_write_buffer_limits(size)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._is_watched:
            self._expect_progress()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._expect_nothing()

    def _expect_progress(self) -> None:
        self._unread = self._not_taken()
        self._timer = self.loop.call_later(STALLED_S, self._look)

    def _expect_nothing(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if self._not_taken() < self._unread:
            self._expect_progress()
        else:
            self.transport.abort()

    def _not_taken(self) -> int:
        """What waits here and in the kernel, which takes so much that who reads slowly would seem to stand still."""
        in_kernel = fcntl.ioctl(self.transport.get_extra_info("socket"), termios.TIOCOUTQ, bytes(4))
        return self.transport.get_write_buffer_size() + int.from_bytes(in_kernel, sys.byteorder)


@contextmanager
def read_in_time(scope: MutableMapping[str, Any]) -> Iterator[None]:
    """End the connection of an ASGI scope when its client does not read what is sent."""
    connection: ClientConnection | None = scope["state"].get(_CONNECTION)
    with connection.watched() if connection is not None else nullcontext():
        yield
