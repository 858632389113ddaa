"""When a watch is cut off: any sequence of events, readings and pauses, in virtual time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from minikube_py.apiserver.connection import STALLED_S, ClientConnection

HIGH, LOW = 64, 16
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 200)),
        st.tuples(st.just("read"), st.integers(1, 200)),
        st.tuples(st.just("wait"), st.sampled_from((0.5, 1.0, STALLED_S - 0.1, STALLED_S, STALLED_S + 0.1, 30.0))),
    ),
    max_size=40,
)


class Socket(asyncio.Transport):
    """What has not been read yet, and the marks at which the protocol is told to pause and to go on."""

    def __init__(self, kernels: socket.socket) -> None:
        super().__init__({"socket": kernels})
        self.unread = 0
        self.is_cut = False
        self.protocol: ClientConnection | None = None
        self._is_paused = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return self.unread

    def abort(self) -> None:
        self.is_cut = True

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self.is_cut

    def send(self, size: int) -> bool:
        """As an application does that waits where it is told to; whether it could."""
        if self._is_paused:
            return False
        self.unread += size
        if self.unread > HIGH:
            self._is_paused = True
            assert self.protocol is not None
            self.protocol.pause_writing()
        return True

    def read(self, size: int) -> int:
        taken = min(size, self.unread)
        self.unread -= taken
        if self._is_paused and self.unread <= LOW:
            self._is_paused = False
            assert self.protocol is not None
            self.protocol.resume_writing()
        return taken

    @property
    def is_paused(self) -> bool:
        return self._is_paused


async def _nobody(_scope: Any, _receive: Any, _send: Any) -> None:
    return None


@pytest.fixture(scope="module")
def empty_socket() -> Iterator[socket.socket]:
    """The kernel's end, in which nothing waits."""
    here, there = socket.socketpair()
    with closing(here), closing(there):
        yield here


@given(steps=STEPS)
@settings(max_examples=100, deadline=None)
@pytest.mark.looptime
async def test_a_watch_is_cut_off_when_nothing_is_read_and_only_then(
    steps: list[tuple[str, Any]], empty_socket: socket.socket
) -> None:
    loop, transport = asyncio.get_running_loop(), Socket(empty_socket)
    connection = ClientConnection(config=Config(_nobody, loop="none"), server_state=ServerState(), app_state={})
    connection.connection_made(transport)
    connection._end_head()
    transport.protocol = connection
    progress = 0.0
    with connection.watched():
        for what, amount in steps:
            if what == "send":
                was_paused = transport.is_paused
                transport.send(amount)
                if transport.is_paused and not was_paused:
                    progress = loop.time()
            elif what == "read":
                if transport.read(amount):
                    progress = loop.time()
            else:
                await asyncio.sleep(amount)
            stalled_s = loop.time() - progress if transport.is_paused else 0.0
            if transport.is_cut:
                assert stalled_s >= STALLED_S - 1e-6
                break
            assert stalled_s <= 2 * STALLED_S + 1e-6
    connection.connection_lost(None)
