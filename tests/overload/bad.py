"""A bad user, as a process of his own: `python -m tests.overload.bad PORT CERTIFICATE KEY SECONDS KIND...`.

Requests are due at fixed times, whether or not those before were answered; when too many are on their way, one is not
sent, and counted so. At the end a line of JSON says what was sent and answered.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from itertools import count

import uvloop

from tests.support.bad_user import BadUser

LISTS_PER_S, WATCHES_PER_S, MUMBLERS, EVENTS_PER_S, PODS = 300, 500, 50, 1000, 10_000
BIG_BODIES, HEADERS = 50, 20
MAPS, EVENTS, QUOTED = (f"/api/v1/namespaces/{path}" for path in ("default/configmaps", "flood/events", "quoted/pods"))
_WATCHED_S = 1.0
_MOST_AT_ONCE = 400
_IMPATIENT = (OSError, asyncio.IncompleteReadError, TimeoutError, asyncio.LimitOverrunError)
Work = Callable[[], Awaitable[None]]


class Bad:
    def __init__(self, user: BadUser, seconds: float) -> None:
        self._user = user
        self._ends = time.monotonic() + seconds
        self.sent: Counter[str] = Counter()
        self.unsent: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._number = count()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

    async def offer(self, what: str, per_s: float, work: Work) -> None:
        """Begin so many each second."""
        under_way: set[asyncio.Task[None]] = set()
        due = time.monotonic()
        while not self.is_over:
            now = time.monotonic()
            while due <= now:
                due += 1 / per_s
                if len(under_way) >= _MOST_AT_ONCE:
                    self.unsent[what] += 1
                    continue
                self.sent[what] += 1
                task = asyncio.create_task(self._try(what, work))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.sleep(0.002)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _try(self, what: str, work: Work) -> None:
        try:
            await work()
        except _IMPATIENT:
            self.failed[what] += 1

    async def _on_idle(self, what: str, path: str, body: bytes = b"") -> None:
        """On a connection that is kept for the next."""
        pair = self._idle.pop() if self._idle else await self._user.connect()
        try:
            await self._user.ask(what, path, *pair, body=body)
        except BaseException:
            pair[1].transport.abort()
            raise
        self._idle.append(pair)

    async def lists(self) -> None:
        """A megabyte each."""
        await self.offer("list", LISTS_PER_S, lambda: self._on_idle("list", MAPS))

    async def watches(self) -> None:
        """Each on a connection of its own."""

        async def watch() -> None:
            reader, writer = await self._user.connect()
            try:
                await self._user.ask("watch", f"{MAPS}?watch=1", reader, writer)
                await asyncio.sleep(_WATCHED_S)
            finally:
                writer.transport.abort()

        await self.offer("watch", WATCHES_PER_S, watch)

    async def mumblers(self) -> None:
        """Half of them never come to the end of a head, half never to that of a body."""
        head = f"POST {MAPS} HTTP/1.1\r\nHost: a\r\n"
        begun = (f"{head}X-A: ", f"{head}Content-Length: 999\r\n\r\n")
        tasks = [asyncio.create_task(self._user.mumble("a" * 900, begun[number % 2])) for number in range(MUMBLERS)]
        self.sent["mumble"] += MUMBLERS
        await self._until_over(tasks)

    async def events(self) -> None:
        about = {"kind": "Pod", "namespace": "flood", "name": "p"}

        async def tell() -> None:
            name = f"flood-{next(self._number)}"
            event = {"metadata": {"name": name}, "involvedObject": about, "reason": "Flood", "message": name}
            await self._on_idle("event", EVENTS, json.dumps(event).encode())

        await self.offer("event", EVENTS_PER_S, tell)

    async def pods(self) -> None:
        """All of them, as fast as they are answered."""
        spec = {"containers": [{"name": "c", "image": "i"}], "nodeSelector": {"no": "where"}}

        async def make() -> None:
            while (number := next(self._number)) < PODS and not self.is_over:
                pod = {"metadata": {"name": f"p{number}"}, "spec": spec}
                self.sent["pod"] += 1
                await self._try("pod", lambda pod=pod: self._on_idle("pod", QUOTED, json.dumps(pod).encode()))  # type: ignore[misc]

        await asyncio.gather(*(make() for _ in range(32)))

    async def bodies(self) -> None:
        """Nearly as large as they may be, and nearly all of each is sent."""
        length = 3 * 2**20 - 100

        async def send() -> None:
            reader, writer = await self._user.connect()
            writer.write(f"POST {MAPS} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode())
            writer.write(b"x" * (length - 10))
            await writer.drain()
            await reader.read(1)

        await self._many("body", BIG_BODIES, send)

    async def headers(self) -> None:
        """Heads without an end, as fast as they are taken."""

        async def send() -> None:
            _, writer = await self._user.connect()
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n")
            while True:
                writer.write(b"X-A: " + b"a" * 65_000 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0)

        await self._many("head", HEADERS, send)

    async def _many(self, what: str, number: int, work: Work) -> None:
        async def again() -> None:
            while True:
                self.sent[what] += 1
                await self._try(what, work)
                await asyncio.sleep(0.5)

        await self._until_over([asyncio.create_task(again()) for _ in range(number)])

    async def _until_over(self, tasks: list[asyncio.Task[None]]) -> None:
        await asyncio.sleep(max(self._ends - time.monotonic(), 0))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    port, certificate, key, seconds, *kinds = sys.argv[1:]
    os.nice(5)  # he is on a machine of his own, as far as may be: with an address of his own, too
    tls = ssl._create_unverified_context()
    tls.load_cert_chain(certificate, key)
    user = BadUser(f"https://127.0.0.1:{port}", "", tls, host="127.0.0.2")
    bad = Bad(user, float(seconds))
    work: list[Coroutine[object, object, None]] = [getattr(bad, kind)() for kind in kinds]

    async def run() -> None:
        # What becomes of connections that he leaves is nothing to him.
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        await asyncio.gather(*work)

    with suppress(KeyboardInterrupt):
        uvloop.run(run())
    codes = {f"{what} {code}": number for (what, code), number in sorted(user.codes.items())}
    told = {"sent": bad.sent, "unsent": bad.unsent, "failed": bad.failed, "codes": codes}
    print(json.dumps({**told, "refusals_without_hint": user.refusals_without_hint}))


if __name__ == "__main__":
    main()
