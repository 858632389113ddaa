"""What to do next for one pod: a pure function from its spec and what was observed to a tuple of actions.

The worker carries the actions out, observes again and asks again, until there is nothing left to do or only time can
change the answer (`wake_at`). Nothing is remembered here; restarting the kubelet cannot change a decision, except that
back-off clocks start anew.

    no sandbox -> init containers, one after the other -> regular containers, all at once -> (completed) -> end

Sidecars are init containers with restartPolicy Always: they are started in order like the others, the next one waits
only until they have started, and they end after the regular containers, last one first.

Kubernetes: pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodActions), kuberuntime_container.go
Simplified: no restart of all containers at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from minikube_py.api.kinds.core.container import Container, ContainerRestartRule, Probe
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.kubelet.backoff import Backoff, duration_text
from minikube_py.kubelet.observed import ContainerRecord, ObservedPod
from minikube_py.kubelet.pod_containers import ephemeral_containers
from minikube_py.kubelet.resizing import resize_of
from minikube_py.kubelet.resources import cgroup_limits
from minikube_py.runtime.interface import ContainerState, Resources, SandboxState

HASH_ANNOTATION = "io.kubernetes.container.hash"


@dataclass(frozen=True, slots=True)
class CreateSandbox:
    attempt: int


@dataclass(frozen=True, slots=True)
class StartContainer:
    container: Container
    attempt: int
    is_init: bool = False


@dataclass(frozen=True, slots=True)
class KillContainer:
    record: ContainerRecord
    message: str
    """For the event; says why."""
    grace_s: float | None = None
    """None: the pod's own grace period."""


@dataclass(frozen=True, slots=True)
class ResizeContainer:
    """Give a running container other limits."""

    record: ContainerRecord
    limits: Resources


@dataclass(frozen=True, slots=True)
class RemoveContainer:
    """Forget a container that never ran, or an old life that nobody asks for any more."""

    record: ContainerRecord


@dataclass(frozen=True, slots=True)
class StopSandbox:
    sandbox_id: str


@dataclass(frozen=True, slots=True)
class RemoveSandbox:
    sandbox_id: str


