"""Those who ask for little: another user, a node that renews its lease, health checks; and how they fare meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.client import Connection, Endpoint
from tests.overload.promises import Asked, Observed, Series

READS_EVERY_S, HEALTH_EVERY_S, RENEWALS_EVERY_S = 0.05, 0.2, 1.0
MAPS = "/api/v1/namespaces/default/configmaps"
LEASES = "/apis/coordination.k8s.io/v1/namespaces"
NODE_LEASES = f"{LEASES}/kube-node-lease/leases"
_FAILED = (OSError, asyncio.IncompleteReadError, TimeoutError)
_ANSWER_S, _IDLE_S = 30.0, 30.0
Ask = Callable[[], Awaitable[int]]


class Innocents:
    """`carol`, `node` and `nobody` are where each finds the server, and who they are there."""

    def __init__(self, carol: Endpoint, node: Endpoint, nobody: Endpoint, pid: int) -> None:
        self._carol, self._node, self._nobody = Client(carol), Client(node), nobody
        self._pid = pid
        self.reads, self.health, self.renewals = Series(), Series(), Series()
        self.largest_mib = 0.0

    def begin(self) -> None:
        """Forget what was seen so far."""
        self.reads, self.health, self.renewals = Series(), Series(), Series()
        self.largest_mib = 0.0

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._every(READS_EVERY_S, "reads", self._read)),
                group.create_task(self._every(HEALTH_EVERY_S, "health", self._check)),
                group.create_task(self._every(RENEWALS_EVERY_S, "renewals", self._renew)),
                group.create_task(self._weigh()),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def _every(self, period_s: float, name: str, ask: Ask) -> None:
        due = time.monotonic()
        while True:
            series: Series = getattr(self, name)
            began = time.monotonic()
            code = 0
            with suppress(*_FAILED):
                async with asyncio.timeout(_ANSWER_S):
                    code = await ask()
            series.asked.append(Asked(began, time.monotonic() - began, code))
            due = max(due + period_s, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    async def _read(self) -> int:
        return await self._carol.ask("GET", f"{MAPS}/small")

    async def _check(self) -> int:
        """As a probe does: on a connection of its own."""
        async with Connection(self._nobody) as connection:
            return (await connection.request("GET", "/readyz")).code

    async def _renew(self) -> int:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return await self._node.ask("PATCH", f"{NODE_LEASES}/busy", {"spec": {"renewTime": now}})

    async def _weigh(self) -> None:
        while True:
            self.largest_mib = max(self.largest_mib, memory_mib(self._pid))
            await asyncio.sleep(0.2)

    async def recovery_s(self, usual_ms: float) -> float:
        """How long it takes from now until a second of reads is as fast as they usually are, or nearly."""
        ended, count = time.monotonic(), int(1 / READS_EVERY_S)
        while time.monotonic() - ended < 60:
            since = [each for each in self.reads.asked if each.at >= ended]
            for first in range(len(since) - count + 1):
                window = since[first : first + count]
                if all(each.code == 200 and each.took_s * 1000 <= 3 * usual_ms + 20 for each in window):
                    return window[0].at - ended
            await asyncio.sleep(0.1)
        return float("inf")

    def observed(self, leases: Leases, refusals_without_hint: int, recovery_s: float) -> Observed:
        return Observed(
            self.reads,
            self.health,
            self.renewals,
            leases.longest_pauses(),
            refusals_without_hint,
            self.largest_mib,
            recovery_s,
        )


class Client:
    """One connection that is made anew when it broke."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._connection: Connection | None = None
        self._asked = 0.0

    async def ask(self, method: str, path: str, body: object = None) -> int:
        return (await self.answer(method, path, body))[0]

    async def answer(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Code and text. Raises: what breaks the connection."""
        if self._connection is not None and time.monotonic() - self._asked > _IDLE_S:
            await self._leave()  # the server may have closed it
        self._asked = time.monotonic()
        if self._connection is None:
            connection = Connection(self._endpoint)
            self._connection = await connection.__aenter__()
        try:
            reply = await self._connection.request(method, path, json.dumps(body).encode() if body else b"")
        except BaseException:
            await self._leave()
            raise
        return reply.code, reply.body

    async def _leave(self) -> None:
        if self._connection is not None:
            await self._connection.__aexit__(None, None, None)
            self._connection = None


class Leases:
    """When the leases of the cluster's own components were renewed, as a watch tells."""

    def __init__(self, admin: Endpoint) -> None:
        self._admin = admin
        self._renewed: dict[str, list[float]] = {}
        self._duration_s: dict[str, float] = {}

    def begin(self) -> None:
        self._renewed = {name: times[-1:] for name, times in self._renewed.items()}

    async def follow(self) -> None:
        """Until cancelled."""
        async with Connection(self._admin) as connection:
            text = b""
            async for piece in connection.watch("/apis/coordination.k8s.io/v1/leases?watch=1"):
                *told, text = (text + piece).split(b"\n")
                for line in told:
                    if line.startswith(b'{"type"'):
                        self._take(json.loads(line))

    def _take(self, event: Mapping[str, Mapping[str, Mapping[str, object]]]) -> None:
        metadata, spec = event["object"]["metadata"], event["object"]["spec"]
        if metadata["name"] == "busy" or "renewTime" not in spec:
            return
        name = str(metadata["name"])
        self._renewed.setdefault(name, []).append(datetime.fromisoformat(str(spec["renewTime"])).timestamp())
        self._duration_s[name] = float(str(spec["leaseDurationSeconds"]))

    def longest_pauses(self) -> list[tuple[str, float, float]]:
        found, now = [], time.time()
        for name, times in sorted(self._renewed.items()):
            longest = max(after - before for before, after in zip(times, (*times[1:], now), strict=True))
            found.append((name, longest, self._duration_s[name]))
        return found


def memory_mib(pid: int) -> float:
    """Resident memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def endpoint_of(port: int, folder: Path, file: str = "") -> Endpoint:
    """The server as it is found by whom the certificate `file` names; by nobody in particular without one."""
    tls = ssl._create_unverified_context()
    if file:
        tls.load_cert_chain(folder / "pki" / f"{file}.crt", folder / "pki" / f"{file}.key")
    return Endpoint("127.0.0.1", port, tls=tls)
