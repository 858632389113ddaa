"""The few system calls that Python 3.11 does not offer: mount, umount2, unshare, setns.

Namespaces belong to threads in Linux, so whatever must happen inside one runs in a thread of its own that ends
right after (`in_new_thread`): no other code can ever find itself in the wrong network.
"""

import asyncio
import ctypes
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from minikube_py.runtime.interface import RuntimeFault

T = TypeVar("T")

CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
_MS_BIND = 0x1000
_MNT_DETACH = 2
_NSFS_MAGIC = 0x6E736673
_LIBC = ctypes.CDLL(None, use_errno=True)


class _StatFs(ctypes.Structure):
    _fields_ = (("f_type", ctypes.c_long), ("rest", ctypes.c_byte * 248))


def mount(source: str, target: Path, kind: str, options: str = "", flags: int = 0) -> None:
    """mount(2). Raises: RuntimeFault with the kernel's reason."""
    data = options.encode() if options else None
    result = _LIBC.mount(source.encode(), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), data)
    _check(result, f"mount {kind or 'bind'} at {target}")


def bind(source: Path, target: Path) -> None:
    """Show `source` at `target`, which must exist."""
    mount(str(source), target, "", flags=_MS_BIND)


def unmount(target: Path) -> None:
    """Take the topmost mount away from `target`, now for everyone who looks; not mounted is fine."""
    if _LIBC.umount2(os.fsencode(target), _MNT_DETACH) != 0:
        number = ctypes.get_errno()
        if number not in (22, 2):  # EINVAL: no mount point; ENOENT: no such path
            raise RuntimeFault(f"unmount {target}: {os.strerror(number)}")


def is_namespace_file(path: Path) -> bool:
    """Whether a namespace is bound to this file (a reboot leaves the file, not the namespace)."""
    buffer = _StatFs()
    known = int(_LIBC.statfs(os.fsencode(path), ctypes.byref(buffer))) == 0
    return known and int(buffer.f_type) == _NSFS_MAGIC


def unshare(flags: int) -> None:
    """Give the calling thread new namespaces."""
    _check(_LIBC.unshare(flags), "unshare namespaces")


def enter(namespace: Path, flag: int) -> None:
    """Move the calling thread into the namespace bound to a file."""
    descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_LIBC.setns(descriptor, flag), f"enter namespace {namespace}")
    finally:
        os.close(descriptor)


async def in_new_thread(work: Callable[[], T]) -> T:
    """Run `work` in a thread that is never used again, and return its result."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None only where T is None

    def run() -> None:
        try:
            result = work()
        except (OSError, RuntimeFault) as error:
            loop.call_soon_threadsafe(settle, None, error)
        else:
            loop.call_soon_threadsafe(settle, result, None)

    threading.Thread(target=run, name="namespace", daemon=True).start()
    return await future


async def connect_inside(
    namespace: Path, port: int, timeout_s: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a TCP connection to the loopback address as seen inside a network namespace. Raises: RuntimeFault."""

    def connect() -> socket.socket:
        enter(namespace, CLONE_NEWNET)
        try:
            return socket.create_connection(("127.0.0.1", port), timeout_s)
        except ConnectionRefusedError as refused:
            try:
                return socket.create_connection(("::1", port), timeout_s)
            except OSError:
                raise refused from None

    try:
        connection = await in_new_thread(connect)
    except OSError as error:
        reason = error.strerror or os.strerror(error.errno or 0)
        raise RuntimeFault(f"cannot connect to port {port} in the pod: {reason}") from error
    connection.setblocking(False)
    return await asyncio.open_connection(sock=connection)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise RuntimeFault(f"{what}: {os.strerror(number)}") from OSError(number, os.strerror(number))
