"""PodStatus: what the kubelet observed of a pod and its containers.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from minikube_py.api.kinds.core.common import ResourceRequirements
from minikube_py.api.kinds.core.signals import SIGNALS
from minikube_py.api.markers import ListType, MergeBy, NoDefault, NotRequired, OneOf
from minikube_py.api.model import Model, written, written_null
from minikube_py.api.scalars import Int64, Quantity, Time


class PodCondition(Model):
    """One observation of a pod."""

    type: str = written(str)
    status: str = written(str)
    last_probe_time: Annotated[Time | None, NotRequired()] = written_null()
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()
    reason: str = ""
    message: str = ""
    observed_generation: Int64 = 0


class ResourceHealth(Model):
    resource_id: str = written(str)
    health: str = ""
    message: str = ""


class ResourceStatus(Model):
    name: str = written(str)
    resources: Annotated[tuple[ResourceHealth, ...], ListType("map", ("resourceID",))] = ()


class ContainerStateRunning(Model):
    started_at: Annotated[Time | None, NotRequired()] = written_null()


class ContainerStateTerminated(Model):
    exit_code: int = written(int)
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: Annotated[Time | None, NotRequired()] = written_null()
    finished_at: Annotated[Time | None, NotRequired()] = written_null()
    container_id: str = ""


class ContainerStateWaiting(Model):
    reason: str = ""
    message: str = ""


class ContainerState(Model):
    """Waiting, running or terminated; one of these."""

    waiting: ContainerStateWaiting | None = None
    running: ContainerStateRunning | None = None
    terminated: ContainerStateTerminated | None = None


class LinuxContainerUser(Model):
    uid: Int64 = written(int)
    gid: Int64 = written(int)
    supplemental_groups: tuple[Int64, ...] = ()


class ContainerUser(Model):
    linux: LinuxContainerUser | None = None


class ImageVolumeStatus(Model):
    image_ref: Annotated[str, NoDefault()] = written(str)


class VolumeStatus(Model):
    image: ImageVolumeStatus | None = None


class VolumeMountStatus(Model):
    name: str = written(str)
    mount_path: str = written(str)
    read_only: bool = False
    recursive_read_only: str | None = None
    volume_status: VolumeStatus | None = None


class ContainerStatus(Model):
    """What the kubelet observed of a container."""

    name: str = written(str)
    state: ContainerState = written(ContainerState)
    last_state: ContainerState = written(ContainerState)
    ready: bool = written(bool)
    restart_count: int = written(int)
    image: str = written(str)
    image_id: str = written(str)
    container_id: str = ""
    started: bool | None = None
    allocated_resources: Mapping[str, Quantity] = {}
    resources: ResourceRequirements | None = None
    volume_mounts: Annotated[tuple[VolumeMountStatus, ...], MergeBy("mountPath", ("mountPath",))] = ()
    user: ContainerUser | None = None
    allocated_resources_status: Annotated[tuple[ResourceStatus, ...], MergeBy("name", ("name",))] = ()
    stop_signal: Annotated[str | None, OneOf(*SIGNALS)] = None


class ContainerExtendedResourceRequest(Model):
    container_name: str = written(str)
    resource_name: str = written(str)
    request_name: str = written(str)


class PodExtendedResourceClaimStatus(Model):
    request_mappings: tuple[ContainerExtendedResourceRequest, ...] = written(tuple)
    resource_claim_name: str = written(str)


class HostIP(Model):
    ip: str = written(str)


class NodeAllocatableResourceClaimStatus(Model):
    resource_claim_name: str = written(str)
    containers: Annotated[tuple[str, ...], ListType("set")] = ()
    resources: Mapping[str, Quantity] = written(dict)


class PodIP(Model):
    ip: str = written(str)


class PodResourceClaimStatus(Model):
    name: str = written(str)
    resource_claim_name: str = ""


class PodStatus(Model):
    """What the kubelet observed of a pod; it may be a little behind."""

    phase: Annotated[str, OneOf("Failed", "Pending", "Running", "Succeeded", "Unknown")] = ""
    conditions: Annotated[tuple[PodCondition, ...], MergeBy("type", ("type",))] = ()
    message: str = ""
    reason: str = ""
    host_ip: str = ""
    pod_ip: str = ""
    start_time: Time | None = None
    container_statuses: tuple[ContainerStatus, ...] = ()
    qos_class: Annotated[str, OneOf("BestEffort", "Burstable", "Guaranteed")] = ""
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    nominated_node_name: str = ""
    pod_ips: Annotated[tuple[PodIP, ...], MergeBy("ip", ("ip",))] = ()
    ephemeral_container_statuses: tuple[ContainerStatus, ...] = ()
    resize: str = ""
    resource_claim_statuses: Annotated[
        tuple[PodResourceClaimStatus, ...], MergeBy("name", ("name",), retain_keys=True)
    ] = ()
    host_ips: Annotated[tuple[HostIP, ...], MergeBy("ip")] = ()
    observed_generation: Int64 = 0
    extended_resource_claim_status: PodExtendedResourceClaimStatus | None = None
    allocated_resources: Mapping[str, Quantity] = {}
    resources: ResourceRequirements | None = None
    node_allocatable_resource_claim_statuses: tuple[NodeAllocatableResourceClaimStatus, ...] = ()
