"""What a server promises while somebody asks too much of it, and whether it was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

LONGEST_READ_MS = 1000.0
LONGEST_HEALTH_MS = 200.0
LARGEST_MIB = 500.0
LONGEST_RECOVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of somebody who asks for little."""

    at: float
    took_s: float
    code: int
    """0: there was no answer."""


@dataclass(slots=True)
class Series:
    """What one of them asked, again and again."""

    asked: list[Asked] = field(default_factory=list)

    @property
    def failures(self) -> int:
        return sum(each.code != 200 for each in self.asked)

    def ms(self, share: float) -> float:
        """How long all but the slowest took, of which `share` is left: 0.99 for the 99th percentile."""
        times = sorted(each.took_s for each in self.asked)
        return times[min(int(len(times) * share), len(times) - 1)] * 1000 if times else float("inf")


@dataclass(frozen=True, slots=True)
class Line:
    promise: str
    asked: str
    measured: str
    is_kept: bool

    def __str__(self) -> str:
        outcome = "kept" if self.is_kept else "NOT KEPT"
        return f"  {self.promise:44} asked {self.asked:10} measured {self.measured:42} {outcome}"


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen while a bad user was at work."""

    reads: Series
    health: Series
    renewals: Series
    longest_lease_pauses: Sequence[tuple[str, float, float]]
    """Of the leases that the cluster's own components hold: name, longest pause and duration in seconds."""
    refusals_without_hint: int
    largest_mib: float
    recovery_s: float


def lines(seen: Observed) -> list[Line]:
    """A line for each promise that holds whatever the bad user does."""
    reads, health, renewals = seen.reads, seen.health, seen.renewals
    return [
        _timed("another user's reads, 99th percentile", LONGEST_READ_MS, reads),
        _counted("another user's reads that failed", reads.failures, f"of {len(reads.asked)}"),
        _timed("health endpoints, 99th percentile", LONGEST_HEALTH_MS, health),
        _counted("health checks that failed", health.failures, f"of {len(health.asked)}"),
        _counted("a node's renewals that failed", renewals.failures, _slowest(renewals)),
        *(_lease(*each) for each in seen.longest_lease_pauses),
        _counted("429s that do not say when to come back", seen.refusals_without_hint, ""),
        _bounded("memory of the API server's process", seen.largest_mib, LARGEST_MIB, "MiB"),
        _bounded("until reads are as before", seen.recovery_s, LONGEST_RECOVERY_S, "s"),
    ]


def _timed(promise: str, most_ms: float, series: Series) -> Line:
    p99 = series.ms(0.99)
    measured = f"{p99:.0f} ms (half {series.ms(0.5):.0f}, slowest {series.ms(1):.0f})"
    return Line(promise, f"<= {most_ms:.0f} ms", measured, p99 <= most_ms)


def _counted(promise: str, count: int, of: str) -> Line:
    return Line(promise, "0", f"{count} {of}".strip(), count == 0)


def _slowest(series: Series) -> str:
    return f"of {len(series.asked)}, slowest {series.ms(1):.0f} ms"


def _lease(name: str, pause_s: float, duration_s: float) -> Line:
    return Line(f"lease {name}, longest pause", f"< {duration_s:.0f} s", f"{pause_s:.1f} s", pause_s < duration_s)


def _bounded(promise: str, value: float, most: float, unit: str) -> Line:
    return Line(promise, f"<= {most:.0f} {unit}", f"{value:.1f} {unit}", value <= most)
