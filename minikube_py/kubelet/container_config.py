"""A container of a pod's spec as the runtime wants it: everything expanded, defaults resolved. Pure.

Labels and annotations are what a kubelet that starts anew reads back: which pod and container this is, how long it may
take to stop, and whose image it was started from.

Kubernetes: pkg/kubelet/kuberuntime/{labels,kuberuntime_container_linux,security_context}.go
Simplified: no devices, no seccomp, AppArmor, SELinux or Windows options, no user namespaces.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from minikube_py.api.kinds.core.container import Container, VolumeMount
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.security import SecurityContext
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.downward import NodeFacts
from minikube_py.kubelet.environment import expand
from minikube_py.kubelet.plan import HASH_ANNOTATION, container_hash, grace_period_s
from minikube_py.kubelet.resources import all_containers, cgroup_parent, cgroup_resources
from minikube_py.runtime.interface import (
    ContainerConfig,
    ImageStatus,
    Mount,
    PortMapping,
    Propagation,
    SandboxConfig,
    Security,
)

GRACE_ANNOTATION = "io.kubernetes.pod.terminationGracePeriod"
_PROPAGATION: Mapping[str | None, Propagation] = {
    None: "private",
    "None": "private",
    "HostToContainer": "host-to-container",
    "Bidirectional": "bidirectional",
}


class ConfigTrouble(MinikubeError):
    """The spec cannot be turned into a container: CreateContainerConfigError."""


@dataclass(frozen=True, slots=True)
class ContainerParts:
    """What one life of a container is made of."""

    pod: Pod
    container: Container
    attempt: int
    image: ImageStatus
    environment: Mapping[str, str]
    mounts: tuple[Mount, ...]
    node: NodeFacts
    log_path: Path


def sandbox_config(pod: Pod, attempt: int, log_directory: Path) -> SandboxConfig:
    """What the pod's containers share."""
    spec, metadata = pod.spec, pod.metadata
    context = spec.security_context
    return SandboxConfig(
        pod_uid=metadata.uid,
        pod_name=metadata.name,
        namespace=metadata.namespace,
        attempt=attempt,
        hostname="" if spec.host_network else hostname(pod),
        labels={**metadata.labels, **_identity(pod)},
        annotations={**metadata.annotations, GRACE_ANNOTATION: str(grace_period_s(pod))},
        host_network=spec.host_network,
        host_pid=spec.host_pid,
        host_ipc=spec.host_ipc,
        share_process_namespace=bool(spec.share_process_namespace),
        sysctls={each.name: each.value for each in context.sysctls} if context is not None else {},
        ports=() if spec.host_network else _host_ports(pod),
        cgroup_parent=cgroup_parent(pod),
        log_directory=log_directory,
    )


def _host_ports(pod: Pod) -> tuple[PortMapping, ...]:
    return tuple(
        PortMapping(port.host_port, port.container_port, (port.protocol or "TCP").lower(), port.host_ip)
        for container in all_containers(pod)
        for port in container.ports
        if port.host_port
    )


def container_config(parts: ContainerParts) -> ContainerConfig:
    """Raises: ConfigTrouble."""
    pod, container = parts.pod, parts.container
    return ContainerConfig(
        name=container.name,
        image=container.image,
        attempt=parts.attempt,
        command=tuple(expand(word, parts.environment) for word in container.command),
        args=tuple(expand(word, parts.environment) for word in container.args),
        env=parts.environment,
        working_dir=container.working_dir,
        mounts=parts.mounts,
        security=security(pod, container, parts.image),
        resources=cgroup_resources(pod, container, parts.node.memory_bytes),
        stdin=container.stdin,
        stdin_once=container.stdin_once,
        tty=container.tty,
        stop_signal=(container.lifecycle.stop_signal or "") if container.lifecycle is not None else "",
        log_path=parts.log_path,
        labels={**_identity(pod), "io.kubernetes.container.name": container.name},
        annotations={
            **pod.metadata.annotations,
            HASH_ANNOTATION: container_hash(container),
            GRACE_ANNOTATION: str(grace_period_s(pod)),
        },
    )


def hostname(pod: Pod) -> str:
    """At most 63 characters, as a host's name may have."""
    name = pod.spec.hostname or pod.metadata.name
    return name[:63].rstrip("-.")


def security(pod: Pod, container: Container, image: ImageStatus) -> Security:
    """The container's word before the pod's before the image's. Raises: ConfigTrouble for root where it is barred."""
    own = container.security_context or SecurityContext()
    shared = pod.spec.security_context
    user = own.run_as_user if own.run_as_user is not None else (shared.run_as_user if shared else None)
    group = own.run_as_group if own.run_as_group is not None else (shared.run_as_group if shared else None)
    must_not_be_root = own.run_as_non_root
    if must_not_be_root is None:
        must_not_be_root = shared.run_as_non_root if shared is not None else None
    if must_not_be_root:
        _refuse_root(pod, container, user, image)
    groups = shared.supplemental_groups if shared is not None else ()
    fs_group = (shared.fs_group,) if shared is not None and shared.fs_group is not None else ()
    capabilities = own.capabilities
    return Security(
        user=str(user) if user is not None else None,
        group=group,
        supplemental_groups=groups + fs_group,
        privileged=bool(own.privileged),
        add_capabilities=capabilities.add if capabilities is not None else (),
        drop_capabilities=capabilities.drop if capabilities is not None else (),
        read_only_rootfs=bool(own.read_only_root_filesystem),
        no_new_privileges=own.allow_privilege_escalation is False,
    )


def volume_mount(mount: VolumeMount, volume: Path, environment: Mapping[str, str]) -> Mount:
    """Where in the volume the container looks, and how. Raises: ConfigTrouble."""
    inside = expand(mount.sub_path_expr, environment) if mount.sub_path_expr else mount.sub_path
    path = volume / inside if inside else volume
    if inside and (inside.startswith("/") or ".." in Path(inside).parts):
        raise ConfigTrouble(f'failed to prepare subPath for volumeMount "{mount.name}": {inside} leaves the volume')
    propagation = _PROPAGATION.get(mount.mount_propagation, "private")
    return Mount(path, mount.mount_path, mount.read_only, propagation)


def _identity(pod: Pod) -> dict[str, str]:
    return {
        "io.kubernetes.pod.name": pod.metadata.name,
        "io.kubernetes.pod.namespace": pod.metadata.namespace,
        "io.kubernetes.pod.uid": pod.metadata.uid,
    }


def _refuse_root(pod: Pod, container: Container, user: int | None, image: ImageStatus) -> None:
    where = f'(pod: "{pod.metadata.name}_{pod.metadata.namespace}({pod.metadata.uid})", container: {container.name})'
    if user == 0:
        raise ConfigTrouble(f"container's runAsUser breaks non-root policy {where}")
    if user is not None:
        return
    name = image.user.partition(":")[0]
    if name in ("", "0", "root"):
        raise ConfigTrouble(f"container has runAsNonRoot and image will run as root {where}")
    if not name.isdecimal():
        said = f"container has runAsNonRoot and image has non-numeric user ({name}), cannot verify user is non-root"
        raise ConfigTrouble(f"{said} {where}")
