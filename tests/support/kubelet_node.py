"""A kubelet's node without a machine: simulated containers, virtual time, and everything it said kept in lists."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodStatus
from minikube_py.api.model import replace
from minikube_py.api.scalars import Quantity, Time
from minikube_py.kubelet.downward import NodeFacts
from minikube_py.kubelet.handlers import Handlers
from minikube_py.kubelet.images import Images
from minikube_py.kubelet.node_context import NodeContext
from minikube_py.kubelet.pod_files import DnsSettings, PodFiles
from minikube_py.kubelet.pod_worker import PodWorker
from minikube_py.kubelet.reference_fetcher import ReferenceFetcher
from minikube_py.kubelet.volumes import SimulatedVolumes
from minikube_py.network.simulated import SimulatedNetwork
from minikube_py.runtime.behaviour import Behaviour
from minikube_py.runtime.simulated import SimulatedRuntime, SimulatedWorld

EPOCH_S = 1_000_000.0


def virtual_now() -> float:
    return EPOCH_S + asyncio.get_running_loop().time()


@dataclass(slots=True)
class Said:
    """What a worker reported."""

    statuses: list[PodStatus] = field(default_factory=list)
    finals: list[str] = field(default_factory=list)

    def __call__(self, pod: Pod, status: PodStatus, *, is_final: bool) -> None:
        self.statuses.append(status)
        if is_final:
            self.finals.append(pod.metadata.name)

    @property
    def last(self) -> PodStatus:
        return self.statuses[-1]


class SimulatedNode:
    """One node; its world outlives the workers that are made over it."""

    def __init__(self, behaviours: Mapping[str, Behaviour] | None = None) -> None:
        self.world = SimulatedWorld(
            image_behaviours=behaviours or {}, now=lambda: datetime.fromtimestamp(virtual_now(), UTC)
        )
        self.runtime = SimulatedRuntime(SimulatedNetwork("10.0.0.0/24"), self.world)
        self.said = Said()

    def context(self) -> NodeContext:
        facts = NodeFacts("node1", "192.0.2.2", {"cpu": Quantity("4"), "memory": Quantity("8Gi")})
        return NodeContext(
            facts=lambda: facts,
            runtime=self.runtime,
            images=Images(self.runtime),
            handlers=Handlers(self.runtime),
            volumes=SimulatedVolumes(),
            references=ReferenceFetcher(None),
            files=PodFiles(Path("/nonexistent"), DnsSettings(), is_written=False),
            report=self.said,
            clock=virtual_now,
            refresh_s=0.0,
        )

    @asynccontextmanager
    async def worker(self, pod: Pod) -> AsyncIterator[PodWorker]:
        """A worker at work on the pod, woken by the runtime's events as the kubelet would."""
        worker = PodWorker(self.context(), pod)
        events = self.runtime.events()

        async def follow() -> None:
            async for _ in events:
                worker.wake()

        tasks = [asyncio.ensure_future(worker.run()), asyncio.ensure_future(follow())]
        try:
            yield worker
        finally:
            events.close()
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


def deleted(pod: Pod, grace_s: int = 30) -> Pod:
    """The pod as it looks once somebody has asked for its end."""
    metadata = replace(pod.metadata, deletion_timestamp=Time.at(virtual_now()), deletion_grace_period_seconds=grace_s)
    return replace(pod, metadata=metadata)
