"""What a container gets for what its author left out.

Kubernetes: pkg/apis/core/v1/defaults.go (SetDefaults_Container, SetDefaults_Probe, SetDefaults_ResourceList)
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import TypeVar

from minikube_py.api.defaulting import changed, each, filled, optional
from minikube_py.api.kinds.core.common import FileKeySelector, ObjectFieldSelector, ResourceFieldSelector
from minikube_py.api.kinds.core.container import (
    Container,
    ContainerPort,
    EnvVar,
    EphemeralContainer,
    GRPCAction,
    HTTPGetAction,
    Lifecycle,
    LifecycleHandler,
    Probe,
)
from minikube_py.api.scalars import Quantity

C = TypeVar("C", Container, EphemeralContainer)


def container_defaulted(container: C) -> C:
    container = filled(
        container,
        termination_message_path="/dev/termination-log",
        termination_message_policy="File",
        image_pull_policy=container.image_pull_policy or image_pull_policy(container.image),
    )
    resources = container.resources
    return changed(
        container,
        ports=each(container.ports, _port_defaulted),
        env=each(container.env, _env_defaulted),
        resources=changed(resources, limits=rounded(resources.limits), requests=rounded(resources.requests)),
        liveness_probe=optional(container.liveness_probe, probe_defaulted),
        readiness_probe=optional(container.readiness_probe, probe_defaulted),
        startup_probe=optional(container.startup_probe, probe_defaulted),
        lifecycle=optional(container.lifecycle, _lifecycle_defaulted),
    )


def image_pull_policy(image: str) -> str:
    """Always for an image that may change under its name: without a tag or digest, or tagged latest."""
    name, _, digest = image.partition("@")
    last, _, tag = name.rpartition("/")[2].partition(":")
    is_well_formed = last != "" and last == last.lower()
    return "Always" if is_well_formed and (tag == "latest" or not (tag or digest)) else "IfNotPresent"


def rounded(amounts: Mapping[str, Quantity]) -> Mapping[str, Quantity]:
    """The amounts in whole thousandths: nothing finer can be asked for."""
    if not any(amount[-1] in "nu" for amount in amounts.values()):
        return amounts
    return {name: _in_thousandths(amount) if amount[-1] in "nu" else amount for name, amount in amounts.items()}


def _in_thousandths(amount: Quantity) -> Quantity:
    return Quantity.of((amount.value * 1000).to_integral_value(ROUND_CEILING) / Decimal(1000))


def probe_defaulted(probe: Probe) -> Probe:
    probe = filled(probe, timeout_seconds=1, period_seconds=10, success_threshold=1, failure_threshold=3)
    return changed(
        probe, http_get=optional(probe.http_get, _http_get_defaulted), grpc=optional(probe.grpc, _grpc_defaulted)
    )


def _http_get_defaulted(action: HTTPGetAction) -> HTTPGetAction:
    return filled(action, path="/", scheme="HTTP")


def _grpc_defaulted(action: GRPCAction) -> GRPCAction:
    return filled(action, service="")


def _lifecycle_defaulted(lifecycle: Lifecycle) -> Lifecycle:
    return changed(
        lifecycle,
        post_start=optional(lifecycle.post_start, _handler_defaulted),
        pre_stop=optional(lifecycle.pre_stop, _handler_defaulted),
    )


def _handler_defaulted(handler: LifecycleHandler) -> LifecycleHandler:
    return changed(handler, http_get=optional(handler.http_get, _http_get_defaulted))


def _port_defaulted(port: ContainerPort) -> ContainerPort:
    return port if port.protocol else filled(port, protocol="TCP")


def _env_defaulted(variable: EnvVar) -> EnvVar:
    source = variable.value_from
    if source is None:
        return variable
    source = changed(
        source,
        field_ref=optional(source.field_ref, field_ref_defaulted),
        resource_field_ref=optional(source.resource_field_ref, resource_ref_defaulted),
        file_key_ref=optional(source.file_key_ref, _file_key_defaulted),
    )
    return changed(variable, value_from=source)


def field_ref_defaulted(reference: ObjectFieldSelector) -> ObjectFieldSelector:
    return filled(reference, api_version="v1")


def resource_ref_defaulted(reference: ResourceFieldSelector) -> ResourceFieldSelector:
    return filled(reference, divisor=Quantity())


def _file_key_defaulted(reference: FileKeySelector) -> FileKeySelector:
    return filled(reference, optional=False)
