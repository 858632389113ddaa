"""A measurement taken of ours on each store and of the peer, in one run, made into figures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from benchmarks.frame import Figure, Options, Server
from benchmarks.pods import QUOTED, servers


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured, what it costs the peer where there is none at hand, and the share of that to aim at."""

    name: str
    what: str
    unit: str
    quoted: float | None
    target: float


async def beside(
    options: Options, measures: tuple[Measure, ...], take: Callable[[Server], Awaitable[tuple[float, ...]]]
) -> tuple[Figure, ...]:
    """`take` returns one cost for each of the measures."""
    peer: tuple[float | None, ...] = tuple(measure.quoted for measure in measures)
    source = QUOTED
    figures: list[Figure] = []
    async with aclosing(servers(options)) as found:
        async for server in found:
            costs = await take(server)
            if server.name == "peer":
                peer, source = costs, "this run"
                continue
            figures += [
                Figure(each.name, f"{each.what} ({server.name})", cost, each.unit, theirs, source, each.target)
                for each, cost, theirs in zip(measures, costs, peer, strict=True)
            ]
    return tuple(figures)
