"""Starts one container: references, image, environment, mounts, create, start; a failure says which status it makes.

Kubernetes: pkg/kubelet/kuberuntime/kuberuntime_container.go (startContainer)
"""

from collections.abc import Mapping
from pathlib import Path

from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.status import ApiError
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.container_config import ConfigTrouble, ContainerParts, container_config, volume_mount
from minikube_py.kubelet.downward import PodFacts, UnknownField
from minikube_py.kubelet.environment import container_environment
from minikube_py.kubelet.node_context import NodeContext
from minikube_py.kubelet.observed import ContainerRecord
from minikube_py.kubelet.plan import StartContainer, Waiting
from minikube_py.kubelet.pod_events import PodEvents
from minikube_py.kubelet.references import MissingReference, References
from minikube_py.runtime.interface import ImageStatus, Mount, RuntimeFault, SandboxStatus


class StartFailed(MinikubeError):
    """There is no container; `waiting` is what the status shows."""

    def __init__(self, waiting: Waiting) -> None:
        super().__init__(waiting.message)
        self.waiting = waiting


class ContainerStarter:
    """Starts the containers of one node."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    async def start(
        self,
        facts: PodFacts,
        sandbox: SandboxStatus,
        action: StartContainer,
        image: ImageStatus,
        volumes: Mapping[str, Path],
    ) -> ContainerRecord:
        """Create and start; the image is there and the volumes are set up.

        Raises: StartFailed; RuntimeFault when the process could not be started.
        """
        container, pod = action.container, facts.pod
        try:
            references = await self._context.references.fetch(pod)
            parts = await self._parts(facts, action, image, references, volumes)
            config = container_config(parts)
        except (ConfigTrouble, MissingReference, UnknownField, ApiError) as error:
            self._events(pod).container(container.name, "Warning", "Failed", f"Error: {error}")
            raise StartFailed(Waiting("CreateContainerConfigError", str(error))) from error
        try:
            container_id = await self._context.runtime.create_container(sandbox.id, config)
        except RuntimeFault as error:
            self._events(pod).container(container.name, "Warning", "Failed", f"Error: {error}")
            raise StartFailed(Waiting("CreateContainerError", str(error))) from error
        self._events(pod).container(container.name, "Normal", "Created", "Container created")
        try:
            await self._context.runtime.start_container(container_id)
        except RuntimeFault as error:
            self._events(pod).container(container.name, "Warning", "Failed", f"Error: {error}")
            raise
        self._events(pod).container(container.name, "Normal", "Started", "Container started")
        return await self._context.runtime.container_status(container_id)

    def _events(self, pod: Pod) -> PodEvents:
        return PodEvents(pod, self._context.recorder)

    async def _parts(
        self,
        facts: PodFacts,
        action: StartContainer,
        image: ImageStatus,
        references: References,
        volumes: Mapping[str, Path],
    ) -> ContainerParts:
        pod, container = facts.pod, action.container
        environment = container_environment(facts, container, references)
        mounts = [_mount(container, index, volumes, environment) for index in range(len(container.volume_mounts))]
        own = await self._context.files.mounts(pod, container, action.attempt, facts.addresses)
        return ContainerParts(
            pod=pod,
            container=container,
            attempt=action.attempt,
            image=image,
            environment=environment,
            mounts=(*mounts, *own),
            node=facts.node,
            log_path=self._context.files.log_path(pod, container, action.attempt),
        )


def _mount(container: Container, index: int, volumes: Mapping[str, Path], environment: Mapping[str, str]) -> Mount:
    mount = container.volume_mounts[index]
    if mount.name not in volumes:
        raise ConfigTrouble(f'cannot find volume "{mount.name}" to mount into container "{container.name}"')
    made = volume_mount(mount, volumes[mount.name], environment)
    root = volumes[mount.name]
    if made.host_path != root and root.is_dir():
        _make_sub_path(root, made.host_path, mount.name)
    return made


def _make_sub_path(root: Path, path: Path, name: str) -> None:
    """A sub-path is made as a folder if it is not there; a link may not lead out of the volume."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise ConfigTrouble(f'failed to prepare subPath for volumeMount "{name}": {path} leaves the volume')
    if not path.exists():
        path.mkdir(mode=0o750, parents=True)
