"""The docker runtime: a pause container holds a pod's namespaces, the pod's containers join it.

What there is, is what the engine says under our cluster's label; this object keeps nothing that it could not ask for
again. Without a pod network of ours (`--network-plugin=none`) pods are on the engine's own bridge; with one (kubenet)
the pause container starts without a network and is joined to ours.

Kubernetes: pkg/kubelet/dockershim, until 1.23.
Simplified: the engine must run on this machine (port-forward, logs and the pod network use its files).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from minikube_py.errors import MinikubeError
from minikube_py.runtime.abilities import ContainerStats, ExecResult, ExecSession, LogLine, LogOptions, Session
from minikube_py.runtime.docker.engine import Engine, Json, NotFound, default_address
from minikube_py.runtime.docker.exec import join, start_exec
from minikube_py.runtime.docker.images import DockerImages
from minikube_py.runtime.docker.translate import (
    CLUSTER,
    KIND,
    RECORD,
    SANDBOX,
    ContainerPlace,
    PausePlace,
    container_name,
    container_request,
    container_status,
    pod_uid_of,
    sandbox_request,
    sandbox_status,
)
from minikube_py.runtime.events import EventFeed, EventKind, EventStream, RuntimeEvent
from minikube_py.runtime.exec_sync import run_to_end
from minikube_py.runtime.interface import (
    ContainerConfig,
    ContainerNotFound,
    ContainerStartFailed,
    ContainerState,
    ContainerStatus,
    Credentials,
    ImageMissing,
    ImageStatus,
    Resources,
    RuntimeFault,
    RuntimeUnavailable,
    SandboxConfig,
    SandboxFailed,
    SandboxNetwork,
    SandboxNotFound,
    SandboxState,
    SandboxStatus,
)
from minikube_py.runtime.log_file import parse_json_line, read_log
from minikube_py.runtime.oci import cgroups, kernel
from minikube_py.runtime.oom_score import possible_oom_score_adj, with_possible_oom_score
from minikube_py.runtime.rights import held_capabilities

_EVENTS: dict[str, EventKind] = {"start": "started", "die": "exited", "destroy": "removed"}
_CONNECT_TIMEOUT_S = 10.0
_RECONNECT_S = 2.0
_PAUSE_OOM_SCORE_ADJ = -998


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """`cluster` labels everything that is ours; `cgroup_root` is used where the engine manages cgroups itself."""

    cluster: str
    cgroup_root: str
    address: str = field(default_factory=default_address)


class DockerRuntime:
    """Implements Runtime, Logs, Exec, Attach, PortForward and Stats on a Docker engine."""

    name = "docker"

    def __init__(self, config: DockerConfig, network: SandboxNetwork | None = None) -> None:
        self.version = ""
        self._config = config
        self._network = network
        self._engine = Engine(config.address)
        self._images = DockerImages(self._engine)
        self._feed = EventFeed()
        self._ended: dict[str, asyncio.Event] = {}
        self._addresses: dict[str, tuple[str, ...]] = {}
        self._final: dict[str, ContainerStatus] = {}
        self._cgroup_root = ""
        self._stop_listening: Callable[[], None] | None = None
        self._reconnect: asyncio.Task[None] | None = None
        self._is_closed = False

    async def open(self) -> None:
        version = await self._engine.connect()
        self.version = version["Version"]
        await self._images.ensure_pause()
        info: Json = await self._engine.call(self._engine.api.info)
        # With systemd as its cgroup driver the engine takes only slice names; then it chooses the place itself.
        self._cgroup_root = self._config.cgroup_root.strip("/") if info["CgroupDriver"] == "cgroupfs" else ""
        self._stop_listening = await self._engine.call(self._listen, asyncio.get_running_loop())
        for sandbox in await self.list_sandboxes():
            await self._join_network(sandbox)

    async def close(self) -> None:
        self._is_closed = True
        if self._reconnect is not None:
            self._reconnect.cancel()
        if self._stop_listening is not None:
            self._stop_listening()
        self._feed.end()
        self._engine.close()

    async def destroy(self) -> None:
        """Remove every container of this cluster, and the images that were made here if nobody else uses them."""
        for sandbox in await self.list_sandboxes():
            await self.remove_sandbox(sandbox.id)
        await self._images.remove_pause()
        await self._images.remove_built()
        if self._cgroup_root:
            await cgroups.clear(self._cgroup_root)

    async def run_sandbox(self, config: SandboxConfig) -> SandboxStatus:
        mode = "none" if self._network else "bridge"
        place = PausePlace(mode, self._cgroup_parent(config), possible_oom_score_adj(_PAUSE_OOM_SCORE_ADJ))
        request = sandbox_request(config, self._config.cluster, place)
        where = f"pod {config.namespace}/{config.pod_name}"
        sandbox_id = ""
        try:
            created = await self._create(request, container_name(config, "POD", config.attempt))
            sandbox_id = created["Id"]
            await self._engine.call(self._engine.api.start, sandbox_id)
            return await self._join_network(await self._sandbox(sandbox_id))
        except MinikubeError as error:
            if sandbox_id:
                await self.remove_sandbox(sandbox_id)
            raise SandboxFailed(f"{where}: {error}") from error

    async def stop_sandbox(self, sandbox_id: str) -> None:
        try:
            sandbox = await self._sandbox(sandbox_id)
        except SandboxNotFound:
            return
        if sandbox.state is SandboxState.NOT_READY:
            return
        for container in await self.list_containers(sandbox_id):
            await self.stop_container(container.id, 0)
        await self._leave_network(sandbox_id, sandbox.netns_path)
        await self._kill(sandbox_id)

    async def remove_sandbox(self, sandbox_id: str) -> None:
        for row in await self._rows(f"{SANDBOX}={sandbox_id}"):
            await self.remove_container(row["Id"])
        await self._leave_network(sandbox_id, None)
        config = await self._remove(sandbox_id)
        if config is not None and self._cgroup_root:
            others = [each.config for each in await self.list_sandboxes()]
            parent = self._cgroup_parent(config)
            if parent not in {self._cgroup_parent(other) for other in others}:
                await cgroups.clear(parent)

    async def list_sandboxes(self) -> tuple[SandboxStatus, ...]:
        found = [await self._inspect(row["Id"]) for row in await self._rows(f"{KIND}=sandbox")]
        return tuple(
            sandbox_status(document, self._addresses.get(document["Id"], ()))
            for document in found
            if document is not None
        )

    async def create_container(self, sandbox_id: str, config: ContainerConfig) -> str:
        sandbox = await self._sandbox(sandbox_id)
        if await self._images.find(config.image) is None:
            raise ImageMissing(f"image {config.image} is not in the local store; pull it first")
        possible = with_possible_oom_score(config)
        place = ContainerPlace(self._cgroup_parent(sandbox.config), held_capabilities())
        request = container_request(possible, sandbox, self._config.cluster, place)
        created = await self._create(request, container_name(sandbox.config, config.name, config.attempt))
        return str(created["Id"])

    async def start_container(self, container_id: str) -> None:
        try:
            await self._engine.call(self._engine.api.start, container_id)
        except NotFound:
            # The engine also says "not found" of a command that the image lacks.
            status = await self.container_status(container_id)
            raise ContainerStartFailed(status.message) from None
        except RuntimeUnavailable:
            raise
        except RuntimeFault as error:
            raise ContainerStartFailed(str(error)) from error

    async def stop_container(self, container_id: str, grace_s: float) -> None:
        if grace_s <= 0:
            await self._kill(container_id)
            return
        ended = self._ended_event(container_id)
        try:
            status = await self.container_status(container_id)
            if status.state is ContainerState.RUNNING:
                await self._engine.call(self._engine.api.stop, container_id, timeout=max(1, round(grace_s)))
                await ended.wait()
        except (ContainerNotFound, NotFound):
            return

    async def update_resources(self, container_id: str, resources: Resources) -> None:
        memory = resources.memory_limit_bytes or None
        try:
            await self._engine.call(
                self._engine.api.update_container,
                container_id,
                cpu_shares=resources.cpu_shares or None,
                cpu_quota=resources.cpu_quota_us or None,
                cpu_period=resources.cpu_period_us or None,
                mem_limit=memory,
                memswap_limit=memory,
            )
        except NotFound:
            raise ContainerNotFound(f"no container {container_id}") from None

    async def remove_container(self, container_id: str) -> None:
        await self._remove(container_id)
        self._final.pop(container_id, None)
        self._ended.pop(container_id, None)

    async def container_status(self, container_id: str) -> ContainerStatus:
        if container_id in self._final:
            return self._final[container_id]
        document = await self._inspect(container_id)
        if document is None:
            raise ContainerNotFound(f"no container {container_id}")
        image = await self._images.find(document["Image"])
        status = container_status(document, next(iter(image.digests), "") if image else "")
        if status.state is ContainerState.EXITED:
            self._final[container_id] = status
        return status

    async def list_containers(self, sandbox_id: str | None = None) -> tuple[ContainerStatus, ...]:
        rows = await self._rows(f"{KIND}=container" if sandbox_id is None else f"{SANDBOX}={sandbox_id}")
        found = []
        for row in rows:
            try:
                found.append(await self.container_status(row["Id"]))
            except ContainerNotFound:
                continue
        return tuple(found)

    def events(self) -> EventStream:
        return self._feed.open_stream()

    async def pull_image(self, reference: str, credentials: Credentials | None = None) -> ImageStatus:
        return await self._images.pull(reference, credentials)

    async def image_status(self, reference: str) -> ImageStatus | None:
        return await self._images.find(reference)

    async def list_images(self) -> tuple[ImageStatus, ...]:
        return await self._images.images()

    async def remove_image(self, reference: str) -> None:
        await self._images.remove(reference)

    async def import_image(self, layout: Path, tag: str, reference: str) -> ImageStatus:
        return await self._images.load(layout, tag, reference)

    async def logs(self, container_id: str, options: LogOptions) -> AsyncIterator[LogLine]:
        ended = self._ended_event(container_id)
        status = await self.container_status(container_id)
        if status.state is not ContainerState.RUNNING:
            ended.set()
        if status.log_path is not None:
            async for line in read_log(status.log_path, options, ended, parse_json_line):
                yield line

    async def exec(self, container_id: str, command: Sequence[str], *, tty: bool, stdin: bool) -> ExecSession:
        await self._check_running(container_id)
        return await start_exec(self._engine, container_id, command, tty=tty, stdin=stdin)

    async def attach(self, container_id: str, *, stdin: bool) -> Session:
        await self._check_running(container_id)
        return await join(self._engine, container_id, stdin=stdin)

    async def _check_running(self, container_id: str) -> None:
        status = await self.container_status(container_id)
        if status.state is not ContainerState.RUNNING:
            raise RuntimeFault(f"container {status.name} is not running")

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout_s: float | None) -> ExecResult:
        return await run_to_end(await self.exec(container_id, command, tty=False, stdin=False), command, timeout_s)

    async def port_forward(self, sandbox_id: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        sandbox = await self._sandbox(sandbox_id)
        if sandbox.netns_path is None:
            raise RuntimeFault(f"sandbox {sandbox_id} is not running")
        return await kernel.connect_inside(sandbox.netns_path, port, _CONNECT_TIMEOUT_S)

    async def stats(self) -> tuple[ContainerStats, ...]:
        found = []
        for row in await self._rows(f"{KIND}=container"):
            document = await self._inspect(row["Id"]) if row["State"] == "running" else None
            if document is not None and document["State"]["Pid"]:
                cgroup = cgroups.cgroup_of(document["State"]["Pid"])
                usage = cgroups.cpu_usage_ns(cgroup), cgroups.memory_usage_bytes(cgroup)
                found.append(ContainerStats(row["Id"], *usage))
        return tuple(found)

    async def _create(self, request: Json, name: str) -> Json:
        return await self._engine.call(self._engine.api.create_container_from_config, request, name)

    async def _rows(self, label: str) -> list[Json]:
        filters = {"label": [f"{CLUSTER}={self._config.cluster}", label]}
        return await self._engine.call(self._engine.api.containers, all=True, filters=filters)

    async def _inspect(self, container_id: str) -> Json | None:
        try:
            return await self._engine.call(self._engine.api.inspect_container, container_id)
        except NotFound:
            return None

    async def _sandbox(self, sandbox_id: str) -> SandboxStatus:
        document = await self._inspect(sandbox_id)
        if document is None:
            raise SandboxNotFound(f"no sandbox {sandbox_id}")
        return sandbox_status(document, self._addresses.get(sandbox_id, ()))

    async def _join_network(self, sandbox: SandboxStatus) -> SandboxStatus:
        if self._network is None or sandbox.config.host_network or sandbox.netns_path is None:
            return sandbox
        if sandbox.addresses:
            return sandbox  # of the engine's own network, from before there was ours: it stays there to its end
        config, path = sandbox.config, sandbox.netns_path
        self._addresses[sandbox.id] = await self._network.attach(sandbox.id, path, config.ports)
        return await self._sandbox(sandbox.id)

    async def _leave_network(self, sandbox_id: str, netns: Path | None) -> None:
        if self._network is not None:
            await self._network.detach(sandbox_id, netns)
            self._addresses.pop(sandbox_id, None)

    async def _kill(self, container_id: str) -> None:
        ended = self._ended_event(container_id)
        try:
            await self._engine.call(self._engine.api.kill, container_id)
        except RuntimeUnavailable:
            raise
        except RuntimeFault:
            return  # gone, or not running: what was asked for
        await ended.wait()

    async def _remove(self, container_id: str) -> SandboxConfig | None:
        """Remove a container; answers with the sandbox's configuration if it was one."""
        document = await self._inspect(container_id)
        if document is None:
            return None
        try:
            await self._engine.call(self._engine.api.remove_container, container_id, v=True, force=True)
        except NotFound:
            return None
        is_sandbox = document["Config"]["Labels"][KIND] == "sandbox"
        return sandbox_status(document, ()).config if is_sandbox else None

    def _cgroup_parent(self, config: SandboxConfig) -> str:
        parent = config.cgroup_parent.strip("/") or f"pod{config.pod_uid}"
        return f"/{self._cgroup_root}/{parent}" if self._cgroup_root else ""

    def _ended_event(self, container_id: str) -> asyncio.Event:
        return self._ended.setdefault(container_id, asyncio.Event())

    def _listen(self, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
        filters = {"type": "container", "label": f"{CLUSTER}={self._config.cluster}", "event": list(_EVENTS)}
        return self._engine.listen(loop, filters, self._heard)

    def _heard(self, event: Json | None) -> None:
        """One event of the engine; None means that it went away."""
        if event is None:
            if not self._is_closed:
                self._reconnect = asyncio.create_task(self._listen_again())
            return
        labels, kind = event["Actor"]["Attributes"], _EVENTS[event["Action"]]
        if kind == "exited":
            self._ended_event(event["id"]).set()
        if labels.get(KIND) == "container":
            self._feed.publish(RuntimeEvent(kind, pod_uid_of(labels[RECORD]), labels[SANDBOX], event["id"]))

    async def _listen_again(self) -> None:
        while True:
            await asyncio.sleep(_RECONNECT_S)
            try:
                self._stop_listening = await self._engine.call(self._listen, asyncio.get_running_loop())
                for status in await self.list_containers():
                    # Exits were missed meanwhile: settle who waits, and wake whoever follows.
                    if status.state is ContainerState.EXITED:
                        self._ended_event(status.id).set()
                    self._feed.publish(RuntimeEvent("exited", status.pod_uid, status.sandbox_id, status.id))
            except RuntimeUnavailable:
                continue
            return
