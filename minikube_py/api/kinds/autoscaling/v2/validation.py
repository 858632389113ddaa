"""What is wrong with the bounds, the target and the metrics of a HorizontalPodAutoscaler.

Kubernetes: pkg/apis/autoscaling/validation/validation.go
"""

from __future__ import annotations

from typing import Any

from minikube_py.api.kinds.autoscaling.v2.metric_spec import (
    CrossVersionObjectReference,
    MetricIdentifier,
    MetricSpec,
    MetricTarget,
)
from minikube_py.api.kinds.field_checks import Errors, choice_errors, label_selector_errors
from minikube_py.api.validation import forbidden_value, invalid_value, path_segment_error, required

_SOURCES = {
    "Object": ("object", "object"),
    "External": ("external", "external"),
    "Pods": ("pods", "pods"),
    "Resource": ("resource", "resource"),
    "ContainerResource": ("container_resource", "containerResource"),
}
"""Type of a metric -> the attribute that describes it, and its JSON name."""


def bounds_errors(minimum: int | None, maximum: int, path: str) -> Errors:
    if minimum is not None and minimum < 1:
        yield invalid_value(f"{path}.minReplicas", minimum, "must be greater than or equal to 1")
    if maximum < 1:
        yield required(f"{path}.maxReplicas", "must be set and greater than 0")
    if minimum is not None and maximum < minimum:
        yield invalid_value(f"{path}.maxReplicas", maximum, "must be greater than or equal to `minReplicas`")


def reference_errors(reference: CrossVersionObjectReference, path: str) -> Errors:
    for name, value in (("kind", reference.kind), ("name", reference.name)):
        if not value:
            yield required(f"{path}.{name}")
        elif problem := path_segment_error(value, prefix=False):
            yield invalid_value(f"{path}.{name}", value, problem)


def target_errors(reference: CrossVersionObjectReference, path: str) -> Errors:
    """What is wrong with the object that is scaled: its group has to be named."""
    yield from reference_errors(reference, path)
    if not reference.api_version:
        yield invalid_value(f"{path}.apiVersion", "", "apiVersion must specify API group")


def metrics_errors(metrics: tuple[MetricSpec, ...], minimum: int | None, path: str) -> Errors:
    for index, metric in enumerate(metrics):
        yield from _metric_errors(metric, f"{path}[{index}]")
    if minimum == 0 and not any(metric.type in ("Object", "External") for metric in metrics):
        yield forbidden_value(
            path, "must specify at least one Object or External metric to support scaling to zero replicas"
        )


def _metric_errors(metric: MetricSpec, path: str) -> Errors:
    """As upstream, only the first source is looked into, and a type that is none is said twice."""
    types = sorted(_SOURCES)
    if not metric.type:
        yield required(f"{path}.type", "must specify a metric source type")
    yield from choice_errors(metric.type, types, f"{path}.type")
    given = [name for name, (attribute, _) in _SOURCES.items() if getattr(metric, attribute) is not None]
    if given:
        attribute, member = _SOURCES[given[0]]
        yield from _source_errors(getattr(metric, attribute), given[0], f"{path}.{member}")
    if metric.type in types and metric.type not in given:
        why = "must populate information for the given metric source"
        yield required(f"{path}.{_SOURCES[metric.type][1]}", why)
    yield from choice_errors(metric.type, types, f"{path}.type")
    for name in given if len(given) != 1 else ():
        if name != metric.type:
            yield forbidden_value(f"{path}.{_SOURCES[name][1]}", "must populate the given metric source only")


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
    if not target.type:
        yield required(f"{path}.type", "must specify a metric target type")
    elif target.type not in ("Utilization", "Value", "AverageValue"):
        yield invalid_value(f"{path}.type", target.type, "must be either Utilization, Value, or AverageValue")
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
        what = "value or averageValue" if kind == "Object" else "value for metric or a per-pod target"
        yield required(f"{path}.averageValue", f"must set either a target {what}")
