"""One pod's worker: observe, plan, act, report; again until there is nothing to do, then wait to be woken.

    woken by: a change of the pod, an event of the runtime, a probe's verdict, or the time that the plan named

Invariants: one pod has one worker, so nothing about a pod happens twice at once; a worker remembers nothing that a
restart would miss except back-off clocks and probe verdicts; it never waits for one thing (an image, a container's
grace period, a hook) so firmly that the pod's deletion could not reach it.

Kubernetes: pkg/kubelet/pod_workers.go, kubelet.go (SyncPod, SyncTerminatingPod, SyncTerminatedPod)
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodCondition, PodStatus
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.status import ApiError
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.backoff import Backoff, grow
from minikube_py.kubelet.container_config import sandbox_config
from minikube_py.kubelet.container_starter import ContainerStarter, StartFailed
from minikube_py.kubelet.container_status import Evidence
from minikube_py.kubelet.downward import PodFacts
from minikube_py.kubelet.handlers import HookFailed
from minikube_py.kubelet.images import ImageTrouble
from minikube_py.kubelet.lifecycle import Lifecycle
from minikube_py.kubelet.node_context import NodeContext
from minikube_py.kubelet.observed import ContainerRecord, ObservedPod, observe
from minikube_py.kubelet.plan import (
    Action,
    CreateSandbox,
    Ending,
    KillContainer,
    Plan,
    PodClocks,
    RemoveContainer,
    RemoveSandbox,
    ResizeContainer,
    StartContainer,
    StartTrouble,
    StopSandbox,
    Waiting,
    ended_at_s,
    grace_period_s,
    plan_end,
    plan_pod,
)
from minikube_py.kubelet.pod_events import PodEvents
from minikube_py.kubelet.pod_status import OWN_CONDITIONS, NodeAddressing, pod_status
from minikube_py.kubelet.probes import PodProbes
from minikube_py.kubelet.references import MissingReference
from minikube_py.kubelet.resizing import PENDING, resize_condition
from minikube_py.kubelet.static_pods import SOURCE_ANNOTATION
from minikube_py.kubelet.termination_messages import TerminationMessages
from minikube_py.kubelet.troubles import RETRY_S, Troubles
from minikube_py.kubelet.volumes import VolumeTrouble
from minikube_py.machinery.backoff import Backoff as Pause
from minikube_py.machinery.backoff import BackoffPolicy
from minikube_py.runtime.interface import RuntimeFault, SandboxFailed

log = logging.getLogger(__name__)

T = TypeVar("T")

_AFTER_A_FAULT = BackoffPolicy(initial_s=0.5, cap_s=30.0)
_VOLUMES_AGAIN = BackoffPolicy(initial_s=0.5, cap_s=120.0)
_ORPHAN_GRACE_S = 2.0
"""What the containers of a pod get that was removed by force."""


class _Interrupted(MinikubeError):
    """The pod's end has come nearer while something long was going on."""


