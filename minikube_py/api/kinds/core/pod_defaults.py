"""What a pod, or a pod template, gets for what its author left out.

Templates and pods share `pod_spec_defaulted`; a Pod has a few defaults more (`pod_defaulted`), which its template does
not show. Container defaults are in `container_defaults`.

Kubernetes: pkg/apis/core/v1/defaults.go (SetDefaults_PodSpec, SetDefaults_Pod, SetDefaults_Volume), conversion.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minikube_py.api.defaulting import changed, each, filled, optional
from minikube_py.api.kinds.core.common import ResourceRequirements
from minikube_py.api.kinds.core.container import Container, ContainerPort
from minikube_py.api.kinds.core.container_defaults import (
    container_defaulted,
    field_ref_defaulted,
    image_pull_policy,
    resource_ref_defaulted,
    rounded,
)
from minikube_py.api.kinds.core.pod_spec import PodSpec, PodTemplateSpec
from minikube_py.api.kinds.core.security import PodSecurityContext
from minikube_py.api.kinds.core.volume import (
    DownwardAPIProjection,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    EphemeralVolumeSource,
    ImageVolumeSource,
    ProjectedVolumeSource,
    ServiceAccountTokenProjection,
    Volume,
    VolumeProjection,
)
from minikube_py.api.model import Model
from minikube_py.api.scalars import Quantity

DEFAULT_FILE_MODE = 0o644
DEFAULT_GRACE_PERIOD_S = 30
POD_LEVEL = ("cpu", "memory")
"""What a pod as a whole can ask for."""

_POD_SECURITY_CONTEXT = PodSecurityContext()
_EMPTY_DIR = EmptyDirVolumeSource()


def template_defaulted(template: PodTemplateSpec) -> PodTemplateSpec:
    return changed(template, spec=pod_spec_defaulted(template.spec))


def pod_defaulted(spec: PodSpec) -> PodSpec:
    """The spec of a Pod object with its defaults."""
    spec = pod_spec_defaulted(spec)
    spec = filled(spec, enable_service_links=True)
    if (spec.termination_grace_period_seconds or 0) < 0:
        spec = changed(spec, termination_grace_period_seconds=1)
    containers, init_containers = spec.containers, spec.init_containers
    if spec.host_network:
        containers, init_containers = each(containers, _on_host_ports), each(init_containers, _on_host_ports)
    spec = changed(
        spec,
        containers=each(containers, _requesting_its_limits),
        init_containers=each(init_containers, _requesting_its_limits),
    )
    return _requesting_pod_limits(spec) if spec.resources is not None else spec


def pod_spec_defaulted(spec: PodSpec) -> PodSpec:
    """The spec with the defaults that templates have too."""
    spec = filled(
        spec,
        restart_policy="Always",
        termination_grace_period_seconds=DEFAULT_GRACE_PERIOD_S,
        dns_policy="ClusterFirst",
        security_context=_POD_SECURITY_CONTEXT,
        scheduler_name="default-scheduler",
    )
    account = spec.service_account_name or spec.service_account
    return changed(
        spec,
        containers=each(spec.containers, container_defaulted),
        init_containers=each(spec.init_containers, container_defaulted),
        ephemeral_containers=each(spec.ephemeral_containers, container_defaulted),
        volumes=each(spec.volumes, volume_defaulted),
        service_account_name=account,
        service_account=account,
        overhead=rounded(spec.overhead),
    )


def _on_host_ports(container: Container) -> Container:
    """On the node's own network a container port is a port of the node."""
    return changed(container, ports=each(container.ports, _same_host_port))


def _same_host_port(port: ContainerPort) -> ContainerPort:
    return filled(port, host_port=port.container_port)


def _requesting_its_limits(container: Container) -> Container:
    resources = container.resources
    if not resources.limits or all(name in resources.requests for name in resources.limits):
        return container
    return changed(container, resources=changed(resources, requests={**resources.limits, **resources.requests}))


