"""Finds what a user's question is about: a pod by name, then the right life of one of its containers.

Kubernetes: pkg/kubelet/kubelet_pods.go (validateContainerLogStatus), server.go
"""

from collections.abc import Callable
from dataclasses import dataclass

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.kubelet import Kubelet
from minikube_py.kubelet.observed import ContainerRecord, ObservedPod
from minikube_py.kubelet.pod_containers import every_container
from minikube_py.runtime.interface import ContainerState, Runtime, SandboxStatus


class BadQuestion(MinikubeError):
    """There is nothing to answer with; `code` is the HTTP status."""

    def __init__(self, message: str, code: int = 400) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Life:
    """One life of a container and the runtime that knows it."""

    runtime: Runtime
    record: ContainerRecord


class PodLookup:
    """Looks through the kubelets of this process."""

    def __init__(self, nodes: Callable[[], tuple[Kubelet, ...]]) -> None:
        self._nodes = nodes

    def pods(self) -> tuple[Pod, ...]:
        return tuple(pod for node in self._nodes() for pod in node.pods())

    async def life(self, namespace: str, name: str, container: str, *, wants_previous: bool = False) -> Life:
        """The newest life of the container, or the one before it. Raises: BadQuestion."""
        kubelet, pod = self._find(namespace, name)
        if container not in [each.name for each in every_container(pod)]:
            raise BadQuestion(f"container {container} is not valid for pod {name}")
        observed = await kubelet.observe(pod.metadata.uid)
        lives = [life for life in observed.lives(container) if life.state is not ContainerState.CREATED]
        if wants_previous:
            ended = [life for life in lives[1:] if life.state is ContainerState.EXITED]
            if not ended:
                raise BadQuestion(f'previous terminated container "{container}" in pod "{name}" not found')
            return Life(kubelet.runtime, ended[0])
        if not lives:
            raise BadQuestion(f'container "{container}" in pod "{name}" is waiting to start: {_reason(pod, container)}')
        return Life(kubelet.runtime, lives[0])

    async def sandbox(self, namespace: str, name: str) -> tuple[Runtime, SandboxStatus]:
        """The pod's sandbox. Raises: BadQuestion."""
        kubelet, pod = self._find(namespace, name)
        observed: ObservedPod = await kubelet.observe(pod.metadata.uid)
        if observed.sandbox is None:
            raise BadQuestion(f"pod {name} is not running")
        return kubelet.runtime, observed.sandbox

    def _find(self, namespace: str, name: str) -> tuple[Kubelet, Pod]:
        for kubelet in self._nodes():
            pod = kubelet.find(namespace, name)
            if pod is not None:
                return kubelet, pod
        raise BadQuestion(f'pod "{name}" does not exist on this node', 404)


def _reason(pod: Pod, container: str) -> str:
    """Why it has not begun: trying and failing to start is the reason that its status shows."""
    for status in (
        *pod.status.init_container_statuses,
        *pod.status.container_statuses,
        *pod.status.ephemeral_container_statuses,
    ):
        if status.name == container and status.state.waiting is not None:
            reason = status.state.waiting.reason
            return {
                "ErrImagePull": "image can't be pulled",
                "ImagePullBackOff": "trying and failing to pull image",
            }.get(reason, reason)
    return "ContainerCreating"
