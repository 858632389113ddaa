"""A pod as the runtime shows it, arranged for the questions that plan and status ask.

Everything the kubelet must remember over its own death is here, because it is read back from the runtime: which
attempt a container is at, how its last life ended, whether the sandbox was replaced.

Kubernetes: pkg/kubelet/container/runtime.go (PodStatus)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from minikube_py.runtime.interface import ContainerState, ContainerStatus, Runtime, SandboxState, SandboxStatus

ContainerRecord: TypeAlias = ContainerStatus
"""The runtime's word on one life of a container; the API has a type of the same name."""


@dataclass(frozen=True, slots=True)
class ObservedPod:
    """Sandboxes and container lives of one pod, newest first."""

    sandboxes: tuple[SandboxStatus, ...] = ()
    records: tuple[ContainerRecord, ...] = ()

    @classmethod
    def of(cls, sandboxes: Iterable[SandboxStatus], records: Iterable[ContainerRecord]) -> "ObservedPod":
        return cls(
            tuple(sorted(sandboxes, key=lambda each: (each.config.attempt, each.created_at), reverse=True)),
            tuple(sorted(records, key=lambda each: (each.attempt, each.created_at), reverse=True)),
        )

    @property
    def sandbox(self) -> SandboxStatus | None:
        """The sandbox that containers may be started in: the newest, if it is ready."""
        newest = next(iter(self.sandboxes), None)
        return newest if newest is not None and newest.state is SandboxState.READY else None

    @property
    def next_sandbox_attempt(self) -> int:
        return self.sandboxes[0].config.attempt + 1 if self.sandboxes else 0

    def lives(self, name: str) -> tuple[ContainerRecord, ...]:
        return tuple(record for record in self.records if record.name == name)

    def latest(self, name: str) -> ContainerRecord | None:
        return next((record for record in self.records if record.name == name), None)

    def current(self, name: str) -> ContainerRecord | None:
        """The newest life in the ready sandbox; lives in an earlier sandbox count only as the past."""
        sandbox = self.sandbox
        record = self.latest(name)
        return record if record is not None and sandbox is not None and record.sandbox_id == sandbox.id else None

    def last_exit(self, name: str) -> ContainerRecord | None:
        """The newest life that has ended."""
        ended = (record for record in self.records if record.name == name and record.state is ContainerState.EXITED)
        return next(ended, None)

    def next_attempt(self, name: str) -> int:
        latest = self.latest(name)
        return latest.attempt + 1 if latest is not None else 0

    @property
    def running(self) -> tuple[ContainerRecord, ...]:
        return tuple(record for record in self.records if record.state is ContainerState.RUNNING)


async def observe(runtime: Runtime, pod_uid: str) -> ObservedPod:
    """Ask the runtime about one pod. Raises: RuntimeFault."""
    sandboxes = [each for each in await runtime.list_sandboxes() if each.config.pod_uid == pod_uid]
    records = [record for each in sandboxes for record in await runtime.list_containers(each.id)]
    return ObservedPod.of(sandboxes, records)