def _requesting_pod_limits(spec: PodSpec) -> PodSpec:
    """What a pod-level limit implies: the containers' requests where they have any, else the limit itself."""
    assert spec.resources is not None
    if not spec.resources.limits:
        return spec
    limits = {name: limit for name, limit in spec.resources.limits.items() if name in POD_LEVEL}
    sums = {name: total for name, total in summed_requests(spec).items() if name in limits}
    requests = {**limits, **sums, **spec.resources.requests}
    return changed(spec, resources=_requesting(spec.resources, requests))


def _requesting(resources: ResourceRequirements, requests: Mapping[str, Quantity]) -> ResourceRequirements:
    return resources if resources.requests == requests else changed(resources, requests=requests)


def summed_requests(spec: PodSpec) -> dict[str, Quantity]:
    """What the containers ask for together."""
    sums: dict[str, Quantity] = {}
    for container in spec.containers:
        for name, amount in container.resources.requests.items():
            sums[name] = sums[name] + amount if name in sums else amount
    return sums


def volume_defaulted(volume: Volume) -> Volume:
    present = [name for name in volume.model_fields_set if name != "name" and getattr(volume, name) is not None]
    if not present:
        return changed(volume, empty_dir=_EMPTY_DIR)
    update: dict[str, object] = {}
    for source in present:
        default = VOLUME_DEFAULTS.get(source)
        if default is not None:
            update[source] = default(getattr(volume, source))
    return changed(volume, **update)


def _downward_defaulted(source: DownwardAPIVolumeSource) -> DownwardAPIVolumeSource:
    source = filled(source, default_mode=DEFAULT_FILE_MODE)
    return changed(source, items=each(source.items, _downward_file_defaulted))


def _downward_file_defaulted(file: DownwardAPIVolumeFile) -> DownwardAPIVolumeFile:
    return changed(
        file,
        field_ref=optional(file.field_ref, field_ref_defaulted),
        resource_field_ref=optional(file.resource_field_ref, resource_ref_defaulted),
    )


def _projected_defaulted(source: ProjectedVolumeSource) -> ProjectedVolumeSource:
    source = filled(source, default_mode=DEFAULT_FILE_MODE)
    return changed(source, sources=each(source.sources, _projection_defaulted))


def _projection_defaulted(projection: VolumeProjection) -> VolumeProjection:
    return changed(
        projection,
        downward_api=optional(projection.downward_api, _downward_projection_defaulted),
        service_account_token=optional(projection.service_account_token, _token_defaulted),
    )


def _downward_projection_defaulted(projection: DownwardAPIProjection) -> DownwardAPIProjection:
    return changed(projection, items=each(projection.items, _downward_file_defaulted))


def _token_defaulted(token: ServiceAccountTokenProjection) -> ServiceAccountTokenProjection:
    return filled(token, expiration_seconds=3600)


def _ephemeral_defaulted(source: EphemeralVolumeSource) -> EphemeralVolumeSource:
    template = source.volume_claim_template
    if template is None:
        return source
    claim = filled(template.spec, volume_mode="Filesystem")
    return changed(source, volume_claim_template=changed(template, spec=claim))


def _image_defaulted(source: ImageVolumeSource) -> ImageVolumeSource:
    return filled(source, pull_policy=image_pull_policy(source.reference)) if source.reference else source


VOLUME_DEFAULTS: Mapping[str, Callable[[Any], Model]] = {
    "secret": lambda source: filled(source, default_mode=DEFAULT_FILE_MODE),
    "config_map": lambda source: filled(source, default_mode=DEFAULT_FILE_MODE),
    "downward_api": _downward_defaulted,
    "projected": _projected_defaulted,
    "host_path": lambda source: filled(source, type=""),
    "ephemeral": _ephemeral_defaulted,
    "image": _image_defaulted,
    "iscsi": lambda source: filled(source, iscsi_interface="default"),
    "rbd": lambda source: filled(source, pool="rbd", user="admin", keyring="/etc/ceph/keyring"),
    "azure_disk": lambda source: filled(
        source, caching_mode="ReadWrite", kind="Shared", fs_type="ext4", read_only=False
    ),
    "scale_io": lambda source: filled(source, fs_type="xfs", storage_mode="ThinProvisioned"),
}
