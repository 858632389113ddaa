"""A runtime with no processes: containers live as their `Behaviour` says, in memory, thousands of them for nothing.

It is the whole contract of `interface` with no kernel in it (no root needed) and runs on virtual time: its only clock
for lives is the event loop's. A container that runs forever costs no task and no timer.

Kubernetes: kwok and hollow nodes (kubemark) serve the same purpose.
Simplified: no sockets, hence no port-forward; exec answers scripted text.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from minikube_py.errors import MinikubeError
from minikube_py.runtime.abilities import (
    ContainerStats,
    ExecResult,
    ExecSession,
    ExecTimeout,
    LogLine,
    LogOptions,
    LogStream,
    ProbeKind,
    Session,
)
from minikube_py.runtime.behaviour import FOREVER, Behaviour, behaviour_of
from minikube_py.runtime.events import EventFeed, EventKind, EventStream, RuntimeEvent
from minikube_py.runtime.interface import (
    ContainerConfig,
    ContainerNotFound,
    ContainerStartFailed,
    ContainerState,
    ContainerStatus,
    Credentials,
    ImageMissing,
    ImagePullFailed,
    ImageStatus,
    PullFailure,
    Resources,
    RuntimeFault,
    SandboxConfig,
    SandboxFailed,
    SandboxNetwork,
    SandboxNotFound,
    SandboxState,
    SandboxStatus,
    updated,
)
from minikube_py.runtime.reference import is_image_id, parse_reference

_UNSCRIPTED = "this container is simulated and has no answer scripted for: {}\n"


@dataclass(slots=True)
class _Life:
    """A simulated container: what it shows and what will happen to it."""

    status: ContainerStatus
    behaviour: Behaviour
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    timer: asyncio.TimerHandle | None = None
    lines: list[LogLine] = field(default_factory=list)
    probe_calls: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class SimulatedWorld:
    """What would be the kernel and the disk: it outlives the runtime objects that look at it."""

    image_behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    """Scripts by full image name; every other image exists in its registry and runs forever."""
    container_scripts: Mapping[str, str] = field(default_factory=dict)
    """Scripts for pods that bring none, under the same keys as a pod's annotations."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sandboxes: dict[str, SandboxStatus] = field(default_factory=dict)
    lives: dict[str, _Life] = field(default_factory=dict)
    by_sandbox: dict[str, list[str]] = field(default_factory=dict)
    images: dict[str, ImageStatus] = field(default_factory=dict)
    feed: EventFeed = field(default_factory=EventFeed)
    next_id: int = 0

    def new_id(self) -> str:
        self.next_id += 1
        return f"{self.next_id:064x}"


