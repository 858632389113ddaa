"""Network namespaces that a test makes, wires up and removes, and ways to act inside one without leaving the process.

A socket belongs for ever to the namespace in which it was created, so `socket_in` is all that a client or a server
needs; whatever creates sockets and processes by itself runs on a `NamespaceLoop`.
"""

import asyncio
import ctypes
import itertools
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET: Final = 0x40000000
_NUMBERS: Final = itertools.count()


class Namespace:
    """One network namespace with its loopback link up."""

    def __init__(self, purpose: str) -> None:
        self.name = f"kp-{os.getpid()}-{next(_NUMBERS)}-{purpose}"
        self.path = Path("/var/run/netns") / self.name
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.ip("link set lo up")

    def ip(self, *lines: str) -> None:
        """Carry out `ip` commands inside."""
        self.run(["ip", "-batch", "-"], "\n".join(lines) + "\n")

    def run(self, argv: Sequence[str], text: str = "") -> str:
        """Run a program inside and return what it printed."""
        command = ["nsenter", f"--net={self.path}", *argv]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(argv)}: {done.stderr}"
        return done.stdout

    def set_sysctl(self, key: str, value: str) -> None:
        in_namespace(self, lambda: Path("/proc/sys", key).write_text(value))

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "delete", self.name], check=True)


def connect(left: Namespace, left_link: str, right: Namespace, right_link: str) -> None:
    """A virtual cable between two namespaces, both ends up."""
    left.ip(f"link add {left_link} type veth peer name {right_link} netns {right.path}", f"link set {left_link} up")
    right.ip(f"link set {right_link} up")


def enter(namespace: Namespace) -> None:
    """Move the calling thread, for the rest of its life."""
    with namespace.path.open() as handle:
        if _LIBC.setns(handle.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace.name}")


def in_namespace(namespace: Namespace, action: Callable[[], T]) -> T:
    """Call something quick in a thread that is inside."""
    results: list[T] = []

    def work() -> None:
        enter(namespace)
        results.append(action())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return results[0]


def socket_in(namespace: Namespace, kind: socket.SocketKind) -> socket.socket:
    """A non-blocking socket that lives inside."""

    def make() -> socket.socket:
        made = socket.socket(socket.AF_INET, kind)
        made.setblocking(False)
        return made

    return in_namespace(namespace, make)


class NamespaceLoop:
    """An event loop in a thread of its own that is inside: for code that opens sockets and starts processes."""

    def __init__(self, namespace: Namespace) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(namespace,))
        self._thread.start()

    async def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and wait for it here."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def stop(self) -> None:
        """Cancel what still runs there and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, namespace: Namespace) -> None:
        enter(namespace)
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            running = asyncio.all_tasks(self._loop)
            for task in running:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*running, return_exceptions=True))
        finally:
            self._loop.close()
