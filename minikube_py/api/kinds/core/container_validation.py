"""What is wrong with a pod's containers.

Kubernetes: pkg/apis/core/validation/validation.go (validateContainers, validateInitContainers)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from minikube_py.api.kinds.core.container import (
    Container,
    ContainerPort,
    ContainerResizePolicy,
    EphemeralContainer,
    VolumeMount,
)
from minikube_py.api.kinds.core.environment_validation import env_errors, env_from_errors
from minikube_py.api.kinds.core.probe_validation import handler_errors, liveness_errors, readiness_errors
from minikube_py.api.kinds.core.resource_validation import container_resource_errors
from minikube_py.api.kinds.core.security_validation import security_context_errors
from minikube_py.api.kinds.core.volume import Volume
from minikube_py.api.kinds.field_checks import (
    NOT_A_PORT,
    PROTOCOLS,
    PULL_POLICIES,
    Errors,
    label_name_errors,
    not_found_value,
    port_name_problems,
    relative_path_errors,
    required_choice_errors,
    required_errors,
)
from minikube_py.api.validation import (
    duplicate_value,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)

_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_RESTART_POLICIES = ("Always", "Never", "OnFailure")
_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")


@dataclass(frozen=True, slots=True)
class PodParts:
    """What a container refers to outside of itself."""

    volumes: Mapping[str, Volume]
    claims: tuple[str, ...] = ()
    grace_s: int = 0
    on_host_network: bool = False


def container_errors(containers: tuple[Container, ...], parts: PodParts, path: str) -> Errors:
    """What is wrong with the containers that make up the pod; there has to be one."""
    if not containers:
        yield required(path)
        return
    names: set[str] = set()
    for index, container in enumerate(containers):
        where = f"{path}[{index}]"
        yield from _one_container_errors(container, parts, where)
        if container.name in names:
            yield duplicate_value(f"{where}.name", container.name)
        names.add(container.name)
        yield from _running_errors(container, parts, where)
        if container.restart_policy is not None or container.restart_policy_rules:
            yield from _restart_errors(container, where)
    yield from host_port_conflicts(containers, path)


def init_container_errors(
    containers: tuple[Container, ...], regular: tuple[Container, ...], parts: PodParts, path: str
) -> Errors:
    names = {container.name for container in regular}
    for index, container in enumerate(containers):
        where = f"{path}[{index}]"
        yield from _one_container_errors(container, parts, where)
        if container.name in names:
            yield duplicate_value(f"{where}.name", container.name)
        names.add(container.name)
        if container.restart_policy == "Always":
            yield from _running_errors(container, parts, where)
        else:
            yield from _not_of_init_containers(container, where)
        if container.restart_policy is not None or container.restart_policy_rules:
            yield from _restart_errors(container, where)
        yield from host_port_conflicts((container,), path)


def ephemeral_container_errors(
    containers: tuple[EphemeralContainer, ...], others: Sequence[Container], parts: PodParts, path: str
) -> Errors:
    """Containers added to a running pod to look into it: no ports, probes or resources of their own."""
    names = {container.name for container in others}
    targets = frozenset(names)
    for index, container in enumerate(containers):
        where = f"{path}[{index}]"
        yield from _one_container_errors(container, parts, where)
        if container.name in names:
            yield duplicate_value(f"{where}.name", container.name)
        names.add(container.name)
        if container.target_container_name and container.target_container_name not in targets:
            yield not_found_value(f"{where}.targetContainerName", container.target_container_name)
        for attribute, name in _NOT_OF_EPHEMERAL.items():
            if getattr(container, attribute):
                yield forbidden_value(f"{where}.{name}", "cannot be set for an Ephemeral Container")
        if container.resources.limits or container.resources.requests:
            yield forbidden_value(f"{where}.resources", "cannot be set for an Ephemeral Container")


_NOT_OF_EPHEMERAL = {
    "ports": "ports",
    "liveness_probe": "livenessProbe",
    "readiness_probe": "readinessProbe",
    "startup_probe": "startupProbe",
    "lifecycle": "lifecycle",
    "resize_policy": "resizePolicy",
    "restart_policy": "restartPolicy",
}


def _one_container_errors(container: Container | EphemeralContainer, parts: PodParts, path: str) -> Errors:
    yield from label_name_errors(container.name, f"{path}.name")
    yield from required_errors(container.image, f"{path}.image")
    policy = container.termination_message_policy
    yield from required_choice_errors(policy, _MESSAGE_POLICIES, f"{path}.terminationMessagePolicy")
    if container.ports:
        yield from _port_errors(container.ports, parts, f"{path}.ports")
    if container.env:
        yield from env_errors(container.env, f"{path}.env")
    if container.env_from:
        yield from env_from_errors(container.env_from, f"{path}.envFrom")
    if container.volume_mounts:
        yield from _mount_errors(container, parts.volumes, f"{path}.volumeMounts")
    if container.volume_devices:
        yield from _device_errors(container, parts.volumes, f"{path}.volumeDevices")
    yield from required_choice_errors(container.image_pull_policy, PULL_POLICIES, f"{path}.imagePullPolicy")
    yield from container_resource_errors(container.resources, parts.claims, f"{path}.resources")
    if container.resize_policy:
        yield from _resize_errors(container.resize_policy, f"{path}.resizePolicy")
    yield from security_context_errors(container.security_context, f"{path}.securityContext")


def _running_errors(container: Container, parts: PodParts, path: str) -> Errors:
    """Of a container that keeps running: its handlers and probes."""
    lifecycle = container.lifecycle
    if lifecycle is not None:
        if lifecycle.post_start is not None:
            yield from handler_errors(lifecycle.post_start, f"{path}.lifecycle.postStart", parts.grace_s)
        if lifecycle.pre_stop is not None:
            yield from handler_errors(lifecycle.pre_stop, f"{path}.lifecycle.preStop", parts.grace_s)
    yield from liveness_errors(container.liveness_probe, f"{path}.livenessProbe")
    yield from readiness_errors(container.readiness_probe, f"{path}.readinessProbe")
    yield from liveness_errors(container.startup_probe, f"{path}.startupProbe")


def _not_of_init_containers(container: Container, path: str) -> Errors:
    given = {
        "lifecycle": container.lifecycle,
        "livenessProbe": container.liveness_probe,
        "readinessProbe": container.readiness_probe,
        "startupProbe": container.startup_probe,
    }
    for name, value in given.items():
        if value is not None:
            yield forbidden_value(f"{path}.{name}", "may not be set for init containers without restartPolicy=Always")


def _restart_errors(container: Container, path: str) -> Errors:
    if container.restart_policy is None:
        yield required(f"{path}.restartPolicy", "must specify restartPolicy when restart rules are used")
    elif container.restart_policy not in _RESTART_POLICIES:
        yield unsupported_value(f"{path}.restartPolicy", container.restart_policy, _RESTART_POLICIES)
    for index, rule in enumerate(container.restart_policy_rules):
        where = f"{path}.restartPolicyRules[{index}]"
        if rule.action not in ("Restart", "RestartAllContainers"):
            yield unsupported_value(f"{where}.action", rule.action, ("Restart", "RestartAllContainers"))
        if rule.exit_codes is None:
            yield required(f"{where}.exitCodes", "must be specified")


def _port_errors(ports: tuple[ContainerPort, ...], parts: PodParts, path: str) -> Errors:
    names: set[str] = set()
    for index, port in enumerate(ports):
        where = f"{path}[{index}]"
        if port.name:
            problems = port_name_problems(port.name)
            for problem in problems:
                yield invalid_value(f"{where}.name", port.name, problem)
            if not problems and port.name in names:
                yield duplicate_value(f"{where}.name", port.name)
            names.add(port.name)
        if port.container_port == 0:
            yield required(f"{where}.containerPort")
        elif not 0 < port.container_port < 65536:
            yield invalid_value(f"{where}.containerPort", port.container_port, NOT_A_PORT)
        if port.host_port and not 0 < port.host_port < 65536:
            yield invalid_value(f"{where}.hostPort", port.host_port, NOT_A_PORT)
        yield from required_choice_errors(port.protocol, PROTOCOLS, f"{where}.protocol")


def network_port_errors(containers: Sequence[Container], path: str) -> Errors:
    """On the node's network the host port is the container port."""
    for index, container in enumerate(containers):
        for number, port in enumerate(container.ports):
            if port.host_port != port.container_port:
                why = "must match `containerPort` when `hostNetwork` is true"
                yield invalid_value(f"{path}[{index}].ports[{number}].hostPort", port.host_port, why)


