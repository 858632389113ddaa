"""One container of the oci runtime: its record, its folder, and the watch that notices its end.

State follows from what is on disk and from the kernel, in this order: conmon's exit file, then the processes named in
started.json. So it reads the same whether this process started the container or found it.
"""

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from minikube_py.runtime.interface import (
    ContainerConfig,
    ContainerState,
    ContainerStatus,
    Mount,
    Resources,
    RuntimeFault,
    SandboxConfig,
    updated,
)
from minikube_py.runtime.oci import cgroups, conmon, kernel
from minikube_py.runtime.oci.bundle import BundleParts, SandboxPlace, runtime_spec
from minikube_py.runtime.oci.conmon import ContainerFolder
from minikube_py.runtime.oci.images import StoredImage
from minikube_py.runtime.oci.processes import ExitWatch, is_alive
from minikube_py.runtime.oci.records import CONTAINERS, STARTS, ContainerRecord, StartedRecord
from minikube_py.runtime.oci.users import User, resolve_user
from minikube_py.runtime.rights import held_capabilities

_SYMLINK_IN_IMAGE = "image has a link where its {} file should be"


class Container:
    """Holds what is known of a container; `on_exit` is called once, from the event loop, when it has ended."""

    def __init__(
        self,
        record: ContainerRecord,
        sandbox: SandboxConfig,
        folder: ContainerFolder,
        on_exit: Callable[["Container"], None],
    ) -> None:
        self.record = record
        self.folder = folder
        self.started: StartedRecord | None = None
        self.ended = asyncio.Event()
        self._sandbox = sandbox
        self._on_exit = on_exit
        self._watch: ExitWatch | None = None
        self._final: ContainerStatus | None = None

    @property
    def log(self) -> Path:
        return self.record.config.log_path or self.folder.own_log

    def status(self) -> ContainerStatus:
        if self._final is not None:
            return self._final
        record, config = self.record, self.record.config
        return ContainerStatus(
            id=record.id,
            sandbox_id=record.sandbox_id,
            pod_uid=self._sandbox.pod_uid,
            name=config.name,
            attempt=config.attempt,
            state=ContainerState.RUNNING if self.started else ContainerState.CREATED,
            image=config.image,
            image_id=record.image_id,
            created_at=record.created_at,
            image_digest=record.image_digest,
            started_at=self.started.started_at if self.started else None,
            log_path=self.log,
            labels=config.labels,
            annotations=config.annotations,
            resources=config.resources,
        )

    @property
    def is_running(self) -> bool:
        return self.started is not None and self._final is None

    def adopt(self, started: StartedRecord) -> None:
        """Take a started container over: watch it, or settle how it ended."""
        self.started = started
        if self.folder.exit() is not None:
            self._settle()
        elif is_alive(started.monitor):
            self._watch = ExitWatch(started.monitor, self._monitor_ended)
        else:
            self._monitor_ended()

    def record_start(self, started: StartedRecord) -> None:
        STARTS.write(self.folder.path, started)
        self.adopt(started)

    def record_start_began(self) -> None:
        self.record = replace(self.record, start_began=True)
        CONTAINERS.write(self.folder.path, self.record)

    def record_resources(self, change: Resources) -> None:
        config = self.record.config
        self.record = replace(self.record, config=replace(config, resources=updated(config.resources, change)))
        CONTAINERS.write(self.folder.path, self.record)

    def record_start_failure(self, message: str) -> None:
        self.record = replace(self.record, start_failure=message)
        CONTAINERS.write(self.folder.path, self.record)
        self.settle_start_failure()

    def settle_start_failure(self) -> None:
        now = datetime.now(UTC)
        self._finish(128, now, "StartError", self.record.start_failure)

    def stop_watching(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def discard(self) -> None:
        """Remove its mounts, cgroup and files; nothing of it runs any more."""
        self.stop_watching()
        discard_folder(self.folder)
        cgroups.remove(self.record.cgroup)
        self.ended.set()

    def _monitor_ended(self) -> None:
        self._watch = None
        if self.folder.exit() is None and self.started is not None and is_alive(self.started.container):
            # Somebody killed conmon: the container goes on, its exit code will never be known.
            self._watch = ExitWatch(self.started.container, self._settle)
        else:
            self._settle()

    def _settle(self) -> None:
        self._watch = None
        # Without a process namespace of its own the container may leave others behind; they end with it.
        cgroups.kill_all(self.record.cgroup)
        found = self.folder.exit()
        if found is None:
            message = "its monitor was gone when it ended, so the exit code is not known"
            self._finish(137, datetime.now(UTC), "ContainerStatusUnknown", message)
            return
        code, finished_at = found
        if code != 0 and self.folder.was_out_of_memory():
            self._finish(code, finished_at, "OOMKilled", "")
        else:
            self._finish(code, finished_at, "Completed" if code == 0 else "Error", "")

    def _finish(self, code: int, finished_at: datetime, reason: str, message: str) -> None:
        status = self.status()
        self._final = replace(
            status,
            state=ContainerState.EXITED,
            # What ended at once was seen to run only after its end.
            started_at=min(status.started_at or finished_at, finished_at),
            finished_at=finished_at,
            exit_code=code,
            oom_killed=reason == "OOMKilled",
            reason=reason,
            message=message,
        )
        self.ended.set()
        self._on_exit(self)


def prepare(folder: ContainerFolder, record: ContainerRecord, image: StoredImage, place: SandboxPlace) -> None:
    """Lay out a container's folder, mount its files and write its specification; the record is written last.

    Raises: RuntimeFault; then nothing is left.
    """
    try:
        for made in (folder.bundle, folder.rootfs, folder.exit_folder, folder.path / "upper", folder.path / "work"):
            made.mkdir(parents=True)
        if record.config.log_path is not None:
            record.config.log_path.parent.mkdir(parents=True, exist_ok=True)
        layers = f"lowerdir={image.rootfs},upperdir={folder.path / 'upper'},workdir={folder.path / 'work'}"
        kernel.mount("overlay", folder.rootfs, "overlay", layers)
        user = _user_of(record.config, image)
        parts = BundleParts(record.config, image.status, user, place, record.cgroup, folder.rootfs, held_capabilities())
        (folder.bundle / "config.json").write_text(json.dumps(runtime_spec(parts)))
        CONTAINERS.write(folder.path, record)
    except (OSError, RuntimeFault) as error:
        discard_folder(folder)
        if isinstance(error, RuntimeFault):
            raise
        raise RuntimeFault(f"container {record.config.name}: {error}") from error


def discard_folder(folder: ContainerFolder) -> None:
    kernel.unmount(folder.rootfs)
    shutil.rmtree(folder.path, ignore_errors=True)


async def finish_interrupted_start(programs: conmon.Programs, container: Container) -> None:
    """A process of ours was killed while it started this container: adopt it if it runs, else count it as failed."""
    found = await conmon.running(programs, container.folder)
    if found is not None:
        process, monitor = found
        container.record_start(StartedRecord(datetime.now(UTC), process, monitor))
        return
    await conmon.delete(programs, container.record.id)
    container.record_start_failure("the node agent was stopped while it was starting the container")


def with_hostname(config: ContainerConfig, hostname_file: Path) -> ContainerConfig:
    """The container with the sandbox's /etc/hostname, unless it brings one of its own."""
    if any(mount.container_path == "/etc/hostname" for mount in config.mounts):
        return config
    return replace(config, mounts=(*config.mounts, Mount(hostname_file, "/etc/hostname")))


def _user_of(config: ContainerConfig, image: StoredImage) -> User:
    text = image.status.user if config.security.user is None else config.security.user
    user = resolve_user(text, _read_inside(image.rootfs, "etc/passwd"), _read_inside(image.rootfs, "etc/group"))
    return user if config.security.group is None else replace(user, gid=config.security.group)


def _read_inside(rootfs: Path, name: str) -> str:
    # The image decides what is at this path: a link could lead to a file of the host.
    path = rootfs / name
    if path.is_symlink() or path.parent.is_symlink():
        raise RuntimeFault(_SYMLINK_IN_IMAGE.format(name))
    return path.read_text() if path.is_file() else ""