class PodWorker:
    """Keeps one pod as its spec says. `run` it as a task; `update` and `wake` it from the same event loop."""

    def __init__(self, context: NodeContext, pod: Pod) -> None:
        self._context = context
        self._pod = pod
        self._status: PodStatus = pod.status
        self._is_gone = False
        self._wake = asyncio.Event()
        self._interrupt = asyncio.Event()
        self._starter = ContainerStarter(context)
        self._lifecycle = Lifecycle(context)
        self._messages = TerminationMessages(context)
        self._troubles = Troubles()
        self._sandbox_trouble: StartTrouble | None = None
        self._volume_pause = Pause(_VOLUMES_AGAIN)
        self._volumes: Mapping[str, Path] | None = None
        self._refreshed_at = 0.0
        self._backoffs: dict[str, Backoff] = {}
        self._shown: Mapping[str, Waiting] = {}
        self._is_declared_over = False
        self._has_finished = False

    @property
    def pod(self) -> Pod:
        """The pod with the status that was said last."""
        foreign = tuple(each for each in self._pod.status.conditions if each.type not in OWN_CONDITIONS)
        own = tuple(each for each in self._status.conditions if each.type in OWN_CONDITIONS)
        return replace(self._pod, status=replace(self._status, conditions=own + foreign))

    def update(self, pod: Pod) -> None:
        """The spec or metadata has changed."""
        before, self._pod = self._grace_s(), pod
        after = self._grace_s()
        if after is not None and (before is None or after < before):
            self._interrupt.set()
        self._wake.set()

    def remove(self) -> None:
        """The pod is gone from where it came from: stop it and leave nothing behind."""
        self._is_gone = True
        self._interrupt.set()
        self._wake.set()

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Work until the pod is gone and nothing is left of it."""
        async with asyncio.TaskGroup() as group:
            self._probes = PodProbes(group, self._context.handlers, self._context.clock)
            pause = Pause(_AFTER_A_FAULT)
            while True:
                self._wake.clear()
                try:
                    wake_at = await self._work()
                    pause.reset()
                except _Interrupted:
                    continue
                except (RuntimeFault, ApiError, OSError) as error:
                    log.warning("pod must wait", extra={"pod": self._name, "error": str(error)})
                    wake_at = self._context.clock() + pause.next_s()
                except Exception:  # a mistake about one pod must not stop all others
                    log.exception("pod worker failed", extra={"pod": self._name})
                    wake_at = self._context.clock() + pause.next_s()
                if self._is_gone and self._has_finished:
                    break
                await self._sleep_until(wake_at)
            self._probes.stop()

    async def _work(self) -> float | None:
        """Act until a plan has nothing to do; returns when time alone will change that."""
        while True:
            observed = await observe(self._context.runtime, self._pod.metadata.uid)
            # The plan takes everything into account that was said until now; only what comes later interrupts it.
            self._interrupt.clear()
            plan = self._plan(observed)
            if plan.ending is None:
                self._probes.follow(self.pod, observed, self._events, self.wake)
            else:
                self._probes.stop()
            has_ended = plan.ending is not None and not plan.actions
            await self._say(observed, plan, has_ended=has_ended)
            if has_ended:
                await self._finish(observed)
                return None
            if not plan.actions:
                return await self._refresh(observed, plan)
            await self._act(observed, plan.actions)

    def _plan(self, observed: ObservedPod) -> Plan:
        now = self._context.clock()
        grace_s = self._grace_s()
        if grace_s is not None:
            return plan_end(self._pod, observed, Ending(grace_s))
        resize = self._resize_condition(observed)
        clocks = PodClocks(
            now,
            self._backoffs,
            self._troubles.at(now),
            self._sandbox_trouble,
            self._probes.health,
            is_resizable=resize is None or resize.type != PENDING,
        )
        return plan_pod(self.pod, observed, clocks)

    def _resize_condition(self, observed: ObservedPod) -> PodCondition | None:
        return resize_condition(self._pod, observed, self._context.facts().allocatable)

    def _grace_s(self) -> float | None:
        """How long the pod's containers may take to end; None while it is to run."""
        metadata, own = self._pod.metadata, grace_period_s(self._pod)
        granted = metadata.deletion_grace_period_seconds
        if metadata.deletion_timestamp is not None:
            return own if granted is None else float(granted)
        if self._is_gone:
            return own if SOURCE_ANNOTATION in metadata.annotations else min(own, _ORPHAN_GRACE_S)
        return None

    async def _say(self, observed: ObservedPod, plan: Plan, *, has_ended: bool) -> None:
        self._announce_waiting(plan.waiting)
        evidence = Evidence(
            runtime_name=self._context.runtime.name,
            observed=observed,
            waiting=plan.waiting,
            health=self._probes.health,
            messages=await self._messages.of(self._pod, observed),
            resize=self._resize_condition(observed),
            is_ended=has_ended,
        )
        now = Time.at(self._context.clock())
        node = NodeAddressing(self._context.facts().host_ip)
        status = pod_status(self.pod, evidence, node, now, plan.ending)
        if status != self._status:
            self._events.changed(self._status, status)
            self._status = status
            self._context.report(self._pod, status, is_final=False)

    def _announce_waiting(self, waiting: Mapping[str, Waiting]) -> None:
        for name, each in waiting.items():
            before = self._shown.get(name)
            if before is None or before.reason != each.reason:
                self._events.waits(name, each)
        self._shown = waiting

    async def _refresh(self, observed: ObservedPod, plan: Plan) -> float | None:
        """Bring the volumes of a running pod up to date now and then."""
        period_s, now = self._context.refresh_s, self._context.clock()
        if not period_s or not self._pod.spec.volumes or observed.sandbox is None:
            return plan.wake_at
        if now >= self._refreshed_at + period_s:
            await self._set_up_volumes(observed)
        due = self._refreshed_at + period_s
        return due if plan.wake_at is None else min(due, plan.wake_at)

    async def _finish(self, observed: ObservedPod) -> None:
        """Nothing runs any more: give back what the pod held, as far as nobody may still ask for it."""
        is_deleted = self._pod.metadata.deletion_timestamp is not None
        if self._is_gone or is_deleted:
            await self._context.volumes.tear_down(self._pod.metadata.uid)
        if self._is_gone:
            for sandbox in observed.sandboxes:
                await self._context.runtime.remove_sandbox(sandbox.id)
            await self._context.files.remove(self._pod)
            self._has_finished = True
        elif is_deleted and not self._is_declared_over:
            self._is_declared_over = True
            self._context.report(self._pod, self._status, is_final=True)

    async def _act(self, observed: ObservedPod, actions: tuple[Action, ...]) -> None:
        kills = [action for action in actions if isinstance(action, KillContainer)]
        if kills:
            await self._interruptible(self._lifecycle.kill_all(self._facts(observed), kills))
        for action in actions:
            match action:
                case CreateSandbox():
                    await self._create_sandbox(observed, action)
                case StartContainer():
                    await self._start(observed, action)
                case ResizeContainer():
                    await self._resize(action)
                case RemoveContainer():
                    await self._context.runtime.remove_container(action.record.id)
                case StopSandbox():
                    await self._context.runtime.stop_sandbox(action.sandbox_id)
                case RemoveSandbox():
                    await self._context.runtime.remove_sandbox(action.sandbox_id)
                case KillContainer():
                    continue

    async def _resize(self, action: ResizeContainer) -> None:
        try:
            await self._context.runtime.update_resources(action.record.id, action.limits)
        except RuntimeFault as error:
            self._events.container(action.record.name, "Warning", "ResizeError", f"Error: {error}")
            raise

    async def _create_sandbox(self, observed: ObservedPod, action: CreateSandbox) -> None:
        waiting = Waiting("ContainerCreating")
        if action.attempt:
            self._events.pod("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
        try:
            await self._set_up_volumes(observed)
            self._volume_pause.reset()
        except VolumeTrouble as error:
            self._events.pod("Warning", "FailedMount", str(error))
            self._sandbox_trouble = StartTrouble(waiting, self._context.clock() + self._volume_pause.next_s())
            return
        config = sandbox_config(self._pod, action.attempt, self._context.files.log_directory(self._pod))
        try:
            handler = await self._context.references.runtime_handler(self._pod)
            if handler not in ("", self._context.runtime.name):
                raise SandboxFailed(f'no runtime for "{handler}" is configured')
            await self._context.runtime.run_sandbox(config)
            self._sandbox_trouble = None
        except (RuntimeFault, MissingReference) as error:
            said = f"Failed to create pod sandbox: {error}"
            self._events.pod("Warning", "FailedCreatePodSandBox", said)
            self._sandbox_trouble = StartTrouble(waiting, self._context.clock() + RETRY_S)

    async def _set_up_volumes(self, observed: ObservedPod) -> Mapping[str, Path]:
        references = await self._context.references.fetch(self._pod)
        self._volumes = await self._interruptible(self._context.volumes.set_up(self._facts(observed), references))
        self._refreshed_at = self._context.clock()
        return self._volumes

    def _facts(self, observed: ObservedPod) -> PodFacts:
        node, sandbox = self._context.facts(), observed.sandbox
        addresses = sandbox.addresses if sandbox is not None else ()
        if self._pod.spec.host_network and node.host_ip:
            addresses = (node.host_ip,)
        return PodFacts(self._pod, node, addresses)

    async def _start(self, observed: ObservedPod, action: StartContainer) -> None:
        name, sandbox = action.container.name, observed.sandbox
        if sandbox is None:
            return
        ended = observed.last_exit(name)
        try:
            volumes = self._volumes if self._volumes is not None else await self._set_up_volumes(observed)
            references = await self._context.references.fetch(self._pod)
            secrets = [
                references.secrets[each.name]
                for each in self._pod.spec.image_pull_secrets
                if each.name in references.secrets
            ]
            image = await self._interruptible(self._context.images.ensure(action.container, secrets, self._events))
            record = await self._starter.start(self._facts(observed), sandbox, action, image, volumes)
        except ImageTrouble as error:
            self._image_failed(action, error)
            return
        except VolumeTrouble as error:
            self._events.pod("Warning", "FailedMount", str(error))
            self._troubles.failed(name, Waiting("ContainerCreating"), self._context.clock())
            return
        except StartFailed as error:
            self._troubles.failed(name, error.waiting, self._context.clock())
            return
        except RuntimeFault as error:
            # The process did not start: the runtime shows a life that ended at once, and back-off applies to it.
            log.info("container did not start", extra={"pod": self._name, "container": name, "error": str(error)})
            self._count_restart(name, ended)
            return
        self._troubles.forget(name)
        self._count_restart(name, ended)
        await self._run_post_start(observed, action, record)

    def _image_failed(self, action: StartContainer, error: ImageTrouble) -> None:
        name, waiting, now = action.container.name, Waiting(error.reason, str(error)), self._context.clock()
        if error.is_pull:
            self._troubles.pull_failed(name, action.container.image, waiting, now)
        else:
            self._troubles.failed(name, waiting, now)

    def _count_restart(self, name: str, ended: ContainerRecord | None) -> None:
        if ended is not None:
            self._backoffs[name] = grow(self._backoffs.get(name), ended_at_s(ended), self._context.clock())

    async def _run_post_start(self, observed: ObservedPod, action: StartContainer, record: ContainerRecord) -> None:
        facts = self._facts(observed)
        try:
            await self._interruptible(self._lifecycle.run_post_start(facts, action.container, record))
        except HookFailed:
            kill = KillContainer(record, "FailedPostStartHook")
            await self._interruptible(self._lifecycle.kill(facts, kill))

    async def _interruptible(self, work: Coroutine[Any, Any, T]) -> T:
        """Await something long, unless the pod's end comes nearer meanwhile. Raises: _Interrupted."""
        task = asyncio.ensure_future(work)
        interrupt = asyncio.ensure_future(self._interrupt.wait())
        try:
            await asyncio.wait({task, interrupt}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise _Interrupted
        finally:
            interrupt.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    async def _sleep_until(self, moment: float | None) -> None:
        delay_s = None if moment is None else max(0.0, moment - self._context.clock())
        try:
            async with asyncio.timeout(delay_s):
                await self._wake.wait()
        except TimeoutError:
            return

    @property
    def _events(self) -> PodEvents:
        return PodEvents(self._pod, self._context.recorder)

    @property
    def _name(self) -> str:
        return f"{self._pod.metadata.namespace}/{self._pod.metadata.name}"