def host_port_conflicts(containers: Sequence[Container], path: str) -> Errors:
    taken: set[str] = set()
    for index, container in enumerate(containers):
        for number, port in enumerate(container.ports):
            if not port.host_port:
                continue
            text = f"{port.protocol}/{port.host_ip}/{port.host_port}"
            if text in taken:
                yield duplicate_value(f"{path}[{index}].ports[{number}].hostPort", text)
            taken.add(text)


def _mount_errors(container: Container | EphemeralContainer, volumes: Mapping[str, Volume], path: str) -> Errors:
    points: set[str] = set()
    for index, mount in enumerate(container.volume_mounts):
        where = f"{path}[{index}]"
        yield from required_errors(mount.name, f"{where}.name")
        if mount.name not in volumes:
            yield not_found_value(f"{where}.name", mount.name)
        yield from required_errors(mount.mount_path, f"{where}.mountPath")
        if mount.mount_path in points:
            yield invalid_value(f"{where}.mountPath", mount.mount_path, "must be unique")
        points.add(mount.mount_path)
        if mount.sub_path:
            yield from relative_path_errors(mount.sub_path, f"{path}.subPath")
        if mount.sub_path_expr:
            if mount.sub_path:
                why = "subPathExpr and subPath are mutually exclusive"
                yield invalid_value(f"{where}.subPathExpr", mount.sub_path_expr, why)
            yield from relative_path_errors(mount.sub_path_expr, f"{path}.subPathExpr")
        yield from _propagation_errors(container, mount, f"{path}.mountPropagation")


