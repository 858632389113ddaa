"""Joining a container that runs: conmon has its streams, and gives them to whoever connects to its socket.

Each packet from conmon is one byte that names the stream, then data; what we send is the container's input. A
terminal's size goes through a pipe of its own.

Kubernetes: CRI's Attach; CRI-O's oci_attach; conmon's conn_sock.c and ctrl.c.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator

from minikube_py.runtime.abilities import LogStream, Session
from minikube_py.runtime.interface import RuntimeFault
from minikube_py.runtime.oci.conmon import ContainerFolder

_PACKET_BYTES = 32 * 1024
_STDERR = 3
_RESIZE = 1


async def join(folder: ContainerFolder) -> Session:
    """Connect to the container's monitor. Raises: RuntimeFault when it has ended."""
    place = os.open(folder.bundle, os.O_PATH | os.O_DIRECTORY)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        # A socket's path has at most 107 characters, and a container's folder can lie deeper than that.
        connection.connect(f"/proc/self/fd/{place}/attach")
    except OSError as error:
        connection.close()
        raise RuntimeFault(f"cannot attach to container {folder.path.name}: {error.strerror}") from error
    finally:
        os.close(place)
    connection.setblocking(False)
    return Attached(connection, folder)


class Attached:
    """One who has joined a container, and whose leaving does not end it."""

    def __init__(self, connection: socket.socket, folder: ContainerFolder) -> None:
        self._connection = connection
        self._folder = folder
        self._is_read = False
        self._is_left = False

    async def write(self, data: bytes) -> None:
        try:
            await asyncio.get_running_loop().sock_sendall(self._connection, data)
        except (BrokenPipeError, ConnectionResetError):
            return  # the container has ended, as its output will say

    async def close_stdin(self) -> None:
        self._connection.shutdown(socket.SHUT_WR)

    async def output(self) -> AsyncIterator[tuple[LogStream, bytes]]:
        loop = asyncio.get_running_loop()
        self._is_read = True
        try:
            while packet := await loop.sock_recv(self._connection, _PACKET_BYTES):
                yield "stderr" if packet[0] == _STDERR else "stdout", packet[1:]
        finally:
            self._is_read = False
            if self._is_left:
                self._connection.close()

    async def resize(self, width: int, height: int) -> None:
        try:
            control = os.open(self._folder.bundle / "ctl", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return  # the monitor has ended with its container
        try:
            os.write(control, f"{_RESIZE} {height} {width}\n".encode())
        finally:
            os.close(control)

    async def close(self) -> None:
        self._is_left = True
        if self._is_read:
            # The reader sees the end, and closes what it waits for.
            self._connection.shutdown(socket.SHUT_RDWR)
        else:
            self._connection.close()
