"""Watchers that idle, in a process of their own: what a wake-up takes is then the server's time, and not the test's.

`python -m tests.torture.idle_watchers HOST PORT PATH COUNT`; it says "open", and for each name that is written to it
when (on the monotonic clock, which all processes share) the last of them had been told of an object of that name.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager


class IdleWatchers:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def told(self, name: str) -> float:
        """When the last of them was told of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\n".encode())
        return float(await self._line())

    async def _line(self) -> str:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), timeout=60)
        assert line, "the idle watchers came to an end"
        return line.decode().strip()


@asynccontextmanager
async def idle_watchers(host: str, port: int, path: str, count: int) -> AsyncIterator[IdleWatchers]:
    """So many watches of a path, all answered."""
    command = (sys.executable, "-m", "tests.torture.idle_watchers", host, str(port), path, str(count))
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    watchers = IdleWatchers(process)
    try:
        assert await watchers._line() == "open"
        yield watchers
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class _Sockets:
    def __init__(self, opened: Sequence[socket.socket]) -> None:
        self._poll = select.epoll()
        self._sockets = {each.fileno(): each for each in opened}
        self._ends = dict.fromkeys(self._sockets, b"")
        for each in opened:
            each.setblocking(False)
            self._poll.register(each.fileno(), select.EPOLLIN)

    def until_all_have(self, text: bytes) -> None:
        waiting = {number for number, end in self._ends.items() if text not in end}
        while waiting:
            for number, _ in self._poll.poll():
                chunk = self._sockets[number].recv(1 << 16)
                if not chunk:
                    sys.exit("a watch was ended")
                self._ends[number] = (self._ends[number] + chunk)[-4096:]
                if text in self._ends[number]:
                    waiting.discard(number)


def main() -> None:
    host, port, path, count = sys.argv[1:]
    opened = [socket.create_connection((host, int(port))) for _ in range(int(count))]
    for each in opened:
        each.sendall(f"GET {path}?watch=true&resourceVersion= HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    sockets = _Sockets(opened)
    sockets.until_all_have(b"HTTP/1.1 200")
    print("open", flush=True)
    for line in sys.stdin:
        sockets.until_all_have(f'"name":"{line.strip()}"'.encode())
        print(time.monotonic(), flush=True)


if __name__ == "__main__":
    main()
