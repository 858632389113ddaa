"""Many simulated nodes in one process: everything of a kubelet but the containers, a thousand times.

    python -m minikube_py.kubelet.hollow --kubeconfig FILE --nodes 1000

One client, one informer of all pods, one status writer and one server serve all nodes; each node has a runtime, a pod
network and a Node object of its own. The code that decides and reports is the real kubelet's.

Kubernetes: cmd/kubemark (hollow nodes), kwok
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import click

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodStatus
from minikube_py.api.kinds.core.service import Service
from minikube_py.client.client import Client
from minikube_py.kubelet.config import DEFAULT_ROOT
from minikube_py.kubelet.downward import NodeFacts
from minikube_py.kubelet.handlers import Handlers
from minikube_py.kubelet.images import Images
from minikube_py.kubelet.kubelet import Kubelet
from minikube_py.kubelet.machine import SIMULATED_MACHINE, Machine
from minikube_py.kubelet.node_context import NodeContext
from minikube_py.kubelet.node_reporter import NodeReporter, Periods
from minikube_py.kubelet.node_status import NodeDescription, capacity
from minikube_py.kubelet.pod_files import DnsSettings, PodFiles
from minikube_py.kubelet.reference_fetcher import ReferenceFetcher
from minikube_py.kubelet.server import KubeletServer, ListeningServer
from minikube_py.kubelet.status_writer import StatusWriter
from minikube_py.kubelet.volumes import SimulatedVolumes
from minikube_py.machinery.component import ComponentConfig, run_component
from minikube_py.machinery.events import EventRecorder
from minikube_py.machinery.informer import Change, Informers
from minikube_py.network.simulated import SimulatedNetwork
from minikube_py.runtime.simulated import SimulatedRuntime

log = logging.getLogger(__name__)

_REGISTERED_SIDE_BY_SIDE = 20
_REFERENCES_KEPT_S = 60.0
_PERIODS = Periods(renew_s=20.0, check_s=120.0)
"""Slower than real nodes, still well within what the node lifecycle controller waits for."""


@dataclass(frozen=True, slots=True)
class HollowConfig:
    """How many nodes, what they are called and what each of them has."""

    nodes: int = 10
    name_prefix: str = "hollow-"
    address: str = "127.0.0.1"
    pod_range: str = "10.128.0.0/9"
    """Each node gets a /24 of it."""
    machine: Machine = SIMULATED_MACHINE
    with_events: bool = False


class HollowNodes:
    """All nodes of one process. `run` it; `registered` tells when every Node object is there."""

    def __init__(self, client: Client, config: HollowConfig) -> None:
        self._client = client
        self._config = config
        self._statuses = StatusWriter(client)
        self._recorder = EventRecorder(client, "kubelet") if config.with_events else None
        self._informers = Informers(client)
        services = self._informers.of(Service)
        self._references = ReferenceFetcher(client, services.store.list, kept_s=_REFERENCES_KEPT_S)
        self._kubelets: dict[str, Kubelet] = {}
        self._reporters: list[NodeReporter] = []
        self._registered = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled."""
        server = ListeningServer(KubeletServer(lambda: tuple(self._kubelets.values())).app(), self._config.address, 0)
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve_until_cancelled(), name="kubelet server")
            self._make_nodes(await server.port())
            self._informers.of(Pod).add_handler(self._pod_changed)
            group.create_task(self._statuses.run(), name="statuses")
            if self._recorder is not None:
                group.create_task(self._recorder.run(), name="events")
            await self._register_all()
            group.create_task(self._informers.run(), name="informers")
            for kubelet in self._kubelets.values():
                group.create_task(kubelet.run())
            for reporter in self._reporters:
                group.create_task(reporter.run())
            log.info("hollow nodes are registered", extra={"nodes": len(self._kubelets)})
            self._registered.set()

    async def registered(self) -> None:
        """Wait until all nodes have registered."""
        await self._registered.wait()

    def _make_nodes(self, port: int) -> None:
        for index, cidr in zip(range(self._config.nodes), _ranges(self._config.pod_range), strict=False):
            name = f"{self._config.name_prefix}{index}"
            runtime = SimulatedRuntime(SimulatedNetwork(cidr))
            self._kubelets[name] = Kubelet(self._context(name, runtime))
            description = NodeDescription(
                name=name,
                address=self._config.address,
                machine=replace(self._config.machine, hostname=name),
                runtime="simulated://1",
                port=port,
                pod_cidr=cidr,
            )
            self._reporters.append(NodeReporter(self._client, description, runtime, time.time, _PERIODS))

    def _context(self, name: str, runtime: SimulatedRuntime) -> NodeContext:
        facts = NodeFacts(name, self._config.address, capacity(self._config.machine))
        return NodeContext(
            facts=lambda: facts,
            runtime=runtime,
            images=Images(runtime),
            handlers=Handlers(runtime),
            volumes=SimulatedVolumes(),
            references=self._references,
            files=PodFiles(DEFAULT_ROOT, DnsSettings(), is_written=False),
            report=self._report,
            clock=time.time,
            recorder=self._recorder,
            refresh_s=0.0,
        )

    def _report(self, pod: Pod, status: PodStatus, *, is_final: bool) -> None:
        self._statuses.put(pod, status, is_final=is_final)

    def _pod_changed(self, change: Change[Pod]) -> None:
        kubelet = self._kubelets.get(change.object.spec.node_name)
        if kubelet is not None:
            kubelet.pod_changed(change)

    async def _register_all(self) -> None:
        free = asyncio.Semaphore(_REGISTERED_SIDE_BY_SIDE)

        async def register(reporter: NodeReporter) -> None:
            async with free:
                await reporter.register()

        async with asyncio.TaskGroup() as group:
            for reporter in self._reporters:
                group.create_task(register(reporter))


def _ranges(pod_range: str) -> Iterator[str]:
    return (str(network) for network in ipaddress.IPv4Network(pod_range).subnets(new_prefix=24))


@click.command()
@click.option("--kubeconfig", default="", help="How to reach the API server.")
@click.option("--master", default="", help="Its URL, instead of a kubeconfig.")
@click.option("--nodes", default=10, show_default=True, type=click.IntRange(1, 32768))
@click.option("--name-prefix", default="hollow-", show_default=True)
@click.option("--events/--no-events", default=False, show_default=True, help="Whether the nodes write Events.")
@click.option("-v", "--verbosity", default=0, show_default=True)
def main(kubeconfig: str, master: str, nodes: int, name_prefix: str, events: bool, verbosity: int) -> None:
    """Pretends to be many nodes."""
    config = HollowConfig(nodes=nodes, name_prefix=name_prefix, with_events=events)
    component = ComponentConfig("hollow-kubelet", master=master, kubeconfig=kubeconfig, verbosity=verbosity)
    run_component(component, lambda client: HollowNodes(client, config).run())


if __name__ == "__main__":
    main()
