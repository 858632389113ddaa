"""PodSpec: what a pod consists of and where it may run; the same type inside every pod template.

Its parts are in files of their own: container, volume, affinity, security.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from minikube_py.api.kinds.core.affinity import Affinity, TopologySpreadConstraint
from minikube_py.api.kinds.core.common import LocalObjectReference, ResourceRequirements, Toleration
from minikube_py.api.kinds.core.container import Container, EphemeralContainer
from minikube_py.api.kinds.core.security import PodSecurityContext
from minikube_py.api.kinds.core.volume import Volume
from minikube_py.api.markers import AtomicStruct, MergeBy, OneOf
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Int64, Quantity


class PodDNSConfigOption(Model):
    name: str = ""
    value: str | None = None


class PodDNSConfig(Model):
    """Name servers and search domains of a pod, beside what its DNS policy gives."""

    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[PodDNSConfigOption, ...] = ()


class HostAlias(Model):
    """A line of /etc/hosts."""

    ip: str = written(str)
    hostnames: tuple[str, ...] = ()


class PodOS(Model):
    name: str = written(str)


class PodReadinessGate(Model):
    """A condition that somebody else sets, and without which the pod is not ready."""

    condition_type: str = written(str)


class PodResourceClaim(Model):
    name: str = written(str)
    resource_claim_name: str = ""
    resource_claim_template_name: str = ""


class PodSchedulingGate(Model):
    """A condition that keeps the pod from being scheduled until it is removed."""

    name: str = written(str)


class PodSchedulingGroup(Model):
    pod_group_name: str = ""


class PodSpec(Model):
    """What a pod consists of, where it may run and how it ends."""

    volumes: Annotated[tuple[Volume, ...], MergeBy("name", ("name",), retain_keys=True)] = ()
    containers: Annotated[tuple[Container, ...], MergeBy("name", ("name",))] = written(tuple)
    restart_policy: Annotated[str, OneOf("Always", "Never", "OnFailure")] = ""
    termination_grace_period_seconds: Int64 | None = None
    active_deadline_seconds: Int64 | None = None
    dns_policy: Annotated[str, OneOf("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")] = ""
    node_selector: Annotated[Mapping[str, str], AtomicStruct()] = {}
    service_account_name: str = ""
    service_account: str = ""
    node_name: str = ""
    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    security_context: PodSecurityContext | None = None
    image_pull_secrets: Annotated[tuple[LocalObjectReference, ...], MergeBy("name", ("name",))] = ()
    hostname: str = ""
    subdomain: str = ""
    affinity: Affinity | None = None
    scheduler_name: str = ""
    init_containers: Annotated[tuple[Container, ...], MergeBy("name", ("name",))] = ()
    automount_service_account_token: bool | None = None
    tolerations: tuple[Toleration, ...] = ()
    host_aliases: Annotated[tuple[HostAlias, ...], MergeBy("ip", ("ip",))] = ()
    priority_class_name: str = ""
    priority: int | None = None
    dns_config: PodDNSConfig | None = None
    share_process_namespace: bool | None = None
    readiness_gates: tuple[PodReadinessGate, ...] = ()
    runtime_class_name: str | None = None
    enable_service_links: bool | None = None
    preemption_policy: Annotated[str | None, OneOf("Never", "PreemptLowerPriority")] = None
    overhead: Mapping[str, Quantity] = {}
    topology_spread_constraints: Annotated[
        tuple[TopologySpreadConstraint, ...],
        MergeBy(
            "topologyKey",
            (
                "topologyKey",
                "whenUnsatisfiable",
            ),
        ),
    ] = ()
    ephemeral_containers: Annotated[tuple[EphemeralContainer, ...], MergeBy("name", ("name",))] = ()
    set_hostname_as_fqdn: bool | None = None
    os: PodOS | None = None
    host_users: bool | None = None
    scheduling_gates: Annotated[tuple[PodSchedulingGate, ...], MergeBy("name", ("name",))] = ()
    resource_claims: Annotated[tuple[PodResourceClaim, ...], MergeBy("name", ("name",), retain_keys=True)] = ()
    resources: ResourceRequirements | None = None
    hostname_override: str | None = None
    scheduling_group: PodSchedulingGroup | None = None


class PodTemplateSpec(Model):
    """The pods that a workload makes, described once."""

    metadata: ObjectMeta = written(ObjectMeta)
    spec: PodSpec = written(PodSpec)
