"""HorizontalPodAutoscaler of autoscaling/v1: the same stored objects as of v2, where only CPU has a field.

What v1 has no field for is in annotations, as JSON.

Kubernetes: pkg/apis/autoscaling/v1/conversion.go
Simplified: the JSON in the annotations has v2's names (there: those of an older version).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Self

import orjson
from pydantic import Field

from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Cell, Column
from minikube_py.api.kinds.autoscaling.v2 import horizontal_pod_autoscaler as v2
from minikube_py.api.markers import Required
from minikube_py.api.model import Json, Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, Time
from minikube_py.api.validation import FieldError

_ANNOTATIONS = "autoscaling.alpha.kubernetes.io/"
_IN_ANNOTATIONS = {
    "metrics": ("spec", "metrics"),
    "behavior": ("spec", "behavior"),
    "current-metrics": ("status", "currentMetrics"),
    "conditions": ("status", "conditions"),
}
"""What an annotation holds -> where v2 has it."""


class CrossVersionObjectReference(Model):
    is_atomic: ClassVar[bool] = True

    kind: str = written(str)
    name: str = written(str)
    api_version: str = ""


class HorizontalPodAutoscalerSpec(Model):
    """What is scaled, between which bounds, to how much CPU."""

    scale_target_ref: Annotated[CrossVersionObjectReference, Required()] = written(CrossVersionObjectReference)
    min_replicas: int | None = None
    max_replicas: int = written(int)
    target_cpu_utilization_percentage: int | None = Field(default=None, alias="targetCPUUtilizationPercentage")


class HorizontalPodAutoscalerStatus(Model):
    """How much CPU is used, and how many pods that makes."""

    observed_generation: Int64 | None = None
    last_scale_time: Time | None = None
    current_replicas: int = written(int)
    desired_replicas: int = written(int)
    current_cpu_utilization_percentage: int | None = Field(default=None, alias="currentCPUUtilizationPercentage")


def _shown_as(column: Column) -> Column:
    def cell(scaler: HorizontalPodAutoscaler) -> Cell:
        return column.cell(scaler.as_v2())

    return Column(column.name, cell, column.type, column.format)


class HorizontalPodAutoscaler(
    Resource,
    group="autoscaling",
    version="v1",
    plural="horizontalpodautoscalers",
    short_names=("hpa",),
    categories=("all",),
    generation_of=(),
    stored_prefix=v2.HorizontalPodAutoscaler.definition.key_prefix,
    columns=tuple(map(_shown_as, v2.COLUMNS)),
):
    spec: Annotated[HorizontalPodAutoscalerSpec, Required()] = written(HorizontalPodAutoscalerSpec)
    status: HorizontalPodAutoscalerStatus = written(HorizontalPodAutoscalerStatus)

    def defaulted(self) -> Self:
        spec = filled(self.spec, min_replicas=1)
        if _ANNOTATIONS + "metrics" not in self.metadata.annotations:
            spec = filled(spec, target_cpu_utilization_percentage=80)
        return changed(self, spec=spec)

    def as_v2(self) -> v2.HorizontalPodAutoscaler:
        """The same autoscaler in the form of v2, which is also the stored one."""
        document = self.to_dict()
        spec, status = document["spec"], document["status"]
        used = status.pop("currentCPUUtilizationPercentage", None)
        wanted = spec.pop("targetCPUUtilizationPercentage", None)
        annotations = document["metadata"].get("annotations", {})
        for name, (part, member) in _IN_ANNOTATIONS.items():
            text = annotations.pop(_ANNOTATIONS + name, "")
            if text:
                document[part][member] = orjson.loads(text)
        if not annotations:
            document["metadata"].pop("annotations", None)
        if wanted is not None:
            target = {"type": "Utilization", "averageUtilization": wanted}
            spec["metrics"] = [_cpu(target=target), *spec.get("metrics", [])]
        if used is not None:
            current = {"averageUtilization": used, "averageValue": "0"}
            status["currentMetrics"] = [_cpu(current=current), *(status.get("currentMetrics") or [])]
        return v2.HorizontalPodAutoscaler.from_dict(document | {"apiVersion": "autoscaling/v2"})

    def to_stored(self) -> bytes:
        return self.as_v2().to_stored()

    @classmethod
    def from_stored(cls, document: dict[str, Json]) -> dict[str, Json]:
        spec, status = {**document.get("spec", {})}, {**document.get("status", {})}
        parts = {"spec": spec, "status": status}
        wanted, spec["metrics"] = _split(spec.get("metrics") or [], "target")
        used, status["currentMetrics"] = _split(status.get("currentMetrics") or [], "current")
        if wanted is not None:
            spec["targetCPUUtilizationPercentage"] = wanted
        if used is not None:
            status["currentCPUUtilizationPercentage"] = used
        status.setdefault("currentReplicas", 0)
        annotations = {**document.get("metadata", {}).get("annotations", {})}
        for name, (part, member) in _IN_ANNOTATIONS.items():
            value = parts[part].pop(member, None)
            if value:
                annotations[_ANNOTATIONS + name] = orjson.dumps(value).decode()
        metadata = document.get("metadata", {}) | ({"annotations": annotations} if annotations else {})
        return document | {"apiVersion": cls.definition.api_version, "metadata": metadata} | parts

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        return self.as_v2().status_errors(old.as_v2())

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return self.as_v2().field_errors(None)


def _cpu(**value: Json) -> Json:
    return {"type": "Resource", "resource": {"name": "cpu", **value}}


def _split(metrics: list[Json], member: str) -> tuple[int | None, list[Json]]:
    """The CPU in per cent, which has a field of its own in v1, and the rest."""
    for index, metric in enumerate(metrics):
        resource = metric.get("resource") or {}
        percent = resource.get(member, {}).get("averageUtilization")
        if resource.get("name") == "cpu" and percent is not None:
            return percent, metrics[:index] + metrics[index + 1 :]
    return None, metrics
