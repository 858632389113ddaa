"""What is wrong with a selector and the template whose pods it must select.

Kubernetes: pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.kinds.core.pod_validation import running_template_errors
from minikube_py.api.kinds.field_checks import NOT_NEGATIVE, Errors, label_selector_errors, negative_errors
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, wire_name
from minikube_py.api.scalars import IntOrString
from minikube_py.api.selectors import NOTHING, Selector, SelectorError, label_selector_from_document
from minikube_py.api.validation import invalid_value, required

READY = ("ready_replicas", "available_replicas")
_PERCENT = re.compile(r"[0-9]+%")


def workload_errors(selector: LabelSelector | None, template: PodTemplateSpec, path: str) -> Errors:
    """What is wrong with `selector` and `template` of a ReplicaSet or Deployment."""
    matcher: Selector | None = NOTHING
    if selector is None:
        yield required(f"{path}.selector")
    else:
        yield from label_selector_errors(selector, f"{path}.selector")
        if not selector.match_labels and not selector.match_expressions:
            yield invalid_value(f"{path}.selector", selector, "empty selector is invalid for deployment")
        matcher = _matcher(selector)
    if matcher is None:
        yield invalid_value(f"{path}.selector", selector, "invalid label selector")
    else:
        yield from _template_errors(matcher, template, f"{path}.template")


def _matcher(selector: LabelSelector) -> Selector | None:
    try:
        return label_selector_from_document(selector.to_dict())
    except SelectorError:
        return None


def _template_errors(selector: Selector, template: PodTemplateSpec, path: str) -> Errors:
    labels = template.metadata.labels
    if not selector.is_everything and not selector.matches(labels):
        why = "`selector` does not match template `labels`"
        yield invalid_value(f"{path}.metadata.labels", dict(labels) or None, why)
    yield from running_template_errors(template, path, of="ReplicaSet")


def selector_errors(
    selector: LabelSelector | None, template: PodTemplateSpec, path: str, *, of: str, labels_last: bool = False
) -> Errors:
    """What is wrong with the selector of a kind that is called `of` in the text, and whether it selects its pods."""
    if selector is None and labels_last:
        yield required(f"{path}.selector")
    yield from label_selector_errors(selector, f"{path}.selector")
    empty = selector is not None and not selector.match_labels and not selector.match_expressions
    if empty and labels_last:
        yield invalid_value(f"{path}.selector", selector, f"empty selector is invalid for {of}")
    matcher = NOTHING if selector is None else _matcher(selector)
    labels = template.metadata.labels
    if matcher is not None and not matcher.matches(labels) and not (labels_last and matcher.is_everything):
        why = "`selector` does not match template `labels`"
        yield invalid_value(f"{path}.template.metadata.labels", dict(labels) or None, why)
    if empty and not labels_last:
        yield invalid_value(f"{path}.selector", selector, f"empty selector is invalid for {of}")


def replica_status_errors(status: Model, counted: Sequence[str], compared: Sequence[str]) -> Errors:
    """The `counted` fields are not negative; those `compared`, and ready and available, are at most all replicas."""
    numbers = {name: getattr(status, name) or 0 for name in (*counted, "replicas", *compared, *READY)}
    for name in counted:
        yield from negative_errors(numbers[name], f"status.{wire_name(name)}")
    for name in (*compared, *READY):
        if numbers[name] > numbers["replicas"]:
            yield invalid_value(f"status.{wire_name(name)}", numbers[name], "cannot be greater than status.replicas")
    ready, available = (numbers[name] for name in READY)
    if available > ready:
        yield invalid_value("status.availableReplicas", available, "cannot be greater than readyReplicas")


def selector_change_errors(new: LabelSelector | None, old: LabelSelector | None) -> Errors:
    if new != old:
        yield invalid_value("spec.selector", new, "field is immutable")


def amount_errors(value: IntOrString | None, path: str) -> Errors:
    """A number of pods, or a percentage of them."""
    if isinstance(value, int):
        if value < 0:
            yield invalid_value(path, value, NOT_NEGATIVE)
    elif value is not None and not _PERCENT.fullmatch(value):
        why = (
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex "
            "used for validation is '[0-9]+%')"
        )
        yield invalid_value(path, value, why)


def is_nothing(value: IntOrString | None) -> bool:
    """Whether the amount comes to no pods at all, as one that cannot be read does."""
    return percentage(value) == 0 if isinstance(value, str) else not value


def percentage(value: IntOrString | None) -> int:
    return int(value[:-1]) if isinstance(value, str) and _PERCENT.fullmatch(value) else 0
