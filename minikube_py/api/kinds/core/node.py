"""Node: a machine that runs pods; its kubelet writes the status, its Lease says that it is alive.

Kubernetes: pkg/registry/core/node/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Self, TypeVar

from minikube_py.api.kinds.core.common import Taint
from minikube_py.api.kinds.core.node_columns import NODE_COLUMNS
from minikube_py.api.kinds.core.node_validation import changed_node_errors, node_errors
from minikube_py.api.markers import DefaultsTo, MergeBy, MergeSet, NotRequired, OneOf
from minikube_py.api.model import Model, replace, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, Quantity, Time
from minikube_py.api.validation import FieldError


class ConfigMapNodeConfigSource(Model):
    namespace: str = written(str)
    name: str = written(str)
    uid: str = ""
    resource_version: str = ""
    kubelet_config_key: str = written(str)


class NodeConfigSource(Model):
    config_map: ConfigMapNodeConfigSource | None = None


class NodeSpec(Model):
    """What people and controllers want of a node."""

    pod_cidr: str = ""
    external_id: str = ""
    provider_id: str = ""
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()
    config_source: NodeConfigSource | None = None
    pod_cidrs: Annotated[tuple[str, ...], MergeSet()] = ()


class NodeAddress(Model):
    type: str = written(str)
    address: str = written(str)


class NodeCondition(Model):
    """One observation of a node, such as Ready or MemoryPressure."""

    type: str = written(str)
    status: str = written(str)
    last_heartbeat_time: Annotated[Time | None, NotRequired()] = written_null()
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()
    reason: str = ""
    message: str = ""


class NodeConfigStatus(Model):
    assigned: NodeConfigSource | None = None
    active: NodeConfigSource | None = None
    last_known_good: NodeConfigSource | None = None
    error: str = ""


class DaemonEndpoint(Model):
    port: int = written(int, alias="Port")


class NodeDaemonEndpoints(Model):
    kubelet_endpoint: DaemonEndpoint = written(DaemonEndpoint)


class NodeFeatures(Model):
    supplemental_groups_policy: bool | None = None


class ContainerImage(Model):
    names: tuple[str, ...] = ()
    size_bytes: Int64 | None = None


class NodeSwapStatus(Model):
    capacity: Int64 | None = None


class NodeSystemInfo(Model):
    machine_id: str = written(str)
    system_uuid: str = written(str)
    boot_id: str = written(str)
    kernel_version: str = written(str)
    os_image: str = written(str)
    container_runtime_version: str = written(str)
    kubelet_version: str = written(str)
    kube_proxy_version: str = written(str)
    operating_system: str = written(str)
    architecture: str = written(str)
    swap: NodeSwapStatus | None = None


class NodeRuntimeHandlerFeatures(Model):
    recursive_read_only_mounts: bool | None = None
    user_namespaces: bool | None = None


class NodeRuntimeHandler(Model):
    name: Annotated[str, DefaultsTo("")] = ""
    features: NodeRuntimeHandlerFeatures | None = None


class AttachedVolume(Model):
    name: str = written(str)
    device_path: str = written(str)


class NodeStatus(Model):
    """What the kubelet told of its node."""

    capacity: Mapping[str, Quantity] = {}
    allocatable: Mapping[str, Quantity] = {}
    phase: Annotated[str, OneOf("Pending", "Running", "Terminated")] = ""
    conditions: Annotated[tuple[NodeCondition, ...], MergeBy("type", ("type",))] = ()
    addresses: Annotated[tuple[NodeAddress, ...], MergeBy("type", ("type",))] = ()
    daemon_endpoints: NodeDaemonEndpoints = written(NodeDaemonEndpoints)
    node_info: NodeSystemInfo = written(NodeSystemInfo)
    images: tuple[ContainerImage, ...] = ()
    volumes_in_use: tuple[str, ...] = ()
    volumes_attached: tuple[AttachedVolume, ...] = ()
    config: NodeConfigStatus | None = None
    runtime_handlers: tuple[NodeRuntimeHandler, ...] = ()
    features: NodeFeatures | None = None
    declared_features: tuple[str, ...] = ()


class Node(
    Resource,
    version="v1",
    plural="nodes",
    namespaced=False,
    short_names=("no",),
    columns=NODE_COLUMNS,
    generation_of=(),
    selectable_fields=("spec.unschedulable",),
):
    spec: NodeSpec = written(NodeSpec)
    status: NodeStatus = written(NodeStatus)

    def defaulted(self) -> Self:
        node = self
        if self.status.capacity and not self.status.allocatable:
            node = replace(node, status=replace(node.status, allocatable=node.status.capacity))
        cidrs = self.spec.pod_cidrs
        if cidrs and not self.spec.pod_cidr:
            return replace(node, spec=replace(node.spec, pod_cidr=cidrs[0]))
        if self.spec.pod_cidr and (not cidrs or cidrs[0] != self.spec.pod_cidr):
            return replace(node, spec=replace(node.spec, pod_cidrs=(self.spec.pod_cidr,)))
        return node

    def prepare_for_create(self) -> Self:
        """A kubelet registers with the status that it has seen."""
        return _without_config_source(self)

    def prepare_for_update(self, old: Self) -> Self:
        return self if old.spec.config_source is not None else _without_config_source(self)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from node_errors(self)
        if old is not None:
            yield from changed_node_errors(self.spec, old.spec)

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        return node_errors(self)

    def warnings(self) -> Iterable[str]:
        if self.spec.external_id:
            yield "spec.externalID: this field is deprecated, and is unused by Kubernetes"
        if self.spec.config_source is not None:
            yield "spec.configSource: the feature is no longer supported"


N = TypeVar("N", bound=Node)


def _without_config_source(node: N) -> N:
    """Kubelets take their configuration from no object any more; what asks for it is dropped."""
    return replace(node, spec=replace(node.spec, config_source=None)) if node.spec.config_source else node
