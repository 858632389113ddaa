"""Probes of one pod: a small task for each probe of each running container, which keeps `Health` up to date.

A verdict counts only after so many equal ones in a row. The startup probe holds the other two back; after it has
succeeded it is never asked again. When the verdict of a container changes the pod's worker is woken, nobody else.

Kubernetes: pkg/kubelet/prober/{prober_manager,worker}.go
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from minikube_py.api.kinds.core.container import Container, Probe
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.kubelet.handlers import Handlers, Target, Verdict
from minikube_py.kubelet.observed import ObservedPod
from minikube_py.kubelet.plan import UNPROBED, Health, is_sidecar
from minikube_py.kubelet.pod_events import PodEvents
from minikube_py.runtime.abilities import ProbeKind
from minikube_py.runtime.interface import ContainerState

_DEFAULT_PERIOD_S = 10


@dataclass(frozen=True, slots=True)
class Streak:
    """Equal verdicts in a row. Pure: `after` says what one more makes of it."""

    is_success: bool | None = None
    length: int = 0
    outcome: bool | None = None
    """What counts: None until enough verdicts agree for the first time."""

    def after(self, is_success: bool, probe: Probe) -> "Streak":
        length = self.length + 1 if is_success is self.is_success else 1
        needed = (probe.success_threshold or 1) if is_success else (probe.failure_threshold or 3)
        return Streak(is_success, length, is_success if length >= needed else self.outcome)


@dataclass(slots=True)
class _Probed:
    """One running life and the tasks that ask it."""

    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    has_started: asyncio.Event = field(default_factory=asyncio.Event)


class PodProbes:
    """Owned by a pod's worker; its tasks live in the worker's task group."""

    def __init__(self, group: asyncio.TaskGroup, handlers: Handlers, clock: Callable[[], float]) -> None:
        self._group = group
        self._handlers = handlers
        self._clock = clock
        self._probed: dict[str, _Probed] = {}
        self.health: dict[str, Health] = {}

    def follow(self, pod: Pod, observed: ObservedPod, events: PodEvents, wake: Callable[[], None]) -> None:
        """Ask every running container that has probes, and nobody else."""
        address = pod.status.host_ip if pod.spec.host_network else self._address(observed)
        alive = set()
        sidecars = tuple(container for container in pod.spec.init_containers if is_sidecar(container))
        for container in (*sidecars, *pod.spec.containers):
            record = observed.current(container.name)
            if record is None or record.state is not ContainerState.RUNNING:
                continue
            alive.add(record.id)
            if record.id not in self._probed and _probes(container):
                self._begin(Target(container, record, address), events, wake)
        for container_id in set(self._probed) - alive:
            self._end(container_id)

    def stop(self) -> None:
        """Ask nobody any more; the last verdicts stay."""
        for container_id in tuple(self._probed):
            self._end(container_id, keeps_health=True)

    def _begin(self, target: Target, events: PodEvents, wake: Callable[[], None]) -> None:
        probed = self._probed[target.record.id] = _Probed()
        if target.container.startup_probe is None:
            probed.has_started.set()
        for kind, probe in _probes(target.container):
            work = self._ask_again_and_again(kind, probe, target, events, wake)
            probed.tasks.append(self._group.create_task(work, name=f"{kind} probe of {target.container.name}"))

    def _end(self, container_id: str, *, keeps_health: bool = False) -> None:
        for task in self._probed.pop(container_id).tasks:
            task.cancel()
        if not keeps_health:
            self.health.pop(container_id, None)

    async def _ask_again_and_again(
        self, kind: ProbeKind, probe: Probe, target: Target, events: PodEvents, wake: Callable[[], None]
    ) -> None:
        started_at = target.record.started_at or target.record.created_at
        age_s = self._clock() - started_at.timestamp()
        await asyncio.sleep(max(0.0, probe.initial_delay_seconds - age_s))
        probed = self._probed[target.record.id]
        if kind != "startup":
            await probed.has_started.wait()
        streak = Streak()
        while True:
            verdict = await self._handlers.probe(kind, probe, target)
            if not verdict.is_success:
                _complain(kind, target, verdict, events)
            before, streak = streak, streak.after(verdict.is_success, probe)
            if streak.outcome is not before.outcome and streak.outcome is not None:
                self._set(kind, target.record.id, streak.outcome)
                wake()
                if kind == "startup" and streak.outcome:
                    probed.has_started.set()
                    return
                if kind != "readiness" and not streak.outcome:
                    return
            await asyncio.sleep(probe.period_seconds or _DEFAULT_PERIOD_S)

    def _set(self, kind: ProbeKind, container_id: str, outcome: bool) -> None:
        health = self.health.get(container_id, UNPROBED)
        if kind == "startup":
            health = replace(health, is_started=outcome)
        elif kind == "liveness":
            health = replace(health, is_live=outcome)
        else:
            health = replace(health, is_ready=outcome)
        self.health[container_id] = health

    @staticmethod
    def _address(observed: ObservedPod) -> str:
        sandbox = observed.sandbox
        return sandbox.addresses[0] if sandbox is not None and sandbox.addresses else "127.0.0.1"


def _probes(container: Container) -> list[tuple[ProbeKind, Probe]]:
    found: list[tuple[ProbeKind, Probe | None]] = [
        ("startup", container.startup_probe),
        ("liveness", container.liveness_probe),
        ("readiness", container.readiness_probe),
    ]
    return [(kind, probe) for kind, probe in found if probe is not None]


def _complain(kind: ProbeKind, target: Target, verdict: Verdict, events: PodEvents) -> None:
    said = f"{kind.capitalize()} probe failed: {verdict.output}"
    events.container(target.container.name, "Warning", "Unhealthy", said)
