"""B16: how costs grow with what there is: the slope of each over the number of objects, on log-log paper.

A slope of 0 is a cost that does not depend on the number, 1 one that follows it. Measured on
SQLite, on a state that grows. Each operation is done once before it counts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable

from benchmarks.client import Connection
from benchmarks.frame import Figure, Options, Server, our_server
from benchmarks.pods import PODS, create_namespace, create_pods

SLACK = 0.15
TIMES = 300
CHEAP_TIMES = 3000
"""So that each measure is many of the hundredths of a second that CPU time is counted in."""
LISTS = 20

Operation = Callable[[Server, Connection, int], Awaitable[None]]


async def _get(server: Server, connection: Connection, count: int) -> None:
    for number in range(CHEAP_TIMES):
        assert (await connection.request("GET", f"{PODS}/pod-{number % count}")).code == 200


async def _update(server: Server, connection: Connection, count: int) -> None:
    for number in range(TIMES):
        patch = json.dumps({"metadata": {"labels": {"seen": str(count)}}}).encode()
        reply = await connection.request("PATCH", f"{PODS}/pod-{number}", patch)
        assert reply.code == 200, reply.body


async def _list_few(server: Server, connection: Connection, count: int) -> None:
    for _ in range(CHEAP_TIMES):
        reply = await connection.request("GET", f"{PODS}?labelSelector=seen%3Dnever")
        assert json.loads(reply.body)["items"] == []


async def _list_all(server: Server, connection: Connection, count: int) -> None:
    for _ in range(LISTS):
        assert await connection.size("GET", PODS) > count * 1000


OPERATIONS: tuple[tuple[str, Operation, float], ...] = (
    ("get one of them", _get, 0),
    ("patch one of them", _update, 0),
    ("list none of them by label", _list_few, 0),
    ("list all of them", _list_all, 1),
)


async def run(options: Options) -> tuple[Figure, ...]:
    counts = (500, 1000) if options.quick else (1000, 3000, 9000)
    costs: dict[str, list[float]] = {what: [] for what, _, _ in OPERATIONS}
    costs["create one more"] = []
    async with our_server("sqlite") as server:
        async with Connection(server.endpoint) as connection:
            await create_namespace(connection)
        stored = 0
        for count in counts:
            await create_pods(server, count - stored - TIMES, first=stored)
            before = server.cpu_s()
            await create_pods(server, TIMES, first=count - TIMES)
            costs["create one more"].append(server.cpu_s() - before)
            stored = count
            # A connection of its own: the server ends one that was idle for long.
            async with Connection(server.endpoint) as connection:
                for what, operation, _ in OPERATIONS:
                    await operation(server, connection, count)
                    before = server.cpu_s()
                    await operation(server, connection, count)
                    costs[what].append(server.cpu_s() - before)
    bounds = {what: bound for what, _, bound in OPERATIONS}
    return tuple(_figure(what, counts, cost, bounds.get(what, 0)) for what, cost in costs.items())


def _figure(what: str, counts: tuple[int, ...], costs: list[float], bound: float) -> Figure:
    title = f"{what}, {counts[0]} to {counts[-1]} pods: slope"
    return Figure("B16", title, _slope(counts, costs), "log/log", bound + SLACK, "bound and slack", 1.0)


def _slope(counts: tuple[int, ...], costs: list[float]) -> float:
    """Of the straight line nearest to the points (least squares)."""
    xs, ys = [math.log(count) for count in counts], [math.log(max(cost, 0.001)) for cost in costs]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    rise = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return rise / sum((x - x_mean) ** 2 for x in xs)
