"""ReplicationController: so many pods of this template; what ReplicaSets were before they could select by more.

Kubernetes: pkg/registry/core/replicationcontroller/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, container_images, container_names, labels_text
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column, Scale
from minikube_py.api.kinds.core.pod_defaults import template_defaulted
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.kinds.core.pod_validation import running_template_errors
from minikube_py.api.kinds.core.pod_warnings import workload_warnings
from minikube_py.api.kinds.field_checks import Errors, negative_errors
from minikube_py.api.markers import AtomicStruct, DefaultsTo, MergeBy, NotRequired
from minikube_py.api.model import Model, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, Time
from minikube_py.api.validation import FieldError, invalid_value, required


class ReplicationControllerSpec(Model):
    """How many pods of which template there should be."""

    replicas: Annotated[int | None, DefaultsTo(1)] = None
    selector: Annotated[Mapping[str, str], AtomicStruct()] = {}
    template: PodTemplateSpec | None = None
    min_ready_seconds: Annotated[int, DefaultsTo(0)] = 0


class ReplicationControllerCondition(Model):
    type: str = written(str)
    status: str = written(str)
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()
    reason: str = ""
    message: str = ""


class ReplicationControllerStatus(Model):
    """How many pods there are."""

    replicas: int = written(int)
    fully_labeled_replicas: int = 0
    observed_generation: Int64 = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    conditions: Annotated[tuple[ReplicationControllerCondition, ...], MergeBy("type", ("type",))] = ()


def _pod_spec(controller: ReplicationController) -> PodTemplateSpec:
    return controller.spec.template or PodTemplateSpec()


class ReplicationController(
    Resource,
    version="v1",
    plural="replicationcontrollers",
    orphans_by_default=True,
    columns=(
        NAME,
        Column("Desired", lambda controller: controller.spec.replicas, type="integer"),
        Column("Current", lambda controller: controller.status.replicas, type="integer"),
        Column("Ready", lambda controller: controller.status.ready_replicas, type="integer"),
        AGE,
        Column("Containers", lambda controller: container_names(_pod_spec(controller).spec.containers), priority=1),
        Column("Images", lambda controller: container_images(_pod_spec(controller).spec.containers), priority=1),
        Column("Selector", lambda controller: labels_text(controller.spec.selector), priority=1),
    ),
    short_names=("rc",),
    categories=("all",),
    scale=Scale(),
    selectable_fields=("status.replicas",),
):
    spec: ReplicationControllerSpec = written(ReplicationControllerSpec)
    status: ReplicationControllerStatus = written(ReplicationControllerStatus)

    def defaulted(self) -> Self:
        labels = self.spec.template.metadata.labels if self.spec.template is not None else {}
        spec = filled(self.spec, replicas=1, selector=labels)
        if spec.template is not None:
            spec = changed(spec, template=template_defaulted(spec.template))
        return changed(self, spec=spec, metadata=filled(self.metadata, labels=labels))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        spec = self.spec
        yield from negative_errors(spec.min_ready_seconds, "spec.minReadySeconds")
        if not spec.selector:
            yield required("spec.selector")
        yield from negative_errors(spec.replicas, "spec.replicas")
        if spec.template is None:
            yield required("spec.template")
        else:
            yield from _template_errors(spec.selector, spec.template, "spec.template")

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        status = self.status
        counts = {
            "replicas": status.replicas,
            "fullyLabeledReplicas": status.fully_labeled_replicas,
            "readyReplicas": status.ready_replicas,
            "availableReplicas": status.available_replicas,
        }
        for name, count in counts.items():
            yield from negative_errors(count, f"status.{name}")
        yield from negative_errors(status.observed_generation, "status.observedGeneration")
        for name, count in counts.items():
            if count > status.replicas:
                yield invalid_value(f"status.{name}", count, "cannot be greater than status.replicas")
        if status.available_replicas > status.ready_replicas:
            why = "cannot be greater than readyReplicas"
            yield invalid_value("status.availableReplicas", status.available_replicas, why)

    def warnings(self) -> Iterable[str]:
        return workload_warnings(self.metadata, _pod_spec(self), "spec.template")


def _template_errors(selector: Mapping[str, str], template: PodTemplateSpec, path: str) -> Errors:
    labels = template.metadata.labels
    if selector and not selector.items() <= labels.items():
        why = "`selector` does not match template `labels`"
        yield invalid_value(f"{path}.metadata.labels", dict(labels) or None, why)
    yield from running_template_errors(template, path, of="ReplicationController")