class SimulatedRuntime:
    """Implements Runtime, Logs, Exec, Stats and AnswersProbes over a SimulatedWorld."""

    name = "simulated"
    version = "1"

    def __init__(self, network: SandboxNetwork, world: SimulatedWorld | None = None) -> None:
        self._network = network
        self._world = world or SimulatedWorld()

    async def open(self) -> None:
        """The world is in memory: everything in it is already known."""

    async def close(self) -> None:
        """Lives go on in the world."""

    async def run_sandbox(self, config: SandboxConfig) -> SandboxStatus:
        sandbox_id = self._world.new_id()
        addresses: tuple[str, ...] = ()
        if not config.host_network:
            try:
                addresses = await self._network.attach(sandbox_id, Path("/nonexistent"))
            except MinikubeError as error:
                raise SandboxFailed(f"pod {config.namespace}/{config.pod_name}: {error}") from error
        status = SandboxStatus(sandbox_id, config, SandboxState.READY, self._world.now(), addresses)
        self._world.sandboxes[sandbox_id] = status
        self._world.by_sandbox[sandbox_id] = []
        return status

    async def stop_sandbox(self, sandbox_id: str) -> None:
        sandbox = self._world.sandboxes.get(sandbox_id)
        if sandbox is None or sandbox.state is SandboxState.NOT_READY:
            return
        for container_id in self._world.by_sandbox[sandbox_id]:
            self._end(container_id, 137)
        await self._network.detach(sandbox_id, None)
        self._world.sandboxes[sandbox_id] = replace(sandbox, state=SandboxState.NOT_READY, addresses=())

    async def remove_sandbox(self, sandbox_id: str) -> None:
        await self.stop_sandbox(sandbox_id)
        for container_id in tuple(self._world.by_sandbox.get(sandbox_id, ())):
            await self.remove_container(container_id)
        self._world.by_sandbox.pop(sandbox_id, None)
        self._world.sandboxes.pop(sandbox_id, None)

    async def list_sandboxes(self) -> tuple[SandboxStatus, ...]:
        return tuple(self._world.sandboxes.values())

    async def create_container(self, sandbox_id: str, config: ContainerConfig) -> str:
        sandbox = self._world.sandboxes.get(sandbox_id)
        if sandbox is None:
            raise SandboxNotFound(f"no sandbox {sandbox_id}")
        image = await self.image_status(config.image)
        if image is None:
            raise ImageMissing(f"image {config.image} is not in the local store; pull it first")
        behaviour = (
            behaviour_of(config.name, config.annotations)
            or behaviour_of(config.name, sandbox.config.annotations)
            or behaviour_of(config.name, self._world.container_scripts)
            or self._world.image_behaviours.get(str(parse_reference(config.image)), FOREVER)
        )
        container_id = self._world.new_id()
        status = ContainerStatus(
            id=container_id,
            sandbox_id=sandbox_id,
            pod_uid=sandbox.config.pod_uid,
            name=config.name,
            attempt=config.attempt,
            state=ContainerState.CREATED,
            image=config.image,
            image_id=image.id,
            image_digest=next(iter(image.digests), ""),
            created_at=self._world.now(),
            log_path=config.log_path,
            labels=config.labels,
            annotations=config.annotations,
            resources=config.resources,
        )
        self._world.lives[container_id] = _Life(status, behaviour)
        self._world.by_sandbox[sandbox_id].append(container_id)
        return container_id

    async def start_container(self, container_id: str) -> None:
        life = self._life(container_id)
        behaviour = life.behaviour
        if behaviour.start_delay_s:
            await asyncio.sleep(behaviour.start_delay_s)
        now = self._world.now()
        life.status = replace(life.status, state=ContainerState.RUNNING, started_at=now)
        if behaviour.start_failure:
            self._end(container_id, 128, reason="StartError", message=behaviour.start_failure)
            raise ContainerStartFailed(behaviour.start_failure)
        stamp = _timestamp(now)
        life.lines.extend(LogLine(stamp, "stdout", f"{line}\n".encode()) for line in behaviour.log)
        self._publish("started", life.status)
        if behaviour.exit_after_s is not None:
            code = 137 if behaviour.oom_killed else behaviour.exit_code(life.status.attempt)
            reason = "OOMKilled" if behaviour.oom_killed else ""
            loop = asyncio.get_running_loop()
            life.timer = loop.call_later(behaviour.exit_after_s, self._end, container_id, code, reason)

    async def stop_container(self, container_id: str, grace_s: float) -> None:
        life = self._world.lives.get(container_id)
        if life is None or life.status.state is not ContainerState.RUNNING:
            return
        if not life.behaviour.ignores_stop:
            self._end(container_id, 0)
            return
        try:
            await asyncio.wait_for(life.ended.wait(), grace_s)
        except TimeoutError:
            self._end(container_id, 137)

    async def update_resources(self, container_id: str, resources: Resources) -> None:
        life = self._life(container_id)
        life.status = replace(life.status, resources=updated(life.status.resources, resources))

    async def remove_container(self, container_id: str) -> None:
        self._end(container_id, 137)
        life = self._world.lives.pop(container_id, None)
        if life is not None:
            life.ended.set()
            self._world.by_sandbox[life.status.sandbox_id].remove(container_id)
            self._publish("removed", life.status)

    async def container_status(self, container_id: str) -> ContainerStatus:
        return self._life(container_id).status

    async def list_containers(self, sandbox_id: str | None = None) -> tuple[ContainerStatus, ...]:
        if sandbox_id is None:
            return tuple(life.status for life in self._world.lives.values())
        return tuple(self._world.lives[each].status for each in self._world.by_sandbox.get(sandbox_id, ()))

    def events(self) -> EventStream:
        return self._world.feed.open_stream()

    async def pull_image(self, reference: str, credentials: Credentials | None = None) -> ImageStatus:
        full = parse_reference(reference)
        behaviour = self._world.image_behaviours.get(str(full), FOREVER)
        if behaviour.pull_delay_s:
            await asyncio.sleep(behaviour.pull_delay_s)
        if behaviour.pull_failure is PullFailure.NOT_FOUND:
            raise ImagePullFailed(reference, behaviour.pull_failure, f"{full}: not found")
        if behaviour.pull_failure is not None:
            raise ImagePullFailed(reference, behaviour.pull_failure, f"{full}: {behaviour.pull_failure}")
        digest = full.digest or f"sha256:{hashlib.sha256(str(full).encode()).hexdigest()}"
        image_id = f"sha256:{hashlib.sha256(digest.encode()).hexdigest()}"
        image = ImageStatus(image_id, (str(full),), (f"{full.name}@{digest}",), size_bytes=1_000_000)
        self._world.images[str(full)] = image
        return image

    async def image_status(self, reference: str) -> ImageStatus | None:
        for image in self._world.images.values():
            if image.id == reference:
                return image
        return None if is_image_id(reference) else self._world.images.get(str(parse_reference(reference)))

    async def list_images(self) -> tuple[ImageStatus, ...]:
        return tuple(self._world.images.values())

    async def remove_image(self, reference: str) -> None:
        found = await self.image_status(reference)
        for name in tuple(self._world.images):
            if found is not None and self._world.images[name].id == found.id:
                del self._world.images[name]

    async def import_image(self, layout: Path, tag: str, reference: str) -> ImageStatus:
        return await self.pull_image(reference)

    async def logs(self, container_id: str, options: LogOptions) -> AsyncIterator[LogLine]:
        life = self._life(container_id)
        since = _timestamp(options.since) if options.since else ""
        lines = [line for line in life.lines if line.timestamp >= since]
        for line in lines if options.tail is None else lines[len(lines) - min(options.tail, len(lines)) :]:
            yield line
        if options.follow and life.status.state in (ContainerState.CREATED, ContainerState.RUNNING):
            await life.ended.wait()

    async def exec(self, container_id: str, command: Sequence[str], *, tty: bool, stdin: bool) -> ExecSession:
        return ScriptedSession(await self.exec_sync(container_id, command, None))

    async def attach(self, container_id: str, *, stdin: bool) -> Session:
        life = self._life(container_id)
        if life.status.state is not ContainerState.RUNNING:
            raise RuntimeFault(f"container {life.status.name} is not running")
        return SimulatedAttachment(life.ended)

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout_s: float | None) -> ExecResult:
        life = self._life(container_id)
        if life.status.state is not ContainerState.RUNNING:
            raise RuntimeFault(f"container {life.status.name} is not running")
        line = " ".join(command)
        if line.startswith("sleep ") and timeout_s is not None:
            await asyncio.sleep(timeout_s)
            raise ExecTimeout(f"command {line!r} did not end within {timeout_s:g}s")
        return life.behaviour.exec.get(line, ExecResult(126, b"", _UNSCRIPTED.format(line).encode()))

    async def stats(self) -> tuple[ContainerStats, ...]:
        now = self._world.now()
        running = (life for life in self._world.lives.values() if life.status.state is ContainerState.RUNNING)
        return tuple(_stats(life.status, life.behaviour, now) for life in running)

    async def probe(self, container_id: str, kind: ProbeKind) -> bool:
        """Answer as the container's script says for this call."""
        life = self._life(container_id)
        call = life.probe_calls[kind]
        life.probe_calls[kind] += 1
        return life.behaviour.probe(kind, call)

    def _life(self, container_id: str) -> _Life:
        try:
            return self._world.lives[container_id]
        except KeyError:
            raise ContainerNotFound(f"no container {container_id}") from None

    def _end(self, container_id: str, code: int, reason: str = "", message: str = "") -> None:
        life = self._world.lives.get(container_id)
        if life is None or life.status.state is not ContainerState.RUNNING:
            return
        if life.timer is not None:
            life.timer.cancel()
        life.status = replace(
            life.status,
            state=ContainerState.EXITED,
            finished_at=self._world.now(),
            exit_code=code,
            oom_killed=reason == "OOMKilled",
            reason=reason or ("Completed" if code == 0 else "Error"),
            message=message,
        )
        life.ended.set()
        self._publish("exited", life.status)

    def _publish(self, kind: EventKind, status: ContainerStatus) -> None:
        self._world.feed.publish(RuntimeEvent(kind, status.pod_uid, status.sandbox_id, status.id))


