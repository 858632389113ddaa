"""What a runtime may be able to do besides running pods, one protocol an ability; ask with `isinstance`.

The kubelet's server turns `Logs`, `Exec`, `Attach` and `PortForward` into HTTP, its probes use `Exec` or
`AnswersProbes`, its summary `Stats`; `Destroy` is for whoever takes a node away. The real runtimes have all, the
simulated one has no sockets to forward to, and nothing to take away.

Kubernetes: Exec, ExecSync, Attach, PortForward and ContainerStats of k8s.io/cri-api; upstream's kubelet reads logs.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from minikube_py.runtime.interface import RuntimeFault

LogStream = Literal["stdout", "stderr"]


@dataclass(frozen=True, slots=True)
class LogOptions:
    """Which lines: the last `tail` (None = all) of those not older than `since`; `follow` until the container ends."""

    follow: bool = False
    tail: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as written; `data` ends with a newline unless the writer's line was longer than the log's buffer."""

    timestamp: str
    """RFC 3339 with nanoseconds, as the log has it."""
    stream: LogStream
    data: bytes


@runtime_checkable
class Logs(Protocol):
    def logs(self, container_id: str, options: LogOptions) -> AsyncIterator[LogLine]:
        """Lines in the order written. Raises: ContainerNotFound."""


@dataclass(frozen=True, slots=True)
class ExecResult:
    exit_code: int
    stdout: bytes
    stderr: bytes


class ExecTimeout(RuntimeFault):
    """The command did not end in time and was killed."""


class Session(Protocol):
    """Bytes to and from a process in a container."""

    async def write(self, data: bytes) -> None:
        """Feed stdin; returns when the process may be fed more."""

    async def close_stdin(self) -> None: ...

    def output(self) -> AsyncIterator[tuple[LogStream, bytes]]:
        """Chunks as they come; with a terminal everything is stdout."""

    async def resize(self, width: int, height: int) -> None:
        """Tell the terminal its size; without a terminal nothing happens."""

    async def close(self) -> None:
        """Let go of the streams; a command that exec started is killed if it still runs."""


class ExecSession(Session, Protocol):
    """A command running in a container. Read `output()` to its end, then `exit_code()`."""

    async def exit_code(self) -> int: ...


@runtime_checkable
class Exec(Protocol):
    async def exec(self, container_id: str, command: Sequence[str], *, tty: bool, stdin: bool) -> ExecSession:
        """Start a command inside a running container. Raises: ContainerNotFound."""

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout_s: float | None) -> ExecResult:
        """Run a command to its end. Raises: ExecTimeout, ContainerNotFound."""


@runtime_checkable
class Attach(Protocol):
    async def attach(self, container_id: str, *, stdin: bool) -> Session:
        """Join a running container: what it prints from now on, and its input if it has one.

        Raises: ContainerNotFound, RuntimeFault (not running).
        """


@runtime_checkable
class PortForward(Protocol):
    async def port_forward(self, sandbox_id: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a TCP port on the sandbox's loopback. Raises: SandboxNotFound, RuntimeFault (refused)."""


@runtime_checkable
class Destroy(Protocol):
    async def destroy(self) -> None:
        """Take away everything that this runtime ever made on the machine."""


@dataclass(frozen=True, slots=True)
class ContainerStats:
    container_id: str
    cpu_usage_ns: int
    memory_usage_bytes: int


@runtime_checkable
class Stats(Protocol):
    async def stats(self) -> tuple[ContainerStats, ...]:
        """Usage of every running container."""


ProbeKind = Literal["startup", "liveness", "readiness"]


@runtime_checkable
class AnswersProbes(Protocol):
    """A runtime whose containers have no real port or process to ask answers for them."""

    async def probe(self, container_id: str, kind: ProbeKind) -> bool: ...
