"""Pod: containers that are placed, started and stopped together, on one node, with one address.

Reading order of its parts: pod_spec, container, volume, affinity, security and pod_status are the fields; pod_defaults
and container_defaults fill them in; pod_quality says which pods suffer first when a node runs short.

Kubernetes: pkg/registry/core/pod/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.defaulting import changed, filled
from minikube_py.api.kinds.core.pod_columns import POD_COLUMNS
from minikube_py.api.kinds.core.pod_defaults import pod_defaulted
from minikube_py.api.kinds.core.pod_quality import quality_of_service
from minikube_py.api.kinds.core.pod_spec import PodSpec, PodTemplateSpec
from minikube_py.api.kinds.core.pod_status import PodCondition, PodIP, PodStatus
from minikube_py.api.kinds.core.pod_update_validation import changed_pod_errors
from minikube_py.api.kinds.core.pod_validation import new_pod_errors
from minikube_py.api.kinds.core.pod_warnings import dotted_name_warnings, pod_warnings
from minikube_py.api.kinds.deprecations import POD_ANNOTATIONS, annotation_warnings
from minikube_py.api.kinds.field_checks import address_errors
from minikube_py.api.model import replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.validation import FieldError

__all__ = ["Pod", "PodSpec", "PodStatus", "PodTemplateSpec"]


class Pod(
    Resource,
    version="v1",
    plural="pods",
    short_names=("po",),
    categories=("all",),
    columns=POD_COLUMNS,
    returns_deleted_object=True,
    selectable_fields=(
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    # Not spec.nodeName, which the scheduler fills in: a bound pod is still the one that its author wrote.
    generation_of=tuple(f"spec.{name}" for name in PodSpec.model_fields if name != "node_name"),
):
    are_often_alike = True
    spec: PodSpec = written(PodSpec)
    status: PodStatus = written(PodStatus)

    def defaulted(self) -> Self:
        return changed(self, spec=pod_defaulted(self.spec), status=_status_defaulted(self.status))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return new_pod_errors(self.spec) if old is None else changed_pod_errors(self.spec, old.spec)

    def prepare_for_update(self, old: Self) -> Self:
        """A priority that is not repeated stays."""
        was = old.spec
        return changed(self, spec=filled(self.spec, priority=was.priority, preemption_policy=was.preemption_policy))

    def with_status_of(self, other: Self) -> Self:
        """How well a pod is served follows from its spec: who writes a status may leave it out."""
        quality = other.status.qos_class or quality_of_service(self.spec)
        return replace(self, status=filled(other.status, qos_class=quality))

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        for index, address in enumerate(self.status.pod_ips):
            yield from address_errors(address.ip, f"status.podIPs[{index}]")

    def deletion_grace_s(self, asked_s: int | None) -> int:
        """A pod that no kubelet has, or that has ended, goes at once; any other is stopped first."""
        if not self.spec.node_name or self.status.phase in ("Succeeded", "Failed"):
            return 0
        grace_s = asked_s if asked_s is not None else self.spec.termination_grace_period_seconds or 0
        return grace_s if grace_s >= 0 else 1

    def warnings(self) -> Iterable[str]:
        yield from dotted_name_warnings(self.metadata, "the Pod's hostname")
        yield from annotation_warnings(self.metadata.annotations, POD_ANNOTATIONS, "metadata.annotations")
        yield from pod_warnings(self.spec, "spec")

    def prepare_for_create(self) -> Self:
        status = PodStatus(phase="Pending", qos_class=quality_of_service(self.spec))
        if self.spec.scheduling_gates:
            status = replace(status, conditions=(replace(GATED, last_transition_time=Time.now()),))
        return replace(self, status=status)


GATED = PodCondition(
    type="PodScheduled",
    status="False",
    reason="SchedulingGated",
    message="Scheduling is blocked due to non-empty scheduling gates",
)


def _status_defaulted(status: PodStatus) -> PodStatus:
    """podIP is the first of podIPs, whichever of the two was written."""
    if status.pod_ips and not status.pod_ip:
        return replace(status, pod_ip=status.pod_ips[0].ip)
    if status.pod_ip and (not status.pod_ips or status.pod_ips[0].ip != status.pod_ip):
        return replace(status, pod_ips=(PodIP(ip=status.pod_ip),))
    return status
