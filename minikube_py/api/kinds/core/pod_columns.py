"""What `kubectl get pods` says of a pod: the one word that explains its state, and who restarted when.

The status column is the phase unless something more telling is known: why it was evicted, which init container it is
at, what its last container waits for or ended with, or that it is being deleted.

Kubernetes: pkg/printers/internalversion/printers.go (printPod)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minikube_py.api.columns import AGE, NAME, NONE, age
from minikube_py.api.definition import Cell, Column
from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod_status import ContainerStateTerminated, ContainerStatus, PodStatus
from minikube_py.api.scalars import Time

if TYPE_CHECKING:
    from minikube_py.api.kinds.core.pod import Pod


@dataclass(frozen=True, slots=True)
class PodSummary:
    """A pod in one line."""

    reason: str
    ready: int
    containers: int
    restarts: int
    last_restart: Time | None


@dataclass(frozen=True, slots=True)
class _Initialization:
    """How far the init containers are."""

    reason: str
    """Empty when none of them is in the way any more."""
    ready: int
    restarts: int
    last_restart: Time | None
    sidecar_restarts: int
    last_sidecar_restart: Time | None


def summarized(pod: Pod) -> PodSummary:
    status = pod.status
    reason = status.reason or status.phase
    if any(c.type == "PodScheduled" and c.reason == "SchedulingGated" for c in status.conditions):
        reason = "SchedulingGated"
    sidecars = frozenset(c.name for c in pod.spec.init_containers if c.restart_policy == "Always")
    init = _initialization(status.init_container_statuses, pod.spec.init_containers, sidecars)
    restarts, last_restart, ready = init.restarts, init.last_restart, init.ready
    if not init.reason or _is_true(status, "Initialized"):
        statuses = status.container_statuses
        reason = _containers_reason(status, init.reason or reason)
        ready += sum(1 for container in statuses if _runs_ready(container))
        restarts = init.sidecar_restarts + sum(container.restart_count for container in statuses)
        last_restart = _latest(init.last_sidecar_restart, *map(_ended_at, statuses))
    else:
        reason = init.reason
    if pod.metadata.deletion_timestamp is not None:
        reason = _deleted_reason(status, reason)
    return PodSummary(reason, ready, len(pod.spec.containers) + len(sidecars), restarts, last_restart)


def _initialization(
    statuses: Sequence[ContainerStatus], containers: Sequence[Container], sidecars: frozenset[str]
) -> _Initialization:
    reason, ready, seen = "", 0, []
    for index, status in enumerate(statuses):
        seen.append(status)
        ended = status.state.terminated
        if ended is not None and ended.exit_code == 0:
            continue
        if status.name in sidecars and status.started:
            ready += status.ready
            continue
        reason = _init_reason(status, f"{index}/{len(containers)}")
        break
    of_sidecars = [status for status in seen if status.name in sidecars]
    return _Initialization(
        reason=reason,
        ready=ready,
        restarts=sum(status.restart_count for status in seen),
        last_restart=_latest(*map(_ended_at, seen)),
        sidecar_restarts=sum(status.restart_count for status in of_sidecars),
        last_sidecar_restart=_latest(*map(_ended_at, of_sidecars)),
    )


def _init_reason(status: ContainerStatus, progress: str) -> str:
    ended, waiting = status.state.terminated, status.state.waiting
    if ended is not None:
        return f"Init:{_ending(ended)}"
    if waiting is not None and waiting.reason not in ("", "PodInitializing"):
        return f"Init:{waiting.reason}"
    return f"Init:{progress}"


def _ending(ended: ContainerStateTerminated) -> str:
    return ended.reason or (f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exit_code}")


def _containers_reason(status: PodStatus, reason: str) -> str:
    """What the first container that has something to tell tells, else `reason`."""
    for container in status.container_statuses:
        waiting, ended = container.state.waiting, container.state.terminated
        if waiting is not None and waiting.reason:
            reason = waiting.reason
            break
        if ended is not None:
            reason = _ending(ended)
            break
    if reason == "Completed" and any(map(_runs_ready, status.container_statuses)):
        return "Running" if _is_true(status, "Ready") else "NotReady"
    return reason


def _deleted_reason(status: PodStatus, reason: str) -> str:
    if status.reason == "NodeLost":
        return "Unknown"
    return reason if status.phase in ("Succeeded", "Failed") else "Terminating"


def _runs_ready(container: ContainerStatus) -> bool:
    state = container.state
    is_waiting_for = state.waiting is not None and state.waiting.reason
    return container.ready and state.running is not None and not is_waiting_for and state.terminated is None


def _is_true(status: PodStatus, condition: str) -> bool:
    return any(c.type == condition and c.status == "True" for c in status.conditions)


def _ended_at(container: ContainerStatus) -> Time | None:
    ended = container.last_state.terminated
    return ended.finished_at if ended is not None else None


def _latest(*times: Time | None) -> Time | None:
    return max((time for time in times if time is not None), default=None)


class _OneSummary:
    """`summarized`, once for the three columns that ask for it one after another."""

    def __init__(self) -> None:
        self._pod: Pod | None = None
        self._summary: PodSummary | None = None

    def of(self, pod: Pod) -> PodSummary:
        if self._summary is None or self._pod is not pod:
            self._pod, self._summary = pod, summarized(pod)
        return self._summary


_ONE = _OneSummary()


def _ready(pod: Pod) -> str:
    summary = _ONE.of(pod)
    return f"{summary.ready}/{summary.containers}"


def _restarts(pod: Pod) -> Cell:
    summary = _ONE.of(pod)
    if not summary.restarts or summary.last_restart is None:
        return str(summary.restarts)
    return age(summary.last_restart, f"{summary.restarts} (", " ago)")


def _ip(pod: Pod) -> str:
    return pod.status.pod_ips[0].ip if pod.status.pod_ips else NONE


def _readiness_gates(pod: Pod) -> str:
    gates = pod.spec.readiness_gates
    return f"{sum(_is_true(pod.status, gate.condition_type) for gate in gates)}/{len(gates)}" if gates else NONE


POD_COLUMNS = (
    NAME,
    Column("Ready", _ready),
    Column("Status", lambda pod: _ONE.of(pod).reason),
    Column("Restarts", _restarts),
    AGE,
    Column("IP", _ip, priority=1),
    Column("Node", lambda pod: pod.spec.node_name or NONE, priority=1),
    Column("Nominated Node", lambda pod: pod.status.nominated_node_name or NONE, priority=1),
    Column("Readiness Gates", _readiness_gates, priority=1),
)
