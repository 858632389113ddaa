"""B12: what one changed endpoint among 1,000 Services (of 3 endpoints each) costs the proxy, in a namespace of its own.

Measured from the changed EndpointSlice to the rules in the kernel: wall time and CPU time, this process and the
programs it runs together. Checked: each sync is followed by a look into the kernel's tables for the new endpoint, and
at the end every rule is compared with what it should be.
The peer is not beside it: the figure at hand is of 5,000 Services, and of a part of the work.

Needs root.
"""

import os
import resource
import statistics
import time
from dataclasses import dataclass

from benchmarks.frame import Figure, NotHere, Options
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.network.commands import run as run_program
from minikube_py.proxy.dataplanes.interface import DataplaneConfig
from minikube_py.proxy.dataplanes.iptables import IptablesDataplane
from minikube_py.proxy.ruleset import compile, service_rules, with_service
from tests.support.namespaces import Namespace, NamespaceLoop
from tests.support.services import make_service, make_slice

REPEATS = 20


@dataclass(frozen=True, slots=True)
class Cost:
    wall_ms: float
    cpu_ms: float


class Meter:
    """Wall and CPU time of this process and its children since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _cpu_s()

    def read(self) -> Cost:
        return Cost((time.perf_counter() - self._wall) * 1000, (_cpu_s() - self._cpu) * 1000)


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _cluster(count: int) -> tuple[list[Service], list[EndpointSlice]]:
    services = [make_service(f"web-{n}", f"10.96.{n >> 8}.{n & 255}") for n in range(count)]
    return services, [make_slice(service.metadata.name, _pods(n)) for n, service in enumerate(services)]


def _pods(number: int, generation: int = 0) -> list[str]:
    return [f"10.{128 + place + generation}.{number >> 8}.{number & 255}" for place in range(3)]


async def _measure(count: int) -> tuple[Figure, ...]:
    services, slices = _cluster(count)
    dataplane = IptablesDataplane(DataplaneConfig(cluster_cidr="10.128.0.0/9"))
    full = Meter()
    rules = compile(services, slices, "node1")
    await dataplane.sync(rules)
    figures = [*_figures(f"first sync of {count} Services", full.read())]

    costs = []
    for turn in range(REPEATS):
        number = turn * (count // REPEATS)
        name = services[number].metadata.name
        changed = make_slice(name, [*_pods(number)[:2], _pods(number, 9)[2]])
        meter = Meter()
        rules = with_service(rules, f"rec/{name}", service_rules(services[number], [changed], "node1"))
        await dataplane.sync(rules)
        costs.append(meter.read())
        assert f"--to-destination {_pods(number, 9)[2]}:80" in await run_program(("iptables-save", "-t", "nat"))
    wall_ms = statistics.median(cost.wall_ms for cost in costs)
    cpu_ms = statistics.median(cost.cpu_ms for cost in costs)
    figures += _figures(f"1 changed endpoint, median of {REPEATS}", Cost(wall_ms, cpu_ms))
    meter = Meter()
    assert not await dataplane.audit(), "the kernel's rules are not the ones that were written"
    figures += _figures("audit that compares every rule", meter.read())
    meter = Meter()
    assert not await dataplane.audit()
    figures += _figures("audit when nothing changed", meter.read())
    return tuple(figures)


def _figures(what: str, cost: Cost) -> tuple[Figure, ...]:
    return (
        Figure("B12", what, cost.wall_ms, "ms"),
        Figure("B12", what, cost.cpu_ms, "CPU-ms"),
    )


async def run(options: Options) -> tuple[Figure, ...]:
    if os.geteuid() != 0:
        raise NotHere("network namespaces need root")
    namespace = Namespace("bench")
    loop = NamespaceLoop(namespace)
    try:
        return await loop.call(_measure(100 if options.quick else 1000))
    finally:
        loop.stop()
        namespace.remove()
