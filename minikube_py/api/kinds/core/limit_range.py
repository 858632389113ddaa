"""LimitRange: what a container, pod or claim of a namespace gets and may ask for.

Kubernetes: pkg/registry/core/limitrange/strategy.go, pkg/apis/core/v1/defaults.go (SetDefaults_LimitRangeItem)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from minikube_py.api.columns import NAME
from minikube_py.api.defaulting import changed, each
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.resource_validation import limit_name_errors
from minikube_py.api.kinds.field_checks import Errors, qualified_errors
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Quantity
from minikube_py.api.validation import FieldError, duplicate_value, forbidden_value, invalid_value, required


class LimitRangeItem(Model):
    """Bounds and defaults for one type of thing: Container, Pod or PersistentVolumeClaim."""

    type: str = written(str)
    max: Mapping[str, Quantity] = {}
    min: Mapping[str, Quantity] = {}
    default: Mapping[str, Quantity] = {}
    default_request: Mapping[str, Quantity] = {}
    max_limit_request_ratio: Mapping[str, Quantity] = {}


class LimitRangeSpec(Model):
    """The bounds, one item a type."""

    limits: tuple[LimitRangeItem, ...] = written(tuple)


class LimitRange(
    Resource,
    version="v1",
    plural="limitranges",
    allows_create_on_update=True,
    short_names=("limits",),
    generation_of=(),
    columns=(NAME, Column("Created At", lambda limits: limits.metadata.creation_timestamp, type="date")),
):
    spec: LimitRangeSpec = written(LimitRangeSpec)

    def defaulted(self) -> Self:
        return changed(self, spec=changed(self.spec, limits=each(self.spec.limits, _item_defaulted)))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        seen: set[str] = set()
        for index, item in enumerate(self.spec.limits):
            path = f"spec.limits[{index}]"
            yield from _type_errors(item.type, f"{path}.type")
            if item.type in seen:
                yield duplicate_value(f"{path}.type", item.type)
            seen.add(item.type)
            yield from _item_errors(item, path)


_TYPES = ("Container", "PersistentVolumeClaim", "Pod")


def _type_errors(name: str, path: str) -> Errors:
    problems = list(qualified_errors(name, path))
    yield from problems
    if not problems and "/" not in name and name not in _TYPES:
        yield invalid_value(path, name, "must be a standard limit type or fully qualified")


def _item_defaulted(item: LimitRangeItem) -> LimitRangeItem:
    """Of a container, the limit is its maximum, and the request its limit or else its minimum."""
    if item.type != "Container":
        return item
    default = {**item.max, **item.default}
    request = {**item.min, **default, **item.default_request}
    if default == item.default and request == item.default_request:
        return item
    return changed(item, default=default, default_request=request)


def _item_errors(item: LimitRangeItem, path: str) -> Errors:
    amounts = {"max": item.max, "min": item.min, "default": item.default, "defaultRequest": item.default_request}
    if item.type == "Pod":
        for name in ("default", "defaultRequest"):
            if amounts.pop(name):
                yield forbidden_value(f"{path}.{name}", "may not be specified when `type` is 'Pod'")
    for name, quantities in (amounts | {"maxLimitRequestRatio": item.max_limit_request_ratio}).items():
        for resource in quantities:
            yield from limit_name_errors(resource, f"{path}.{name}[{resource}]", of_container=item.type == "Container")
    if item.type == "PersistentVolumeClaim" and "storage" not in item.min and "storage" not in item.max:
        why = "either minimum or maximum storage value is required, but neither was provided"
        yield required(f"{path}.limits", why)
    for resource in sorted({name for quantities in amounts.values() for name in quantities}):
        yield from _order_errors(
            {name: quantities.get(resource) for name, quantities in amounts.items()}, path, resource
        )
    yield from _ratio_errors(item, path)


def _ratio_errors(item: LimitRangeItem, path: str) -> Errors:
    for resource, ratio in item.max_limit_request_ratio.items():
        if ratio.value < 1:
            yield invalid_value(f"{path}.maxLimitRequestRatio[{resource}]", ratio, f"ratio {ratio} is less than 1")
        smallest, largest = item.min.get(resource), item.max.get(resource)
        if smallest and largest and smallest.value and ratio.value > largest.value / smallest.value:
            why = f"ratio {ratio} is greater than max/min = {float(largest.value / smallest.value):.6f}"
            yield invalid_value(f"{path}.maxLimitRequestRatio[{resource}]", ratio, why)


_ORDERS = (
    ("min", "max", "min", "min", "min value {} is greater than max value {}"),
    ("min", "defaultRequest", "", "", "min value {} is greater than default request value {}"),
    ("defaultRequest", "max", "", "", "default request value {} is greater than max value {}"),
    ("defaultRequest", "default", "", "", "default request value {} is greater than default limit value {}"),
    ("min", "default", "default", "min", "min value {} is greater than default value {}"),
    ("default", "max", "default", "max", "default value {} is greater than max value {}"),
)
"""What may not be greater than what; the field that is blamed and the one shown, where it is not
the default request; and the sentence."""


def _order_errors(amounts: Mapping[str, Quantity | None], path: str, resource: str) -> Errors:
    for small, large, blamed, displayed, sentence in _ORDERS:
        smaller, larger = amounts.get(small), amounts.get(large)
        if smaller is not None and larger is not None and smaller.value > larger.value:
            value = amounts[displayed or "defaultRequest"]
            where = f"{path}.{blamed or 'defaultRequest'}[{resource}]"
            yield invalid_value(where, value, sentence.format(smaller, larger))
