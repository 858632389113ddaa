"""HorizontalPodAutoscaler: as many pods as a measured load needs.

Kubernetes: pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go, pkg/apis/autoscaling/v2/defaults.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, UNSET
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.autoscaling.v2.metric_columns import targets
from minikube_py.api.kinds.autoscaling.v2.metric_spec import (
    CrossVersionObjectReference,
    MetricSpec,
    MetricStatus,
    MetricTarget,
    ResourceMetricSource,
)
from minikube_py.api.kinds.autoscaling.v2.scaling_rules import (
    HorizontalPodAutoscalerBehavior,
    behavior_defaulted,
    behavior_errors,
)
from minikube_py.api.kinds.autoscaling.v2.validation import bounds_errors, metrics_errors, target_errors
from minikube_py.api.kinds.field_checks import negative_errors
from minikube_py.api.markers import MergeBy, NotRequired, Required
from minikube_py.api.model import Model, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, Time
from minikube_py.api.validation import FieldError


class HorizontalPodAutoscalerSpec(Model):
    """What is scaled, between which bounds, by what measure."""

    scale_target_ref: Annotated[CrossVersionObjectReference, Required()] = written(CrossVersionObjectReference)
    min_replicas: int | None = None
    max_replicas: int = written(int)
    metrics: tuple[MetricSpec, ...] = ()
    behavior: HorizontalPodAutoscalerBehavior | None = None


class HorizontalPodAutoscalerCondition(Model):
    type: str = written(str)
    status: str = written(str)
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()
    reason: str = ""
    message: str = ""


class HorizontalPodAutoscalerStatus(Model):
    """What was measured, and how many pods that makes."""

    observed_generation: Int64 | None = None
    last_scale_time: Time | None = None
    current_replicas: int = 0
    desired_replicas: int = written(int)
    current_metrics: Annotated[tuple[MetricStatus, ...] | None, NotRequired()] = written_null()
    conditions: Annotated[tuple[HorizontalPodAutoscalerCondition, ...], MergeBy("type", ("type",))] = ()


_CPU_AT_80 = MetricSpec(
    type="Resource",
    resource=ResourceMetricSource(name="cpu", target=MetricTarget(type="Utilization", average_utilization=80)),
)

COLUMNS = (
    NAME,
    Column("Reference", lambda scaler: f"{scaler.spec.scale_target_ref.kind}/{scaler.spec.scale_target_ref.name}"),
    Column("Targets", lambda scaler: targets(scaler.spec.metrics, scaler.status.current_metrics or ())),
    Column("MinPods", lambda scaler: UNSET if scaler.spec.min_replicas is None else str(scaler.spec.min_replicas)),
    Column("MaxPods", lambda scaler: scaler.spec.max_replicas),
    Column("Replicas", lambda scaler: scaler.status.current_replicas),
    AGE,
)


class HorizontalPodAutoscaler(
    Resource,
    group="autoscaling",
    version="v2",
    plural="horizontalpodautoscalers",
    short_names=("hpa",),
    categories=("all",),
    generation_of=(),
    columns=COLUMNS,
):
    spec: Annotated[HorizontalPodAutoscalerSpec, Required()] = written(HorizontalPodAutoscalerSpec)
    status: HorizontalPodAutoscalerStatus = written(HorizontalPodAutoscalerStatus)

    def defaulted(self) -> Self:
        spec = filled(self.spec, min_replicas=1, metrics=(_CPU_AT_80,))
        if spec.behavior is not None:
            spec = changed(spec, behavior=behavior_defaulted(spec.behavior))
        return changed(self, spec=spec)

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        yield from negative_errors(self.status.current_replicas, "status.currentReplicas")
        yield from negative_errors(self.status.desired_replicas, "status.desiredReplicas")

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        spec = self.spec
        yield from bounds_errors(spec.min_replicas, spec.max_replicas, "spec")
        yield from target_errors(spec.scale_target_ref, "spec.scaleTargetRef")
        yield from metrics_errors(spec.metrics, spec.min_replicas, "spec.metrics")
        if spec.behavior is not None:
            yield from behavior_errors(spec.behavior, "spec.behavior")
