"""What the API shows of each container: its state, its last state, how often it was restarted. Pure.

Kubernetes: pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses)
Simplified: no container user, no resource health.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from minikube_py.api.kinds.core.common import ResourceRequirements
from minikube_py.api.kinds.core.container import Container, VolumeMount
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import (
    ContainerState,
    ContainerStateRunning,
    ContainerStateTerminated,
    ContainerStateWaiting,
    ContainerStatus,
    PodCondition,
    VolumeMountStatus,
)
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.kubelet.observed import ContainerRecord, ObservedPod
from minikube_py.kubelet.plan import UNPROBED, Health, Waiting, is_sidecar, is_started
from minikube_py.kubelet.resizing import resize_of
from minikube_py.kubelet.resources import requests_of
from minikube_py.runtime.interface import ContainerState as RecordState


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a pod's status is made from beside its spec."""

    runtime_name: str
    observed: ObservedPod
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    health: Mapping[str, Health] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    """Termination messages by container id."""
    resize: PodCondition | None = None
    """How a resize that was asked for stands."""
    is_ended: bool = False
    """Nothing of the pod runs any more, or will."""


def container_status(pod: Pod, container: Container, evidence: Evidence, *, is_init: bool) -> ContainerStatus:
    """Describe one container."""
    record = evidence.observed.latest(container.name)
    waiting = evidence.waiting.get(container.name)
    if record is None or record.state is RecordState.CREATED:
        state = ContainerState(waiting=_waiting(pod, waiting))
        status = ContainerStatus(name=container.name, image=container.image, state=state, started=False)
        return _with_mounts(status, container)
    health = evidence.health.get(record.id, UNPROBED)
    has_started = is_started(container, record, health)
    state = _state(evidence, record)
    previous = _previous_exit(evidence, record)
    last_state = _state(evidence, previous) if previous is not None else ContainerState()
    if waiting is not None and record.state is RecordState.EXITED:
        state, last_state = ContainerState(waiting=_waiting(pod, waiting)), state
    status = ContainerStatus(
        name=container.name,
        state=state,
        last_state=last_state,
        ready=_is_ready(container, record, health, has_started=has_started, is_init=is_init),
        restart_count=record.attempt,
        image=record.image,
        image_id=record.image_digest or record.image_id,
        container_id=container_id(evidence, record),
        started=has_started,
        allocated_resources=requests_of(container.resources),
        resources=_resources_in_force(pod, container, record),
    )
    return _with_mounts(status, container)


def container_id(evidence: Evidence, record: ContainerRecord) -> str:
    return f"{evidence.runtime_name}://{record.id}"


def _resources_in_force(pod: Pod, container: Container, record: ContainerRecord) -> ResourceRequirements:
    """What the spec asks for once the runtime has it, until then what was said last."""
    if record.state is RecordState.RUNNING and resize_of(container, record) != "none":
        said = (*pod.status.init_container_statuses, *pod.status.container_statuses)
        return next((each.resources for each in said if each.name == container.name), None) or ResourceRequirements()
    return ResourceRequirements(limits=container.resources.limits, requests=requests_of(container.resources))


def _waiting(pod: Pod, waiting: Waiting | None) -> ContainerStateWaiting:
    if waiting is not None:
        return ContainerStateWaiting(reason=waiting.reason, message=waiting.message)
    return ContainerStateWaiting(reason="PodInitializing" if pod.spec.init_containers else "ContainerCreating")


def _previous_exit(evidence: Evidence, record: ContainerRecord) -> ContainerRecord | None:
    lives = evidence.observed.lives(record.name)
    older = lives[lives.index(record) + 1 :]
    return next((each for each in older if each.state is RecordState.EXITED), None)


def _state(evidence: Evidence, record: ContainerRecord) -> ContainerState:
    started_at = Time.at(record.started_at.timestamp()) if record.started_at is not None else None
    if record.state is RecordState.RUNNING:
        return ContainerState(running=ContainerStateRunning(started_at=started_at))
    finished_at = Time.at(record.finished_at.timestamp()) if record.finished_at is not None else None
    return ContainerState(
        terminated=ContainerStateTerminated(
            exit_code=record.exit_code if record.state is RecordState.EXITED else 137,
            reason=record.reason or "ContainerStatusUnknown",
            message=evidence.messages.get(record.id, record.message),
            started_at=started_at,
            finished_at=finished_at,
            container_id=container_id(evidence, record),
        )
    )


def _is_ready(
    container: Container, record: ContainerRecord, health: Health, *, has_started: bool, is_init: bool
) -> bool:
    if is_init and not is_sidecar(container):
        return record.state is RecordState.EXITED and record.exit_code == 0
    return has_started and (container.readiness_probe is None or health.is_ready is True)


def _with_mounts(status: ContainerStatus, container: Container) -> ContainerStatus:
    mounts = tuple(_mount_status(mount) for mount in container.volume_mounts)
    return replace(status, volume_mounts=mounts)


def _mount_status(mount: VolumeMount) -> VolumeMountStatus:
    return VolumeMountStatus(
        name=mount.name,
        mount_path=mount.mount_path,
        read_only=mount.read_only,
        recursive_read_only="Disabled" if mount.read_only else None,
    )
