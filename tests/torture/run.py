"""One torture run: a scene, a load, a fault for some seconds; then the history is checked against the store's log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.torture.checker import check
from tests.torture.connection import KINDS
from tests.torture.faults import Fault
from tests.torture.readers import items_of
from tests.torture.recording import recording
from tests.torture.scene import Scene, scene

LEAST_WRITES_PER_S = 20
LEAST_EVENTS_PER_WRITE = 2
"""Per second in which a server served. A run with less load, or whose fault was never seen, counts for nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    fault: Fault
    store: str
    seed: int
    seconds: float
    writes: int
    events: int
    marks: tuple[str, ...]
    slowest_s: float
    slowest_start_s: float
    problems: tuple[str, ...]

    @property
    def why_void(self) -> str:
        """Why it counts for nothing; empty when it does."""
        least = self.fault.least_writes or int(LEAST_WRITES_PER_S * self.seconds)
        if not self.marks:
            return "the fault was never seen"
        if self.writes < least:
            return f"{self.writes} acknowledged writes, at least {least} are needed"
        if self.events < LEAST_EVENTS_PER_WRITE * self.writes:
            return f"only {self.events} events were delivered"
        return ""

    def __str__(self) -> str:
        kept = "kept" if not self.problems else f"{len(self.problems)} VIOLATIONS"
        outcome = f"VOID ({self.why_void})" if self.why_void else kept
        return (
            f"fault {self.fault.number:2} {self.store:6} seed {self.seed}: {outcome}; {self.writes} writes "
            f"({self.writes / self.seconds:.0f}/s), {self.events} events, {_counted(self.marks)}, slowest answer "
            f"{self.slowest_s:.1f} s, slowest start {self.slowest_start_s:.1f} s"
        )


def _counted(marks: Sequence[str]) -> str:
    return ", ".join(f"{count} x {mark}" for mark, count in Counter(marks).items()) or "nothing seen"


async def torture(fault: Fault, store: str, seed: int, seconds: float, folder: Path) -> Report:
    """Play a fault; the history stays in the folder."""
    async with scene(folder, store, fault.setting, seed) as played, recording(played.store) as log:
        async with played.workload.running(settle_s=30):
            played.begin(seconds)
            await fault.play(played)
            served_s = played.served_s
        final = await _final_state(played)
    history = played.workload.history
    history.write(folder / "history.jsonl")
    violations = [str(violation) for violation in check(history, log)]
    lost = [
        f"P1: the final state of {prefix} is not what the log says"
        for prefix, (revision, found) in final.items()
        if found != {key: row.revision for key, row in log.state_at(prefix, revision).items()}
    ]
    return Report(
        fault,
        store,
        seed,
        served_s,
        history.acknowledged_writes,
        history.delivered_events,
        tuple(played.marks),
        played.workload.slowest_s,
        max(server.slowest_start_s for server in played.servers),
        (*lost, *played.failures, *_tracebacks(played), *violations),
    )


async def _final_state(played: Scene) -> dict[str, tuple[int, dict[str, int]]]:
    """What the store has at the end: prefix -> revision, and the revision of each key."""
    final = {}
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=60) as client:
        for kind in KINDS:
            document = (await client.get(f"{played.server.url}{kind.path}")).raise_for_status().json()
            final[kind.prefix] = int(document["metadata"]["resourceVersion"]), items_of(kind, document)
    return final


def _tracebacks(played: Scene) -> list[str]:
    return [
        f"a traceback in {server.log.name}: {server.log.read_text().partition('Traceback')[2][-300:]}"
        for server in played.servers
        if "Traceback" in server.log.read_text()
    ]
