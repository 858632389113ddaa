"""What the oci runtime can do with a running pod besides running it: logs, exec, attach, port-forward, usage."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from minikube_py.runtime.abilities import ContainerStats, ExecResult, ExecSession, LogLine, LogOptions, Session
from minikube_py.runtime.exec_sync import run_to_end
from minikube_py.runtime.interface import RuntimeFault
from minikube_py.runtime.log_file import read_log
from minikube_py.runtime.oci import cgroups, kernel
from minikube_py.runtime.oci.attach import join
from minikube_py.runtime.oci.conmon import Programs
from minikube_py.runtime.oci.container import Container
from minikube_py.runtime.oci.exec import start_exec

_CONNECT_TIMEOUT_S = 10.0


class OciAbilities(ABC):
    """Implements Logs, Exec, Attach, PortForward and Stats on the containers of its subclass."""

    @abstractmethod
    def container(self, container_id: str) -> Container: ...

    @abstractmethod
    def running_containers(self) -> tuple[Container, ...]: ...

    @abstractmethod
    def netns_of(self, sandbox_id: str) -> Path: ...

    @property
    @abstractmethod
    def programs(self) -> Programs: ...

    def logs(self, container_id: str, options: LogOptions) -> AsyncIterator[LogLine]:
        container = self.container(container_id)
        return read_log(container.log, options, container.ended)

    async def exec(self, container_id: str, command: Sequence[str], *, tty: bool, stdin: bool) -> ExecSession:
        return await start_exec(self.programs, self._running(container_id).folder, command, tty=tty, stdin=stdin)

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout_s: float | None) -> ExecResult:
        return await run_to_end(await self.exec(container_id, command, tty=False, stdin=False), command, timeout_s)

    async def attach(self, container_id: str, *, stdin: bool) -> Session:
        return await join(self._running(container_id).folder)

    async def port_forward(self, sandbox_id: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await kernel.connect_inside(self.netns_of(sandbox_id), port, _CONNECT_TIMEOUT_S)

    async def stats(self) -> tuple[ContainerStats, ...]:
        return await asyncio.to_thread(lambda: tuple(_stats(container) for container in self.running_containers()))

    def _running(self, container_id: str) -> Container:
        container = self.container(container_id)
        if not container.is_running:
            raise RuntimeFault(f"container {container.record.config.name} is not running")
        return container


def _stats(container: Container) -> ContainerStats:
    cgroup = container.record.cgroup
    return ContainerStats(container.record.id, cgroups.cpu_usage_ns(cgroup), cgroups.memory_usage_bytes(cgroup))
