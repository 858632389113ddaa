"""What is wrong with the bounds, the target and the metrics of a HorizontalPodAutoscaler.

Kubernetes: pkg/apis/autoscaling/validation/validation.go
"""

from __future__ import annotations

from typing import Any

from minikube_py.api.field_checks import Errors, label_selector_errors, required_choice_errors
from minikube_py.api.kinds.autoscaling.v2.metric_spec import (
    CrossVersionObjectReference,
    MetricIdentifier,
    MetricSpec,
    MetricTarget,
)
from minikube_py.api.validation import forbidden_value, invalid_value, path_segment_error, required

_SOURCES = {
    "Object": ("object", "object"),
    "Pods": ("pods", "pods"),
    "Resource": ("resource", "resource"),
    "External": ("external", "external"),
    "ContainerResource": ("container_resource", "containerResource"),
}
"""Type of a metric -> the attribute that describes it, and its JSON name."""


def bounds_errors(minimum: int | None, maximum: int, path: str) -> Errors:
    if minimum is not None and minimum < 1:
        yield invalid_value(f"{path}.minReplicas", minimum, "must be greater than or equal to 1")
    if maximum < 1:
        yield invalid_value(f"{path}.maxReplicas", maximum, "must be greater than 0")
    if minimum is not None and maximum < minimum:
        yield invalid_value(f"{path}.maxReplicas", maximum, "must be greater than or equal to `minReplicas`")


def reference_errors(reference: CrossVersionObjectReference, path: str) -> Errors:
    for name, value in (("kind", reference.kind), ("name", reference.name)):
        if not value:
            yield required(f"{path}.{name}")
        elif problem := path_segment_error(value, prefix=False):
            yield invalid_value(f"{path}.{name}", value, problem)


def metrics_errors(metrics: tuple[MetricSpec, ...], minimum: int | None, path: str) -> Errors:
    for index, metric in enumerate(metrics):
        yield from _metric_errors(metric, f"{path}[{index}]")
    if minimum == 0 and not any(metric.type in ("Object", "External") for metric in metrics):
        yield forbidden_value(
            path, "must specify at least one Object or External metric to support scaling to zero replicas"
        )


def _metric_errors(metric: MetricSpec, path: str) -> Errors:
    if not metric.type:
        yield required(f"{path}.type", "must specify a metric source type")
    else:
        yield from required_choice_errors(metric.type, sorted(_SOURCES), f"{path}.type")
    given = [name for name, (attribute, _) in _SOURCES.items() if getattr(metric, attribute) is not None]
    if metric.type in _SOURCES and metric.type not in given:
        why = "must populate information for the given metric source"
        yield required(f"{path}.{_SOURCES[metric.type][1]}", why)
    for name in given:
        attribute, member = _SOURCES[name]
        if metric.type in _SOURCES and name != metric.type:
            why = "must populate the given metric source only"
            yield forbidden_value(f"{path}.{member}", why)
        yield from _source_errors(getattr(metric, attribute), name, f"{path}.{member}")


def _source_errors(source: Any, kind: str, path: str) -> Errors:
    target: MetricTarget = source.target
    if kind == "Object":
        yield from reference_errors(source.described_object, f"{path}.describedObject")
    if kind in ("Resource", "ContainerResource"):
        if not source.name:
            yield required(f"{path}.name", "must specify a resource name")
        if kind == "ContainerResource" and not source.container:
            yield required(f"{path}.container", "must specify a container")
    else:
        yield from _identifier_errors(source.metric, f"{path}.metric")
    yield from _target_errors(target, f"{path}.target")
    yield from _fitting_errors(target, kind, f"{path}.target")


def _identifier_errors(metric: MetricIdentifier, path: str) -> Errors:
    if not metric.name:
        yield required(f"{path}.name", "must specify a metric name")
    yield from label_selector_errors(metric.selector, f"{path}.selector")


def _target_errors(target: MetricTarget, path: str) -> Errors:
    yield from required_choice_errors(target.type, ("AverageValue", "Utilization", "Value"), f"{path}.type")
    for name, amount in (("value", target.value), ("averageValue", target.average_value)):
        if amount is not None and amount.value <= 0:
            yield invalid_value(f"{path}.{name}", amount, "must be positive")
    if target.average_utilization is not None and target.average_utilization < 1:
        yield invalid_value(f"{path}.averageUtilization", target.average_utilization, "must be greater than 0")


def _fitting_errors(target: MetricTarget, kind: str, path: str) -> Errors:
    """A metric of each kind can be compared with some forms of target only."""
    if kind in ("Resource", "ContainerResource"):
        if target.average_utilization is None and target.average_value is None:
            yield required(f"{path}.averageUtilization", "must set either a target raw value or a target utilization")
        if target.average_utilization is not None and target.average_value is not None:
            yield forbidden_value(
                f"{path}.averageValue", "may not set both a target raw value and a target utilization"
            )
    elif kind == "Pods":
        if target.average_value is None:
            yield required(f"{path}.averageValue", "must specify a positive target averageValue")
    elif target.value is None and target.average_value is None:
        yield required(f"{path}.averageValue", "must set either a target value for metric or a per-pod target")
