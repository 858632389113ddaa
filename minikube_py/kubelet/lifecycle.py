"""The hooks around a container's life, and its end: preStop, the stop signal, and after the grace period SIGKILL.

Kubernetes: pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer, executePreStopHook)
"""

import asyncio

from minikube_py.api.kinds.core.container import Container
from minikube_py.kubelet.downward import PodFacts
from minikube_py.kubelet.handlers import HookFailed, Target
from minikube_py.kubelet.node_context import NodeContext
from minikube_py.kubelet.observed import ContainerRecord
from minikube_py.kubelet.plan import KillContainer, grace_period_s
from minikube_py.kubelet.pod_events import PodEvents
from minikube_py.runtime.interface import ContainerState

_LEAST_GRACE_S = 2.0
"""What a container gets to end even when its preStop hook took all of the pod's grace."""


class Lifecycle:
    """Ends the containers of one node, and runs their hooks."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    async def kill_all(self, facts: PodFacts, kills: list[KillContainer]) -> None:
        """Kill side by side; each gets the grace period that its action says, or the pod's."""
        async with asyncio.TaskGroup() as group:
            for action in kills:
                group.create_task(self.kill(facts, action))

    async def kill(self, facts: PodFacts, action: KillContainer) -> None:
        record = action.record
        grace_s = grace_period_s(facts.pod) if action.grace_s is None else action.grace_s
        self._events(facts).container(record.name, "Normal", "Killing", action.message)
        began = self._context.clock()
        await self._run_pre_stop(facts, record, grace_s)
        left_s = max(grace_s - (self._context.clock() - began), min(grace_s, _LEAST_GRACE_S))
        await self._context.runtime.stop_container(record.id, left_s)

    async def run_post_start(self, facts: PodFacts, container: Container, record: ContainerRecord) -> None:
        """Run the hook, if there is one. Raises: HookFailed, after the event about it."""
        if container.lifecycle is None or container.lifecycle.post_start is None:
            return
        try:
            await self._context.handlers.run_hook(container.lifecycle.post_start, _target(facts, container, record))
        except HookFailed as error:
            said = f"PostStartHook failed: {error}"
            self._events(facts).container(record.name, "Warning", "FailedPostStartHook", said)
            raise

    async def _run_pre_stop(self, facts: PodFacts, record: ContainerRecord, grace_s: float) -> None:
        spec = facts.pod.spec
        container = next((each for each in (*spec.init_containers, *spec.containers) if each.name == record.name), None)
        hooks = container.lifecycle if container is not None else None
        if container is None or hooks is None or hooks.pre_stop is None or grace_s <= 0:
            return
        if record.state is not ContainerState.RUNNING:
            return
        try:
            async with asyncio.timeout(grace_s):
                await self._context.handlers.run_hook(hooks.pre_stop, _target(facts, container, record))
        except HookFailed as error:
            said = f"PreStopHook failed: {error}"
        except TimeoutError:
            said = "PreStopHook failed: it did not end within the grace period"
        else:
            return
        self._events(facts).container(record.name, "Warning", "FailedPreStopHook", said)

    def _events(self, facts: PodFacts) -> PodEvents:
        return PodEvents(facts.pod, self._context.recorder)


def _target(facts: PodFacts, container: Container, record: ContainerRecord) -> Target:
    return Target(container, record, facts.addresses[0] if facts.addresses else "127.0.0.1")
