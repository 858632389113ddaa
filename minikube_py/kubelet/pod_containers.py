"""All containers of a pod as what they are to the kubelet: things to start, watch and stop. Pure.

Kubernetes: pkg/api/v1/pod/util.go (VisitContainers)
"""

from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod import Pod


def every_container(pod: Pod) -> tuple[Container, ...]:
    """Init containers (sidecars among them), the regular ones, and those that were added to look into the pod."""
    return (*pod.spec.init_containers, *pod.spec.containers, *ephemeral_containers(pod))


def ephemeral_containers(pod: Pod) -> tuple[Container, ...]:
    """They have all that a container has but a life cycle: never restarted, never probed."""
    return tuple(
        Container.from_dict({key: value for key, value in each.to_dict().items() if key != "targetContainerName"})
        for each in pod.spec.ephemeral_containers
    )
