"""Container: one program of a pod: image, environment, ports, mounts, probes.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.kinds.core.common import (
    ConfigMapKeySelector,
    FileKeySelector,
    ObjectFieldSelector,
    ResourceFieldSelector,
    ResourceRequirements,
    SecretKeySelector,
)
from minikube_py.api.kinds.core.security import SecurityContext
from minikube_py.api.kinds.core.signals import SIGNALS
from minikube_py.api.markers import DefaultsTo, ListType, MergeBy, NoDefault, OneOf
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Int64, IntOrString


class EnvVarSource(Model):
    """Where the value of an environment variable comes from; one of these."""

    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    config_map_key_ref: ConfigMapKeySelector | None = None
    secret_key_ref: SecretKeySelector | None = None
    file_key_ref: FileKeySelector | None = None


class EnvVar(Model):
    """An environment variable, given or taken from elsewhere."""

    name: str = written(str)
    value: str = ""
    value_from: EnvVarSource | None = None


class ConfigMapEnvSource(Model):
    optional: bool | None = None
    name: Annotated[str, DefaultsTo("")] = ""


class SecretEnvSource(Model):
    optional: bool | None = None
    name: Annotated[str, DefaultsTo("")] = ""


class EnvFromSource(Model):
    """A config map or secret whose entries become environment variables."""

    prefix: str = ""
    config_map_ref: ConfigMapEnvSource | None = None
    secret_ref: SecretEnvSource | None = None


class ExecAction(Model):
    """Running a command in the container."""

    command: tuple[str, ...] = ()


class HTTPHeader(Model):
    name: str = written(str)
    value: str = written(str)


class HTTPGetAction(Model):
    """Asking for a page."""

    path: str = ""
    port: IntOrString = written(int)
    host: str = ""
    scheme: Annotated[str, OneOf("HTTP", "HTTPS")] = ""
    http_headers: tuple[HTTPHeader, ...] = ()


class SleepAction(Model):
    """Waiting."""

    seconds: Int64 = written(int)


class TCPSocketAction(Model):
    """Opening a connection."""

    port: IntOrString = written(int)
    host: str = ""


class LifecycleHandler(Model):
    """One thing to do; one of these."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    sleep: SleepAction | None = None


class Lifecycle(Model):
    """What to do at the beginning and the end of a container's life."""

    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
    stop_signal: Annotated[str | None, OneOf(*SIGNALS)] = None


class GRPCAction(Model):
    """Asking the gRPC health service."""

    port: int = written(int)
    service: Annotated[str | None, DefaultsTo("")] = None


class Probe(Model):
    """A question that is put to a container again and again; one kind of question."""

    initial_delay_seconds: int = 0
    timeout_seconds: int = 0
    period_seconds: int = 0
    success_threshold: int = 0
    failure_threshold: int = 0
    termination_grace_period_seconds: Int64 | None = None
    exec: ExecAction | None = None
    grpc: GRPCAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None


class ContainerPort(Model):
    """A port that the container listens on."""

    name: str = ""
    host_port: int = 0
    container_port: int = written(int)
    protocol: Annotated[str, OneOf("SCTP", "TCP", "UDP"), DefaultsTo("TCP")] = ""
    host_ip: str = ""


class ContainerResizePolicy(Model):
    resource_name: str = written(str)
    restart_policy: str = written(str)


class ContainerRestartRuleOnExitCodes(Model):
    operator: Annotated[str, NoDefault()] = written(str)
    values: Annotated[tuple[int, ...], ListType("set")] = ()


class ContainerRestartRule(Model):
    action: Annotated[str, NoDefault()] = written(str)
    exit_codes: ContainerRestartRuleOnExitCodes | None = None


class VolumeDevice(Model):
    name: str = written(str)
    device_path: str = written(str)


class VolumeMount(Model):
    """Where one of the pod's volumes appears among the container's files."""

    name: str = written(str)
    read_only: bool = False
    mount_path: str = written(str)
    sub_path: str = ""
    mount_propagation: Annotated[str | None, OneOf("Bidirectional", "HostToContainer", "None")] = None
    sub_path_expr: str = ""
    recursive_read_only: str | None = None


class Container(Model):
    """One program of a pod, from one image."""

    name: str = written(str)
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    working_dir: str = ""
    ports: Annotated[
        tuple[ContainerPort, ...],
        MergeBy(
            "containerPort",
            (
                "containerPort",
                "protocol",
            ),
        ),
    ] = ()
    env: Annotated[tuple[EnvVar, ...], MergeBy("name", ("name",))] = ()
    resources: ResourceRequirements = written(ResourceRequirements)
    volume_mounts: Annotated[tuple[VolumeMount, ...], MergeBy("mountPath", ("mountPath",))] = ()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    termination_message_path: str = ""
    image_pull_policy: Annotated[str, OneOf("Always", "IfNotPresent", "Never")] = ""
    security_context: SecurityContext | None = None
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False
    env_from: tuple[EnvFromSource, ...] = ()
    termination_message_policy: Annotated[str, OneOf("FallbackToLogsOnError", "File")] = ""
    volume_devices: Annotated[tuple[VolumeDevice, ...], MergeBy("devicePath", ("devicePath",))] = ()
    startup_probe: Probe | None = None
    resize_policy: tuple[ContainerResizePolicy, ...] = ()
    restart_policy: str | None = None
    restart_policy_rules: tuple[ContainerRestartRule, ...] = ()


class EphemeralContainer(Model):
    """A container that is added to a running pod to look into it, and never restarted."""

    target_container_name: str = ""
    args: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: Annotated[tuple[EnvVar, ...], MergeBy("name", ("name",))] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    image: str = ""
    image_pull_policy: Annotated[str, OneOf("Always", "IfNotPresent", "Never")] = ""
    lifecycle: Lifecycle | None = None
    liveness_probe: Probe | None = None
    name: str = written(str)
    ports: Annotated[
        tuple[ContainerPort, ...],
        MergeBy(
            "containerPort",
            (
                "containerPort",
                "protocol",
            ),
        ),
    ] = ()
    readiness_probe: Probe | None = None
    resize_policy: tuple[ContainerResizePolicy, ...] = ()
    resources: ResourceRequirements = written(ResourceRequirements)
    restart_policy: str | None = None
    restart_policy_rules: tuple[ContainerRestartRule, ...] = ()
    security_context: SecurityContext | None = None
    startup_probe: Probe | None = None
    stdin: bool = False
    stdin_once: bool = False
    termination_message_path: str = ""
    termination_message_policy: Annotated[str, OneOf("FallbackToLogsOnError", "File")] = ""
    tty: bool = False
    volume_devices: Annotated[tuple[VolumeDevice, ...], MergeBy("devicePath", ("devicePath",))] = ()
    volume_mounts: Annotated[tuple[VolumeMount, ...], MergeBy("mountPath", ("mountPath",))] = ()
    working_dir: str = ""
