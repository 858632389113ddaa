"""One kubelet, all its parts put together: runtime, sources of pods, reports, server.

With a client it is a node of a cluster; without one it runs standalone: only static pods, and nobody is told.

Kubernetes: cmd/kubelet/app/server.go (run, RunKubelet)
"""

import asyncio
import logging
import time
from pathlib import Path

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodStatus
from minikube_py.api.kinds.core.service import Service
from minikube_py.client.client import Client
from minikube_py.kubelet.config import KubeletConfig
from minikube_py.kubelet.downward import NodeFacts
from minikube_py.kubelet.handlers import Handlers
from minikube_py.kubelet.images import Images, RecipeBook
from minikube_py.kubelet.kubelet import Kubelet
from minikube_py.kubelet.machine import Machine, node_ip, this_machine
from minikube_py.kubelet.mirror_pods import MirrorPods
from minikube_py.kubelet.node_context import NodeContext, Report
from minikube_py.kubelet.node_reporter import NodeReporter
from minikube_py.kubelet.node_runtime import NodeRuntime, make_node_runtime
from minikube_py.kubelet.node_status import NodeDescription, capacity
from minikube_py.kubelet.pod_files import PodFiles
from minikube_py.kubelet.reference_fetcher import ReferenceFetcher
from minikube_py.kubelet.server import KubeletServer, ListeningServer, server_tls
from minikube_py.kubelet.service_account_tokens import ServiceAccountTokens
from minikube_py.kubelet.static_pods import SOURCE_ANNOTATION, StaticPods
from minikube_py.kubelet.status_writer import StatusWriter
from minikube_py.kubelet.volumes import FolderVolumes, SimulatedVolumes, Volumes
from minikube_py.machinery.events import EventRecorder
from minikube_py.machinery.informer import Informer, Informers, Selection

log = logging.getLogger(__name__)


async def run(config: KubeletConfig, client: Client | None) -> None:
    """Run a node until cancelled; its containers go on running.

    Raises: ConfigError, RuntimeUnavailable.
    """
    machine = await asyncio.to_thread(this_machine, config.root_dir)
    name = config.hostname_override or machine.hostname
    world = await make_node_runtime(config, name)
    await world.open()
    try:
        await _Node(config, machine, name, world, client).run()
    finally:
        await world.close()


class _Node:
    """The parts of one kubelet for as long as it runs."""

    def __init__(
        self, config: KubeletConfig, machine: Machine, name: str, world: NodeRuntime, client: Client | None
    ) -> None:
        self._config = config
        self._machine = machine
        self._name = name
        self._world = world
        self._client = client
        self._address = config.node_ip or node_ip()

    async def run(self) -> None:
        kubelets: list[Kubelet] = []
        listen_address = self._config.address or self._address
        app = KubeletServer(lambda: tuple(kubelets)).app()
        server = ListeningServer(app, listen_address, self._config.port, server_tls(self._config))
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve_until_cancelled(), name="kubelet server")
            port = await server.port()
            log.info("kubelet serves", extra={"node": self._name, "address": f"{listen_address}:{port}"})
            if self._client is None:
                await self._run_standalone(kubelets)
            else:
                await self._run_in_cluster(self._client, port, kubelets)

    async def _run_standalone(self, kubelets: list[Kubelet]) -> None:
        path = self._config.pod_manifest_path
        where = f"only the static pods of {path} run" if path is not None else "no --pod-manifest-path either: idle"
        log.warning("standalone: without --kubeconfig there is no API server; %s", where)
        context = self._context(None, ReferenceFetcher(None), lambda pod, status, *, is_final: None)
        kubelet = Kubelet(context)
        kubelets.append(kubelet)
        async with asyncio.TaskGroup() as group:
            static_pods = self._static_pods(kubelet)
            group.create_task(kubelet.run(static_pods), name="kubelet")
            if static_pods is not None:
                await static_pods.scanned()
            group.create_task(kubelet.remove_orphans(), name="orphans")

    async def _run_in_cluster(self, client: Client, port: int, kubelets: list[Kubelet]) -> None:
        recorder = EventRecorder(client, "kubelet", host=self._name)
        statuses = StatusWriter(client)
        reporter = NodeReporter(client, self._description(port), self._world.runtime, time.time)
        pods = Informer(client, Pod, Selection(field_selector=f"spec.nodeName={self._name}"))
        shared = Informers(client)
        services = shared.of(Service)
        mirrors = MirrorPods(client, statuses, lambda: reporter.uid)
        references = ReferenceFetcher(client, services.store.list)
        kubelet = Kubelet(self._context(recorder, references, _report_to(statuses, mirrors)), mirrors)
        pods.add_handler(kubelet.pod_changed)
        kubelets.append(kubelet)
        async with asyncio.TaskGroup() as group:
            group.create_task(recorder.run(), name="events")
            group.create_task(statuses.run(), name="statuses")
            group.create_task(shared.run(), name="services")
            if self._config.register_node:
                await reporter.register()
                group.create_task(reporter.run(recorder), name="node report")
            await shared.synced()
            group.create_task(pods.run(), name="pods")
            static_pods = self._static_pods(kubelet)
            group.create_task(kubelet.run(static_pods), name="kubelet")
            group.create_task(mirrors.run(), name="mirror pods")
            await pods.synced()
            if static_pods is not None:
                await static_pods.scanned()
            group.create_task(kubelet.remove_orphans(), name="orphans")

    def _static_pods(self, kubelet: Kubelet) -> StaticPods | None:
        path = self._config.pod_manifest_path
        return StaticPods(path, self._name, kubelet.static_pods_changed) if path is not None else None

    def _context(self, recorder: EventRecorder | None, references: ReferenceFetcher, report: Report) -> NodeContext:
        config, runtime = self._config, self._world.runtime
        facts = NodeFacts(self._name, self._address, capacity(self._machine))
        is_simulated = config.container_runtime == "simulated"
        book = RecipeBook(config.image_recipes_dir, config.root_dir / "image-builds")
        return NodeContext(
            facts=lambda: facts,
            runtime=runtime,
            images=Images(runtime, None if is_simulated or not config.image_recipes_dir.is_dir() else book),
            handlers=Handlers(runtime),
            volumes=self._volumes(config.root_dir, is_simulated=is_simulated),
            references=references,
            files=PodFiles(config.root_dir, config.dns, is_written=not is_simulated),
            report=report,
            clock=time.time,
            recorder=recorder,
            refresh_s=0.0 if is_simulated else 60.0,
        )

    def _volumes(self, root: Path, *, is_simulated: bool) -> Volumes:
        if is_simulated:
            return SimulatedVolumes()
        tokens = ServiceAccountTokens(self._client, time.time) if self._client is not None else None
        return FolderVolumes(root, tokens)

    def _description(self, port: int) -> NodeDescription:
        config, runtime = self._config, self._world.runtime
        return NodeDescription(
            name=self._name,
            address=self._address,
            machine=self._machine,
            runtime=f"{runtime.name}://{runtime.version}",
            port=port,
            pod_cidr=config.pod_cidr,
            labels=config.node_labels,
            taints=config.register_with_taints,
            is_schedulable=config.register_schedulable,
        )


def _report_to(statuses: StatusWriter, mirrors: MirrorPods) -> Report:
    def report(pod: Pod, status: PodStatus, *, is_final: bool) -> None:
        if SOURCE_ANNOTATION in pod.metadata.annotations:
            mirrors.report(pod, status)
        else:
            statuses.put(pod, status, is_final=is_final)

    return report
