"""What a probe or a lifecycle hook does: run a command, ask over HTTP, open a connection, or just wait.

Kubernetes: pkg/kubelet/prober/prober.go, pkg/kubelet/lifecycle/handlers.go
Simplified: no tcpSocket hook.
"""

import asyncio
from dataclasses import dataclass

from minikube_py.api.kinds.core.container import (
    Container,
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    LifecycleHandler,
    Probe,
)
from minikube_py.api.scalars import IntOrString
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.http_get import HttpTarget, Unanswered, dial_error, http_get
from minikube_py.kubelet.observed import ContainerRecord
from minikube_py.runtime.abilities import AnswersProbes, Exec, ExecTimeout, ProbeKind
from minikube_py.runtime.interface import ContainerNotFound, Runtime, RuntimeFault

_HOOK_TIMEOUT_S = 30.0


class HookFailed(MinikubeError):
    """A lifecycle hook did not do its work."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One probe's answer; `output` says why it failed."""

    is_success: bool
    output: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """The running container that is asked, and where."""

    container: Container
    record: ContainerRecord
    address: str


class Handlers:
    """Carries out probes and hooks through the runtime and the pod's network."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def probe(self, kind: ProbeKind, probe: Probe, target: Target) -> Verdict:
        """Ask once; whatever goes wrong is a verdict."""
        timeout_s = float(max(probe.timeout_seconds, 1))
        if isinstance(self._runtime, AnswersProbes):
            try:
                is_success = await self._runtime.probe(target.record.id, kind)
            except ContainerNotFound as error:
                return Verdict(False, str(error))
            return Verdict(is_success, "" if is_success else "scripted to fail")
        if probe.exec is not None:
            return await self._probe_command(probe.exec, target, timeout_s)
        if probe.http_get is not None:
            return await _probe_http(probe.http_get, target, timeout_s)
        if probe.tcp_socket is not None:
            host, port = probe.tcp_socket.host or target.address, probe.tcp_socket.port
            return await _probe_tcp(host, port_number(target.container, port), timeout_s)
        if probe.grpc is not None:
            return await _probe_grpc(probe.grpc, target, timeout_s)
        return Verdict(False, "a probe needs exec, httpGet, tcpSocket or grpc")

    async def run_hook(self, handler: LifecycleHandler, target: Target) -> None:
        """Raises: HookFailed."""
        if handler.exec is not None:
            await self._run_command(handler.exec, target)
        elif handler.http_get is not None:
            verdict = await _probe_http(handler.http_get, target, _HOOK_TIMEOUT_S)
            if not verdict.is_success:
                raise HookFailed(verdict.output)
        elif handler.sleep is not None:
            await asyncio.sleep(handler.sleep.seconds)
        else:
            raise HookFailed("Cannot run handler: a hook needs exec, httpGet or sleep")

    async def _probe_command(self, action: ExecAction, target: Target, timeout_s: float) -> Verdict:
        if not isinstance(self._runtime, Exec):
            return Verdict(False, f"the {self._runtime.name} runtime cannot run commands in containers")
        try:
            result = await self._runtime.exec_sync(target.record.id, action.command, timeout_s)
        except ExecTimeout:
            return Verdict(False, f"command timed out: {_quoted(action)} timed out after {timeout_s:g}s")
        except RuntimeFault as error:
            return Verdict(False, str(error))
        output = (result.stdout + result.stderr).decode(errors="replace")
        return Verdict(result.exit_code == 0, output)

    async def _run_command(self, action: ExecAction, target: Target) -> None:
        if isinstance(self._runtime, AnswersProbes):
            return
        if not isinstance(self._runtime, Exec):
            raise HookFailed(f"the {self._runtime.name} runtime cannot run commands in containers")
        try:
            result = await self._runtime.exec_sync(target.record.id, action.command, None)
        except RuntimeFault as error:
            raise HookFailed(str(error)) from error
        if result.exit_code != 0:
            output = (result.stdout + result.stderr).decode(errors="replace").strip()
            said = f"command '{' '.join(action.command)}' exited with {result.exit_code}"
            raise HookFailed(f"{said}: {output}" if output else said)


def port_number(container: Container, port: IntOrString) -> int:
    """A number, or the number of the container's port of this name; 0 if there is none."""
    if isinstance(port, int):
        return port
    if port.isdecimal():
        return int(port)
    return next((each.container_port for each in container.ports if each.name == port), 0)


async def _probe_http(action: HTTPGetAction, target: Target, timeout_s: float) -> Verdict:
    headers = tuple((header.name, header.value) for header in action.http_headers)
    host, port = action.host or target.address, port_number(target.container, action.port)
    try:
        answer = await http_get(HttpTarget(action.scheme or "HTTP", host, port, action.path or "/", headers), timeout_s)
    except Unanswered as error:
        return Verdict(False, str(error))
    if 200 <= answer.status < 400:
        return Verdict(True, answer.body)
    return Verdict(False, f"HTTP probe failed with statuscode: {answer.status}")


async def _probe_tcp(host: str, port: int, timeout_s: float) -> Verdict:
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return Verdict(False, f"dial tcp {host}:{port}: i/o timeout")
    except OSError as error:
        return Verdict(False, dial_error(host, port, error))
    writer.close()
    return Verdict(True)


async def _probe_grpc(action: GRPCAction, target: Target, timeout_s: float) -> Verdict:
    # Here and not above: gRPC costs every node 10 MB of memory, and few pods ask for it.
    from minikube_py.kubelet.grpc_health import grpc_health

    trouble = await grpc_health(f"{target.address}:{action.port}", action.service or "", timeout_s)
    return Verdict(not trouble, trouble)


def _quoted(action: ExecAction) -> str:
    return f'"{" ".join(action.command)}"'