class SimulatedAttachment:
    """Beside a container that printed all it has to say when it started, and reads nothing."""

    def __init__(self, ended: asyncio.Event) -> None:
        self._ended = ended
        self._left = asyncio.Event()

    async def write(self, data: bytes) -> None:
        """Nobody reads it."""

    async def close_stdin(self) -> None:
        """Nobody reads it."""

    async def output(self) -> AsyncIterator[tuple[LogStream, bytes]]:
        waiting = {asyncio.ensure_future(event.wait()) for event in (self._ended, self._left)}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        return
        yield  # an async generator, of nothing

    async def resize(self, width: int, height: int) -> None:
        """There is no terminal."""

    async def close(self) -> None:
        self._left.set()


class ScriptedSession:
    """An exec session that has already ended: it only plays its answer back."""

    def __init__(self, result: ExecResult) -> None:
        self._result = result

    async def write(self, data: bytes) -> None:
        """Nobody reads it."""

    async def close_stdin(self) -> None:
        """Nobody reads it."""

    async def output(self) -> AsyncIterator[tuple[LogStream, bytes]]:
        # Complaints first, as of a program that does not buffer them: `kubectl cp` is done when stdout is.
        if self._result.stderr:
            yield "stderr", self._result.stderr
        if self._result.stdout:
            yield "stdout", self._result.stdout

    async def resize(self, width: int, height: int) -> None:
        """There is no terminal."""

    async def exit_code(self) -> int:
        return self._result.exit_code

    async def close(self) -> None:
        """Nothing is held."""


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def _stats(status: ContainerStatus, behaviour: Behaviour, now: datetime) -> ContainerStats:
    lived = now - (status.started_at or now)
    cpu_usage_ns = lived // timedelta(microseconds=1) * behaviour.cpu_millicores
    return ContainerStats(status.id, cpu_usage_ns, behaviour.memory_bytes)