def _propagation_errors(container: Container | EphemeralContainer, mount: VolumeMount, path: str) -> Errors:
    propagation = mount.mount_propagation
    if propagation is None:
        return
    if propagation not in _PROPAGATIONS:
        yield unsupported_value(path, propagation, _PROPAGATIONS)
    context = container.security_context
    if propagation == "Bidirectional" and not (context is not None and context.privileged):
        yield forbidden_value(path, "Bidirectional mount propagation is available only to privileged containers")


def _device_errors(container: Container | EphemeralContainer, volumes: Mapping[str, Volume], path: str) -> Errors:
    for index, device in enumerate(container.volume_devices):
        where = f"{path}[{index}]"
        volume = volumes.get(device.name)
        yield from required_errors(device.name, f"{where}.name")
        if volume is not None and volume.persistent_volume_claim is None and volume.ephemeral is None:
            why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            yield invalid_value(f"{where}.name", device.name, why)
        if volume is None:
            yield not_found_value(f"{where}.name", device.name)
        yield from required_errors(device.device_path, f"{where}.devicePath")


def _resize_errors(policies: tuple[ContainerResizePolicy, ...], path: str) -> Errors:
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        if policy.resource_name in seen:
            yield duplicate_value(f"{path}[{index}]", policy.resource_name)
        seen.add(policy.resource_name)
        yield from required_choice_errors(policy.resource_name, ("cpu", "memory"), path)
        yield from required_choice_errors(policy.restart_policy, ("NotRequired", "RestartContainer"), path)


def image_space_errors(groups: Mapping[str, Sequence[Container | EphemeralContainer]]) -> Errors:
    """Space around an image's name: refused for pods, let pass in templates, which may exist with it since long."""
    for path, containers in groups.items():
        for index, container in enumerate(containers):
            if container.image != container.image.strip():
                why = "must not have leading or trailing whitespace"
                yield invalid_value(f"{path}[{index}].image", container.image, why)


def all_names(*groups: Sequence[Container | EphemeralContainer]) -> list[str]:
    return [container.name for container in chain(*groups)]
