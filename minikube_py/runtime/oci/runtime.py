"""The oci runtime: pods of namespaces, overlay mounts and runc, with no daemon in between.

    <data>/images/      ImageStore            <data>/sandboxes/<id>/   SandboxFolder
    <data>/containers/<id>/   ContainerFolder    <data>/state/   what runc itself keeps

Everything is under one data folder and one cgroup folder, so `destroy` can take all of it away again; what runs
belongs to conmon and the kernel, so this object may come and go.

Kubernetes: CRI-O. Simplified: no checkpoint, no user namespaces.
"""

import asyncio
import shutil
import signal
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from minikube_py.errors import MinikubeError
from minikube_py.runtime.events import EventFeed, EventKind, EventStream, RuntimeEvent
from minikube_py.runtime.interface import (
    ContainerConfig,
    ContainerNotFound,
    ContainerStartFailed,
    ContainerStatus,
    Credentials,
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
from minikube_py.runtime.oci import cgroups, commands, conmon
from minikube_py.runtime.oci.abilities import OciAbilities
from minikube_py.runtime.oci.bundle import resource_limits
from minikube_py.runtime.oci.conmon import ContainerFolder
from minikube_py.runtime.oci.container import (
    Container,
    discard_folder,
    finish_interrupted_start,
    prepare,
    with_hostname,
)
from minikube_py.runtime.oci.images import ImageStore
from minikube_py.runtime.oci.processes import send_signal
from minikube_py.runtime.oci.records import CONTAINERS, SANDBOXES, STARTS, ContainerRecord, SandboxRecord, StartedRecord
from minikube_py.runtime.oci.sandbox import SandboxFolder
from minikube_py.runtime.oom_score import with_possible_oom_score

_KILL_GRACE_S = 30.0


@dataclass(frozen=True, slots=True)
class OciConfig:
    """`data` is all ours, `cgroup_root` is above every pod's cgroup, `runtime` a path (empty = runc, else crun)."""

    data: Path
    cgroup_root: str
    runtime: str = ""


class OciRuntime(OciAbilities):
    """Implements Runtime and, through OciAbilities, Logs, Exec, PortForward and Stats."""

    name = "oci"

    def __init__(self, config: OciConfig, network: SandboxNetwork) -> None:
        self.version = ""
        self.images = ImageStore(config.data / "images")
        self._config = config
        self._network = network
        self._feed = EventFeed()
        self._sandboxes: dict[str, SandboxRecord] = {}
        self._containers: dict[str, Container] = {}

    async def open(self) -> None:
        runtime = self._config.runtime or _find_runtime()
        conmon_path = commands.find_program("conmon", "conmon")
        self._programs = conmon.Programs(runtime, conmon_path, self._config.data / "state")
        await asyncio.to_thread(self._open_folders)
        try:
            self.version = (await commands.check([runtime, "--version"])).decode().split("\n")[0].split()[-1]
        except PermissionError as error:
            raise RuntimeUnavailable(f"{runtime} cannot be run: {error.strerror}") from error
        for folder, sandbox in await asyncio.to_thread(lambda: list(SANDBOXES.read_all(self._sandbox_parent))):
            await self._adopt_sandbox(folder, sandbox)
        for folder, container in await asyncio.to_thread(lambda: list(CONTAINERS.read_all(self._container_parent))):
            await self._adopt_container(folder, container)

    async def close(self) -> None:
        for container in self._containers.values():
            container.stop_watching()
        self._feed.end()

    async def destroy(self) -> None:
        """Remove every sandbox, container, image and file of this runtime."""
        for sandbox_id in tuple(self._sandboxes):
            await self.remove_sandbox(sandbox_id)
        # Whatever a crash left with no record is still found by its cgroup.
        await asyncio.to_thread(cgroups.kill_all, self._config.cgroup_root)
        await cgroups.clear(self._config.cgroup_root)
        await asyncio.to_thread(shutil.rmtree, self._config.data, ignore_errors=True)

    async def run_sandbox(self, config: SandboxConfig) -> SandboxStatus:
        record = SandboxRecord(uuid.uuid4().hex, config, datetime.now(UTC))
        folder = self._sandbox_folder(record)
        try:
            await asyncio.to_thread(self._begin_sandbox, record)
            await folder.make()
            if folder.netns is not None:
                addresses = await self._network.attach(record.id, folder.netns, config.ports)
                record = replace(record, addresses=addresses)
            record = replace(record, is_ready=True, was_ready=True)
            await asyncio.to_thread(SANDBOXES.write, folder.path, record)
        except (MinikubeError, OSError) as error:
            await self._discard_sandbox(record)
            raise SandboxFailed(f"pod {config.namespace}/{config.pod_name}: {error}") from error
        except asyncio.CancelledError:
            await asyncio.shield(self._discard_sandbox(record))
            raise
        self._sandboxes[record.id] = record
        return self._sandbox_status(record)

    async def stop_sandbox(self, sandbox_id: str) -> None:
        record = self._sandboxes.get(sandbox_id)
        if record is None or not record.is_ready:
            return
        async with asyncio.TaskGroup() as group:
            for container in self._containers_of(sandbox_id):
                group.create_task(self._kill(container))
        folder = self._sandbox_folder(record)
        await self._network.detach(sandbox_id, folder.netns)
        record = replace(record, is_ready=False, addresses=())
        await asyncio.to_thread(SANDBOXES.write, folder.path, record)
        self._sandboxes[sandbox_id] = record

    async def remove_sandbox(self, sandbox_id: str) -> None:
        await self.stop_sandbox(sandbox_id)
        record = self._sandboxes.get(sandbox_id)
        if record is None:
            return
        for container in self._containers_of(sandbox_id):
            await self.remove_container(container.record.id)
        await self._discard_sandbox(record)
        self._sandboxes.pop(sandbox_id, None)

    async def list_sandboxes(self) -> tuple[SandboxStatus, ...]:
        return tuple(self._sandbox_status(record) for record in self._sandboxes.values())

    async def create_container(self, sandbox_id: str, config: ContainerConfig) -> str:
        sandbox = self._sandboxes.get(sandbox_id)
        if sandbox is None:
            raise SandboxNotFound(f"no sandbox {sandbox_id}")
        image = await self.images.ready(config.image)
        container_id = uuid.uuid4().hex
        sandbox_folder = self._sandbox_folder(sandbox)
        record = ContainerRecord(
            id=container_id,
            sandbox_id=sandbox_id,
            config=with_hostname(with_possible_oom_score(config), sandbox_folder.hostname_file),
            created_at=datetime.now(UTC),
            image_id=image.status.id,
            image_digest=next(iter(image.status.digests), ""),
            cgroup=f"{self._cgroup_of(sandbox)}/{container_id}",
            stop_signal=config.stop_signal or image.status.stop_signal or "SIGTERM",
        )
        folder = ContainerFolder(self._container_parent / container_id)
        await asyncio.to_thread(prepare, folder, record, image, sandbox_folder.place())
        self._containers[container_id] = Container(record, sandbox.config, folder, self._exited)
        return container_id

    async def start_container(self, container_id: str) -> None:
        container = self.container(container_id)
        container.record_start_began()
        try:
            process, monitor = await conmon.create(
                self._programs, container.folder, container.log, container.record.config
            )
            await conmon.start(self._programs, container_id)
        except ContainerStartFailed as error:
            await conmon.delete(self._programs, container_id)
            container.record_start_failure(str(error))
            raise
        container.record_start(StartedRecord(datetime.now(UTC), process, monitor))
        self._publish("started", container)

    async def stop_container(self, container_id: str, grace_s: float) -> None:
        container = self._containers.get(container_id)
        if container is None or not container.is_running or container.started is None:
            return
        if grace_s > 0:
            send_signal(container.started.container, _signal_number(container.record.stop_signal))
            try:
                await asyncio.wait_for(container.ended.wait(), grace_s)
            except TimeoutError:
                await self._kill(container)
        else:
            await self._kill(container)

    async def update_resources(self, container_id: str, resources: Resources) -> None:
        container = self.container(container_id)
        await conmon.update(self._programs, container.folder, resource_limits(resources))
        await asyncio.to_thread(container.record_resources, resources)

    async def remove_container(self, container_id: str) -> None:
        container = self._containers.get(container_id)
        if container is None:
            return
        await self._kill(container)
        await conmon.delete(self._programs, container_id)
        await asyncio.to_thread(container.discard)
        self._containers.pop(container_id, None)
        self._publish("removed", container)

    async def container_status(self, container_id: str) -> ContainerStatus:
        return self.container(container_id).status()

    async def list_containers(self, sandbox_id: str | None = None) -> tuple[ContainerStatus, ...]:
        chosen = self._containers.values() if sandbox_id is None else self._containers_of(sandbox_id)
        return tuple(container.status() for container in chosen)

    def events(self) -> EventStream:
        return self._feed.open_stream()

    async def pull_image(self, reference: str, credentials: Credentials | None = None) -> ImageStatus:
        return await self.images.pull(reference, credentials)

    async def image_status(self, reference: str) -> ImageStatus | None:
        return await asyncio.to_thread(self.images.find, reference)

    async def list_images(self) -> tuple[ImageStatus, ...]:
        return await asyncio.to_thread(self.images.images)

    async def remove_image(self, reference: str) -> None:
        image = self.images.find(reference)
        users = [each for each in self._containers.values() if image and each.record.image_id == image.id]
        if users:
            raise RuntimeFault(f"image {reference} is in use by container {users[0].record.config.name}")
        await self.images.remove(reference)

    async def import_image(self, layout: Path, tag: str, reference: str) -> ImageStatus:
        return await self.images.import_layout(layout, tag, reference)

    def container(self, container_id: str) -> Container:
        """Raises: ContainerNotFound."""
        try:
            return self._containers[container_id]
        except KeyError:
            raise ContainerNotFound(f"no container {container_id}") from None

    def running_containers(self) -> tuple[Container, ...]:
        return tuple(container for container in self._containers.values() if container.is_running)

    def netns_of(self, sandbox_id: str) -> Path:
        """The network a sandbox's processes are in. Raises: SandboxNotFound."""
        record = self._sandboxes.get(sandbox_id)
        if record is None:
            raise SandboxNotFound(f"no sandbox {sandbox_id}")
        return self._sandbox_folder(record).netns or Path("/proc/self/ns/net")

    @property
    def programs(self) -> conmon.Programs:
        return self._programs

    @property
    def _sandbox_parent(self) -> Path:
        return self._config.data / "sandboxes"

    @property
    def _container_parent(self) -> Path:
        return self._config.data / "containers"

    def _sandbox_folder(self, record: SandboxRecord) -> SandboxFolder:
        return SandboxFolder(self._sandbox_parent / record.id, record.config)

    def _containers_of(self, sandbox_id: str) -> tuple[Container, ...]:
        return tuple(each for each in self._containers.values() if each.record.sandbox_id == sandbox_id)

    def _cgroup_of(self, sandbox: SandboxRecord) -> str:
        parent = sandbox.config.cgroup_parent.strip("/") or f"pod{sandbox.config.pod_uid}"
        return f"/{self._config.cgroup_root.strip('/')}/{parent}"

    def _open_folders(self) -> None:
        for folder in (self._sandbox_parent, self._container_parent, self._programs.state):
            folder.mkdir(parents=True, exist_ok=True)
        self.images.open()

    def _begin_sandbox(self, record: SandboxRecord) -> None:
        folder = self._sandbox_folder(record)
        folder.path.mkdir()
        SANDBOXES.write(folder.path, record)

    async def _discard_sandbox(self, record: SandboxRecord) -> None:
        folder = self._sandbox_folder(record)
        await self._network.detach(record.id, folder.netns)
        await asyncio.to_thread(folder.remove)
        others = any(self._cgroup_of(each) == self._cgroup_of(record) for each in self._other_sandboxes(record))
        if not others:
            await cgroups.clear(self._cgroup_of(record))

    def _other_sandboxes(self, record: SandboxRecord) -> tuple[SandboxRecord, ...]:
        return tuple(each for each in self._sandboxes.values() if each.id != record.id)

    def _sandbox_status(self, record: SandboxRecord) -> SandboxStatus:
        state = SandboxState.READY if record.is_ready else SandboxState.NOT_READY
        netns = self._sandbox_folder(record).netns
        return SandboxStatus(record.id, record.config, state, record.created_at, record.addresses, netns)

    async def _adopt_sandbox(self, path: Path, record: SandboxRecord | None) -> None:
        if record is None or not record.was_ready:
            nobody = SandboxConfig(pod_uid="", pod_name="", namespace="")
            await self._discard_sandbox(record or SandboxRecord(path.name, nobody, datetime.now(UTC)))
            return
        if record.is_ready and not self._sandbox_folder(record).is_whole():
            # The machine was restarted: the files are here, the namespaces are not.
            await self._network.detach(record.id, None)
            record = replace(record, is_ready=False, addresses=())
            await asyncio.to_thread(SANDBOXES.write, path, record)
        self._sandboxes[record.id] = record

    async def _adopt_container(self, path: Path, record: ContainerRecord | None) -> None:
        folder = ContainerFolder(path)
        if record is None or record.sandbox_id not in self._sandboxes:
            await conmon.delete(self._programs, path.name)
            await asyncio.to_thread(discard_folder, folder)
            return
        container = Container(record, self._sandboxes[record.sandbox_id].config, folder, self._exited)
        self._containers[record.id] = container
        started = STARTS.read(path)
        if started is not None:
            container.adopt(started)
        elif record.start_failure:
            container.settle_start_failure()
        elif record.start_began:
            await finish_interrupted_start(self._programs, container)

    async def _kill(self, container: Container) -> None:
        if not container.is_running or container.started is None:
            return
        send_signal(container.started.container, signal.SIGKILL)
        await asyncio.to_thread(cgroups.kill_all, container.record.cgroup)
        try:
            await asyncio.wait_for(container.ended.wait(), _KILL_GRACE_S)
        except TimeoutError:
            name = container.record.config.name
            raise RuntimeFault(f"container {name} has not ended {_KILL_GRACE_S:g}s after SIGKILL") from None

    def _exited(self, container: Container) -> None:
        self._publish("exited", container)

    def _publish(self, kind: EventKind, container: Container) -> None:
        status = container.status()
        self._feed.publish(RuntimeEvent(kind, status.pod_uid, status.sandbox_id, status.id))


def _find_runtime() -> str:
    try:
        return commands.find_program("runc", "runc")
    except RuntimeUnavailable:
        return commands.find_program("crun", "runc")


def _signal_number(name: str) -> int:
    if name.isdigit():
        return int(name)
    try:
        return signal.Signals[name if name.startswith("SIG") else f"SIG{name}"]
    except KeyError:
        return signal.SIGTERM
