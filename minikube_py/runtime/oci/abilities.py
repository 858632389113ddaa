"""What the oci runtime can do with a running pod besides running it: logs, exec, port-forward, usage."""

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from minikube_py.runtime.abilities import ContainerStats, ExecResult, ExecSession, ExecTimeout, LogLine, LogOptions
from minikube_py.runtime.interface import RuntimeFault
from minikube_py.runtime.log_file import read_log
from minikube_py.runtime.oci import cgroups, kernel
from minikube_py.runtime.oci.conmon import Programs
from minikube_py.runtime.oci.container import Container
from minikube_py.runtime.oci.exec import start_exec

_CONNECT_TIMEOUT_S = 10.0


class OciAbilities(ABC):
    """Implements Logs, Exec, PortForward and Stats on the containers of its subclass."""

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
        container = self.container(container_id)
        if not container.is_running:
            raise RuntimeFault(f"container {container.record.config.name} is not running")
        return await start_exec(self.programs, container.folder, command, tty=tty, stdin=stdin)

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout_s: float | None) -> ExecResult:
        session = await self.exec(container_id, command, tty=False, stdin=False)
        chunks: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
        try:
            async with asyncio.timeout(timeout_s):
                async for stream, data in session.output():
                    chunks[stream].append(data)
                code = await session.exit_code()
        except TimeoutError:
            raise ExecTimeout(f"command {' '.join(command)!r} did not end within {timeout_s:g}s") from None
        finally:
            await session.close()
        return ExecResult(code, b"".join(chunks["stdout"]), b"".join(chunks["stderr"]))

    async def port_forward(self, sandbox_id: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        netns = self.netns_of(sandbox_id)
        try:
            connection = await kernel.connect_inside(netns, port, _CONNECT_TIMEOUT_S)
        except OSError as error:
            reason = error.strerror or os.strerror(error.errno or 0)
            raise RuntimeFault(f"cannot connect to port {port} in the pod: {reason}") from error
        return await asyncio.open_connection(sock=connection)

    async def stats(self) -> tuple[ContainerStats, ...]:
        return await asyncio.to_thread(lambda: tuple(_stats(container) for container in self.running_containers()))


def _stats(container: Container) -> ContainerStats:
    cgroup = container.record.cgroup
    return ContainerStats(container.record.id, cgroups.cpu_usage_ns(cgroup), cgroups.memory_usage_bytes(cgroup))
