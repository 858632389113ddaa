"""One client's connection: who its certificate names, and an end to a watch that nobody reads.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go (one whose buffer stays full is closed)
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, nullcontext
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from minikube_py.access.authentication.certificates import CONNECTION_USER, certificate_user

STALLED_S = 4.0
"""A watch whose client takes no byte for so long, while there is something to take, is cut off."""
_CONNECTION = "connection"


class ClientConnection(HttpToolsProtocol):
    """uvicorn's HTTP protocol; whoever is at the other end is worked out once, and its WebSockets inherit the state."""

    _is_watched = False
    _unread = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows it
        tls = transport.get_extra_info("ssl_object")
        user = certificate_user(tls) if tls is not None else None
        self.app_state = {**self.app_state, CONNECTION_USER: user, _CONNECTION: self}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """What is sent meanwhile must be read."""
        self._is_watched = True
        try:
            yield
        finally:
            self._is_watched = False
            self._expect_nothing()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._is_watched:
            self._expect_progress()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._expect_nothing()

    def _expect_progress(self) -> None:
        self._unread = self.transport.get_write_buffer_size()
        self._timer = self.loop.call_later(STALLED_S, self._look)

    def _expect_nothing(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if self.transport.get_write_buffer_size() < self._unread:
            self._expect_progress()
        else:
            self.transport.abort()


@contextmanager
def read_in_time(scope: MutableMapping[str, Any]) -> Iterator[None]:
    """End the connection of an ASGI scope when its client does not read what is sent."""
    connection: ClientConnection | None = scope["state"].get(_CONNECTION)
    with connection.watched() if connection is not None else nullcontext():
        yield
