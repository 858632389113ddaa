"""A pod's status: phase, conditions, addresses, container statuses. Pure.

Status is always computed anew from the spec and what was observed; of the old status only what others own (their
conditions, the nomination) and the moments of the last transitions are taken over.

Kubernetes: pkg/kubelet/kubelet_pods.go (getPhase, generateAPIPodStatus), pkg/kubelet/status/generate.go
Simplified: one address family; no pod-level resources.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import ContainerStatus, HostIP, PodCondition, PodIP, PodStatus
from minikube_py.api.model import Json, replace
from minikube_py.api.scalars import Time
from minikube_py.kubelet.container_status import Evidence, container_status
from minikube_py.kubelet.plan import Ending, is_sidecar
from minikube_py.kubelet.pod_containers import ephemeral_containers
from minikube_py.kubelet.resizing import IN_PROGRESS, PENDING
from minikube_py.kubelet.resources import qos_class

OWN_CONDITIONS = (
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
    PENDING,
    IN_PROGRESS,
)


@dataclass(frozen=True, slots=True)
class NodeAddressing:
    """Where the pod is, seen from outside."""

    host_ip: str = ""


def pod_status(pod: Pod, evidence: Evidence, node: NodeAddressing, now: Time, ending: Ending | None) -> PodStatus:
    """Describe a pod; `pod.status` is what was said last."""
    old = pod.status
    init = tuple(container_status(pod, each, evidence, is_init=True) for each in pod.spec.init_containers)
    regular = tuple(container_status(pod, each, evidence, is_init=False) for each in pod.spec.containers)
    ephemeral = tuple(
        replace(container_status(pod, each, evidence, is_init=False), ready=False) for each in ephemeral_containers(pod)
    )
    if evidence.is_ended:
        init, regular = _ended(init), _ended(regular)
    phase = old.phase if old.phase in ("Succeeded", "Failed") else _phase(pod, init, regular, evidence)
    if ending is not None and ending.phase and evidence.is_ended:
        phase = ending.phase
    addresses = _addresses(pod, evidence, node)
    status = replace(
        old,
        phase=phase,
        reason=ending.reason if ending is not None and ending.reason else old.reason,
        message=ending.message if ending is not None and ending.message else old.message,
        observed_generation=pod.metadata.generation,
        host_ip=node.host_ip,
        host_ips=(HostIP(ip=node.host_ip),) if node.host_ip else (),
        pod_ip=addresses[0] if addresses else "",
        pod_ips=tuple(PodIP(ip=address) for address in addresses),
        start_time=old.start_time or now,
        qos_class=qos_class(pod),
        init_container_statuses=init,
        container_statuses=regular,
        ephemeral_container_statuses=ephemeral,
    )
    return replace(status, conditions=_conditions(pod, status, evidence, now))


def _addresses(pod: Pod, evidence: Evidence, node: NodeAddressing) -> tuple[str, ...]:
    """Those of the sandbox; once it is gone, the last ones known."""
    sandbox = evidence.observed.sandbox
    if sandbox is None:
        return tuple(each.ip for each in pod.status.pod_ips)
    if pod.spec.host_network:
        return (node.host_ip,) if node.host_ip else ()
    return sandbox.addresses


def _ended(statuses: tuple[ContainerStatus, ...]) -> tuple[ContainerStatus, ...]:
    """In a pod that has ended nothing runs and nothing waits for a restart."""
    return tuple(_ended_status(status) for status in statuses)


def _ended_status(status: ContainerStatus) -> ContainerStatus:
    waits_for_restart = status.state.waiting is not None and status.last_state.terminated is not None
    if waits_for_restart:
        return replace(status, state=status.last_state, last_state=type(status.last_state)(), ready=False)
    return replace(status, ready=False) if status.state.terminated is None else status


def _phase(
    pod: Pod, init: tuple[ContainerStatus, ...], regular: tuple[ContainerStatus, ...], evidence: Evidence
) -> str:
    if evidence.is_ended:
        return "Succeeded" if regular and all(_exit_code(each) == 0 for each in regular) else "Failed"
    has_begun = any(each.container_id for each in regular)
    if not has_begun:
        failed = [each for each in _plain_init(pod, init) if _exit_code(each) not in (None, 0)]
        if failed and pod.spec.restart_policy == "Never":
            return "Failed"
        if any(_exit_code(each) != 0 for each in _plain_init(pod, init)):
            return "Pending"
    if any(each.state.waiting is not None and each.last_state.terminated is None for each in regular):
        return "Pending"
    if any(each.state.running is not None for each in regular) or not regular:
        return "Running" if regular else "Pending"
    if pod.spec.restart_policy in ("", "Always"):
        return "Running"
    codes = [_exit_code(each) for each in regular]
    if all(code == 0 for code in codes):
        return "Succeeded"
    return "Failed" if pod.spec.restart_policy == "Never" else "Running"


def _plain_init(pod: Pod, init: tuple[ContainerStatus, ...]) -> list[ContainerStatus]:
    containers = zip(pod.spec.init_containers, init, strict=True)
    return [status for container, status in containers if not is_sidecar(container)]


def _exit_code(status: ContainerStatus) -> int | None:
    return status.state.terminated.exit_code if status.state.terminated is not None else None


def _conditions(pod: Pod, status: PodStatus, evidence: Evidence, now: Time) -> tuple[PodCondition, ...]:
    containers_ready = _containers_ready(pod, status)
    has_sandbox = evidence.observed.sandbox is not None and bool(status.pod_ips or pod.spec.host_network)
    fresh = [
        PodCondition(type="PodReadyToStartContainers", status=_truth(has_sandbox)),
        _initialized(pod, status),
        _ready(pod, containers_ready),
        containers_ready,
        PodCondition(type="PodScheduled", status="True"),
    ]
    if evidence.resize is not None:
        fresh.append(evidence.resize)
    old = {condition.type: condition for condition in pod.status.conditions}
    generation = pod.metadata.generation
    own = tuple(_dated(replace(each, observed_generation=generation), old.get(each.type), now) for each in fresh)
    foreign = tuple(each for each in pod.status.conditions if each.type not in OWN_CONDITIONS)
    return own + foreign


def _truth(is_true: bool) -> str:
    return "True" if is_true else "False"


def _dated(condition: PodCondition, old: PodCondition | None, now: Time) -> PodCondition:
    has_changed = old is None or old.status != condition.status
    moment = now if has_changed or old is None else old.last_transition_time
    return replace(condition, last_transition_time=moment)


def _initialized(pod: Pod, status: PodStatus) -> PodCondition:
    if status.phase == "Succeeded":
        return PodCondition(type="Initialized", status="True", reason="PodCompleted")
    if any(each.container_id for each in status.container_statuses):
        return PodCondition(type="Initialized", status="True")
    by_name = {each.name: each for each in status.init_container_statuses}
    incomplete = [each.name for each in pod.spec.init_containers if not _is_initialized(each, by_name[each.name])]
    if not incomplete:
        return PodCondition(type="Initialized", status="True")
    message = f"containers with incomplete status: [{' '.join(incomplete)}]"
    return PodCondition(type="Initialized", status="False", reason="ContainersNotInitialized", message=message)


def _is_initialized(container: Container, status: ContainerStatus) -> bool:
    return bool(status.started) if is_sidecar(container) else status.ready


def _containers_ready(pod: Pod, status: PodStatus) -> PodCondition:
    ended = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(status.phase)
    if ended:
        return PodCondition(type="ContainersReady", status="False", reason=ended)
    sidecars = [each.name for each in pod.spec.init_containers if is_sidecar(each)]
    counted: Iterable[ContainerStatus] = (
        *(each for each in status.init_container_statuses if each.name in sidecars),
        *status.container_statuses,
    )
    unready = [each.name for each in counted if not each.ready]
    if not unready:
        return PodCondition(type="ContainersReady", status="True")
    message = f"containers with unready status: [{' '.join(unready)}]"
    return PodCondition(type="ContainersReady", status="False", reason="ContainersNotReady", message=message)


def _ready(pod: Pod, containers_ready: PodCondition) -> PodCondition:
    """Ready is ContainersReady and every readiness gate."""
    if containers_ready.status != "True":
        return replace(containers_ready, type="Ready")
    given = {condition.type: condition.status for condition in pod.status.conditions}
    complaints = []
    for gate in pod.spec.readiness_gates:
        name = gate.condition_type
        if name not in given:
            complaints.append(f'corresponding condition of pod readiness gate "{name}" does not exist.')
        elif given[name] != "True":
            complaints.append(f'the status of pod readiness gate "{name}" is not "True", but {given[name]}')
    if not complaints:
        return PodCondition(type="Ready", status="True")
    message = ", ".join(complaints)
    return PodCondition(type="Ready", status="False", reason="ReadinessGatesNotReady", message=message)


def status_patch(uid: str, old: PodStatus, new: PodStatus) -> dict[str, Json] | None:
    """The strategic merge patch from what was said last to what is so now; None if nothing changed.

    Lists that the API merges by key are replaced as a whole, except the conditions: those of others stay theirs.
    """
    before, after = old.to_dict(), new.to_dict()
    changes: dict[str, Json] = {key: None for key in before if key not in after}
    for key, value in after.items():
        if before.get(key) == value:
            continue
        if key == "conditions":
            changes[key] = _changed_conditions(before.get(key) or [], value)
        elif key in ("podIPs", "hostIPs"):
            changes[key] = [{"$patch": "replace"}, *value]
        else:
            changes[key] = value
    return {"metadata": {"uid": uid}, "status": changes} if changes else None


def _changed_conditions(before: list[Json], after: list[Json]) -> list[Json]:
    """Those that differ, with a null for what they no longer say: a merge leaves alone what is not named."""
    known = {each["type"]: each for each in before}
    now = {each["type"] for each in after}
    gone = [{"type": kind, "$patch": "delete"} for kind in known if kind not in now]
    return gone + [
        {**dict.fromkeys(known.get(each["type"], {})), **each} for each in after if known.get(each["type"]) != each
    ]