Action = (
    CreateSandbox | StartContainer | KillContainer | ResizeContainer | RemoveContainer | StopSandbox | RemoveSandbox
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a container is not running, as its status shows it."""

    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class StartTrouble:
    """A start that failed before there was a container, and when to try again (epoch seconds)."""

    waiting: Waiting
    retry_at: float


@dataclass(frozen=True, slots=True)
class Health:
    """What the probes of one life say; None where there is no probe or no verdict yet."""

    is_started: bool | None = None
    is_live: bool | None = None
    is_ready: bool | None = None


UNPROBED = Health()


@dataclass(frozen=True, slots=True)
class PodClocks:
    """What depends on time and on earlier tries, by container name; health by container id."""

    now: float
    backoffs: Mapping[str, Backoff] = field(default_factory=dict)
    troubles: Mapping[str, StartTrouble] = field(default_factory=dict)
    sandbox_trouble: StartTrouble | None = None
    health: Mapping[str, Health] = field(default_factory=dict)
    is_resizable: bool = True
    """False while the node is too small for what the pod asks for now."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The pod is to be stopped for good. With `phase` the status says so; a deleted pod has none."""

    grace_s: float
    reason: str = ""
    message: str = ""
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    actions: tuple[Action, ...] = ()
    wake_at: float | None = None
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    ending: Ending | None = None
    """Set when this plan is part of the pod's end; without actions the end has been reached."""


def plan_pod(pod: Pod, observed: ObservedPod, clocks: PodClocks) -> Plan:
    """Decide what a pod needs that is not being deleted."""
    ending = _reason_to_end(pod, observed, clocks.now)
    if ending is not None:
        return plan_end(pod, observed, ending)
    planning = _Planning(pod, observed, clocks)
    if observed.sandbox is None:
        planning.make_sandbox()
    elif planning.run_init_containers():
        planning.run_regular_containers()
    if observed.sandbox is not None:
        planning.run_ephemeral_containers()
    planning.clean_up()
    deadline = _deadline(pod)
    if deadline is not None:
        planning.wake(deadline)
    return Plan(tuple(planning.actions), planning.wake_at, planning.waiting)


def plan_end(pod: Pod, observed: ObservedPod, ending: Ending) -> Plan:
    """Stop the regular containers together, then the sidecars last first, then the sandbox."""
    sidecars = [container.name for container in pod.spec.init_containers if is_sidecar(container)]
    regular = [record for record in observed.running if record.name not in sidecars]
    if regular:
        return Plan(tuple(_stop(record, ending) for record in regular), ending=ending)
    for name in reversed(sidecars):
        record = next((each for each in observed.running if each.name == name), None)
        if record is not None:
            return Plan((_stop(record, ending),), ending=ending)
    ready = [sandbox for sandbox in observed.sandboxes if sandbox.state is SandboxState.READY]
    return Plan(tuple(StopSandbox(sandbox.id) for sandbox in ready), ending=ending)


def is_sidecar(container: Container) -> bool:
    """Only meaningful for init containers."""
    return container.restart_policy == "Always"


def restarts_after(pod: Pod, container: Container, exit_code: int, *, is_init: bool = False) -> bool:
    """Whether an ended container is started again: its own rules, its own policy, then the pod's."""
    for rule in container.restart_policy_rules:
        if rule.action == "Restart" and _rule_applies(rule, exit_code):
            return True
    policy = container.restart_policy or pod.spec.restart_policy or "Always"
    if policy == "Always" and not (is_init and exit_code == 0 and not is_sidecar(container)):
        return True
    return policy == "OnFailure" and exit_code != 0


def is_started(container: Container, record: ContainerRecord, health: Health) -> bool:
    """Running, and past its startup probe if it has one."""
    return record.state is ContainerState.RUNNING and (container.startup_probe is None or health.is_started is True)


def grace_period_s(pod: Pod) -> float:
    grace = pod.spec.termination_grace_period_seconds
    return 30.0 if grace is None else float(grace)


def container_hash(container: Container) -> str:
    """What of a container's spec makes a running one outdated: in a running pod only the image can change."""
    return container.image


def _rule_applies(rule: ContainerRestartRule, exit_code: int) -> bool:
    codes = rule.exit_codes
    if codes is None:
        return False
    return (exit_code in codes.values) is (codes.operator == "In")


def _stop(record: ContainerRecord, ending: Ending) -> KillContainer:
    return KillContainer(record, f"Stopping container {record.name}", ending.grace_s)


def _deadline(pod: Pod) -> float | None:
    if pod.spec.active_deadline_seconds is None or pod.status.start_time is None:
        return None
    return pod.status.start_time.epoch_s + pod.spec.active_deadline_seconds


def _reason_to_end(pod: Pod, observed: ObservedPod, now: float) -> Ending | None:
    """A pod that ended stays ended: a phase of Succeeded or Failed is never left."""
    if pod.status.phase in ("Succeeded", "Failed"):
        return Ending(grace_period_s(pod), pod.status.reason, pod.status.message, pod.status.phase)
    deadline = _deadline(pod)
    if deadline is not None and now >= deadline:
        message = "Pod was active on the node longer than the specified deadline"
        return Ending(grace_period_s(pod), "DeadlineExceeded", message, "Failed")
    phase = _completed_phase(pod, observed)
    return Ending(grace_period_s(pod), phase=phase) if phase else None


def _completed_phase(pod: Pod, observed: ObservedPod) -> str:
    """Succeeded or Failed once no regular container will ever run again, else empty."""
    for container in pod.spec.init_containers:
        record = observed.latest(container.name)
        if record is None or record.state is not ContainerState.EXITED or is_sidecar(container):
            continue
        if record.exit_code != 0 and not restarts_after(pod, container, record.exit_code, is_init=True):
            return "Failed"
    codes = []
    for container in pod.spec.containers:
        record = observed.latest(container.name)
        if record is None or record.state is not ContainerState.EXITED:
            return ""
        if restarts_after(pod, container, record.exit_code):
            return ""
        codes.append(record.exit_code)
    return "Succeeded" if not any(codes) else "Failed"


class _Planning:
    """Collects one plan; lives for one call of `plan_pod`."""

    def __init__(self, pod: Pod, observed: ObservedPod, clocks: PodClocks) -> None:
        self._pod = pod
        self._observed = observed
        self._clocks = clocks
        self.actions: list[Action] = []
        self.waiting: dict[str, Waiting] = {}
        self.wake_at: float | None = None

    def wake(self, moment: float) -> None:
        self.wake_at = moment if self.wake_at is None else min(self.wake_at, moment)

    def make_sandbox(self) -> None:
        """The old sandbox with whatever runs in it goes first; a fresh one starts again from the init containers."""
        self.actions.extend(
            KillContainer(record, f"Stopping container {record.name}") for record in self._observed.running
        )
        trouble = self._clocks.sandbox_trouble
        if trouble is not None and self._clocks.now < trouble.retry_at:
            self.wake(trouble.retry_at)
            return
        self.actions.append(CreateSandbox(self._observed.next_sandbox_attempt))

    def run_init_containers(self) -> bool:
        """Bring the init containers as far as they go now; True if the regular containers may run."""
        is_initialized = any(self._observed.current(each.name) for each in self._pod.spec.containers)
        for container in self._pod.spec.init_containers:
            record = self._observed.current(container.name)
            if is_initialized and not is_sidecar(container):
                continue
            if record is not None and self._is_init_done(container, record):
                self._check_running(container, record)
                continue
            self._bring_up(container, record, is_init=True)
            if not is_initialized:
                return False
        return True

    def run_regular_containers(self) -> None:
        for container in self._pod.spec.containers:
            current, latest = self._observed.current(container.name), self._observed.latest(container.name)
            was_finished = current is None and latest is not None and latest.state is ContainerState.EXITED
            if was_finished and latest is not None and not restarts_after(self._pod, container, latest.exit_code):
                continue
            self._bring_up(container, current)

    def run_ephemeral_containers(self) -> None:
        """Each is started once."""
        for container in ephemeral_containers(self._pod):
            record = self._observed.latest(container.name)
            if record is None or record.state is ContainerState.CREATED:
                self._bring_up(container, record)

    def clean_up(self) -> None:
        """Keep one ended life a container beside the newest, and one sandbox beside the newest."""
        for container in (*self._pod.spec.init_containers, *self._pod.spec.containers):
            lives = self._observed.lives(container.name)
            self.actions.extend(RemoveContainer(record) for record in lives[2:] if not _is_alive(record))
        self.actions.extend(RemoveSandbox(sandbox.id) for sandbox in self._observed.sandboxes[2:])

    def _is_init_done(self, container: Container, record: ContainerRecord) -> bool:
        if is_sidecar(container):
            return is_started(container, record, self._health(record))
        return record.state is ContainerState.EXITED and record.exit_code == 0

    def _bring_up(self, container: Container, record: ContainerRecord | None, *, is_init: bool = False) -> None:
        if record is None:
            self._start(container, self._observed.next_attempt(container.name), is_init=is_init)
        elif record.state is ContainerState.CREATED:
            self.actions.append(RemoveContainer(record))
            self._start(container, record.attempt, is_init=is_init)
        elif record.state is ContainerState.RUNNING:
            self._check_running(container, record)
        elif restarts_after(self._pod, container, record.exit_code, is_init=is_init):
            self._restart(container, record, is_init=is_init)

    def _check_running(self, container: Container, record: ContainerRecord) -> None:
        """Kill what runs but should not go on as it is; the next plan starts it again."""
        if record.state is not ContainerState.RUNNING:
            return
        health = self._health(record)
        name = container.name
        if record.annotations.get(HASH_ANNOTATION, container_hash(container)) != container_hash(container):
            self.actions.append(KillContainer(record, f"Container {name} definition changed, will be restarted"))
        elif health.is_started is False:
            why = f"Container {name} failed startup probe, will be restarted"
            self.actions.append(KillContainer(record, why, _probe_grace_s(container.startup_probe)))
        elif health.is_live is False:
            why = f"Container {name} failed liveness probe, will be restarted"
            self.actions.append(KillContainer(record, why, _probe_grace_s(container.liveness_probe)))
        elif self._clocks.is_resizable:
            self._resize(container, record)

    def _resize(self, container: Container, record: ContainerRecord) -> None:
        resize = resize_of(container, record)
        if resize == "by restart":
            self.actions.append(KillContainer(record, f"Container {container.name} resize requires restart"))
        elif resize == "in place":
            self.actions.append(ResizeContainer(record, cgroup_limits(container)))

    def _restart(self, container: Container, record: ContainerRecord, *, is_init: bool) -> None:
        backoff = self._clocks.backoffs.get(container.name)
        ended_at = ended_at_s(record)
        ready_at = backoff.ready_at(ended_at) if backoff is not None else ended_at
        if backoff is None or self._clocks.now >= ready_at:
            self._start(container, record.attempt + 1, is_init=is_init)
            return
        self.waiting[container.name] = Waiting("CrashLoopBackOff", back_off_text(self._pod, container, backoff))
        self.wake(ready_at)

    def _start(self, container: Container, attempt: int, *, is_init: bool) -> None:
        trouble = self._clocks.troubles.get(container.name)
        if trouble is not None and self._clocks.now < trouble.retry_at:
            self.waiting[container.name] = trouble.waiting
            self.wake(trouble.retry_at)
            return
        self.actions.append(StartContainer(container, attempt, is_init))

    def _health(self, record: ContainerRecord) -> Health:
        return self._clocks.health.get(record.id, UNPROBED)


def back_off_text(pod: Pod, container: Container, backoff: Backoff) -> str:
    metadata = pod.metadata
    pod_text = f"{metadata.name}_{metadata.namespace}({metadata.uid})"
    wait = duration_text(backoff.wait_s)
    return f"back-off {wait} restarting failed container={container.name} pod={pod_text}"


def ended_at_s(record: ContainerRecord) -> float:
    moment = record.finished_at or record.created_at
    return moment.timestamp()


def _is_alive(record: ContainerRecord) -> bool:
    return record.state in (ContainerState.RUNNING, ContainerState.CREATED)


def _probe_grace_s(probe: Probe | None) -> float | None:
    grace = probe.termination_grace_period_seconds if probe is not None else None
    return float(grace) if grace is not None else None
