"""DaemonSet: one pod of this template on every node that fits.

Kubernetes: pkg/registry/apps/daemonset/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, labels_text
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.apps.columns import WORKLOAD_COLUMNS
from minikube_py.api.kinds.apps.validation import (
    amount_errors,
    is_nothing,
    percentage,
    selector_change_errors,
    selector_errors,
)
from minikube_py.api.kinds.core.pod_defaults import template_defaulted
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.kinds.core.pod_validation import running_template_errors
from minikube_py.api.kinds.core.pod_warnings import template_warnings
from minikube_py.api.kinds.field_checks import Errors, negative_errors
from minikube_py.api.markers import MergeBy, NotRequired, OneOf, Required
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, replace, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, IntOrString, Time
from minikube_py.api.validation import FieldError, invalid_value, required, unsupported_value

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
"""The annotation that counts the changes of the template."""


class RollingUpdateDaemonSet(Model):
    """How many pods may be missing, or too many, on the way."""

    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None


class DaemonSetUpdateStrategy(Model):
    """How old pods give way to new ones."""

    type: Annotated[str, OneOf("OnDelete", "RollingUpdate")] = ""
    rolling_update: RollingUpdateDaemonSet | None = None


class DaemonSetSpec(Model):
    """Which pod every node gets, and how pods are replaced when that changes."""

    selector: Annotated[LabelSelector | None, Required()] = None
    template: Annotated[PodTemplateSpec, Required()] = written(PodTemplateSpec)
    update_strategy: DaemonSetUpdateStrategy = written(DaemonSetUpdateStrategy)
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None


class DaemonSetCondition(Model):
    type: str = written(str)
    status: str = written(str)
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()
    reason: str = ""
    message: str = ""


class DaemonSetStatus(Model):
    """On how many nodes there should be a pod, and is one."""

    current_number_scheduled: int = written(int)
    number_misscheduled: int = written(int)
    desired_number_scheduled: int = written(int)
    number_ready: int = written(int)
    observed_generation: Int64 = 0
    updated_number_scheduled: int = 0
    number_available: int = 0
    number_unavailable: int = 0
    collision_count: int | None = None
    conditions: Annotated[tuple[DaemonSetCondition, ...], MergeBy("type", ("type",))] = ()


class DaemonSet(
    Resource,
    group="apps",
    version="v1",
    plural="daemonsets",
    columns=(
        NAME,
        Column("Desired", lambda daemon: daemon.status.desired_number_scheduled, type="integer"),
        Column("Current", lambda daemon: daemon.status.current_number_scheduled, type="integer"),
        Column("Ready", lambda daemon: daemon.status.number_ready, type="integer"),
        Column("Up-to-date", lambda daemon: daemon.status.updated_number_scheduled, type="integer"),
        Column("Available", lambda daemon: daemon.status.number_available, type="integer"),
        Column("Node Selector", lambda daemon: labels_text(daemon.spec.template.spec.node_selector)),
        AGE,
        *WORKLOAD_COLUMNS,
    ),
    short_names=("ds",),
    categories=("all",),
):
    spec: DaemonSetSpec = written(DaemonSetSpec)
    status: DaemonSetStatus = written(DaemonSetStatus)

    def defaulted(self) -> Self:
        spec = filled(self.spec, revision_history_limit=10)
        strategy = _strategy_defaulted(spec.update_strategy)
        return changed(self, spec=changed(spec, update_strategy=strategy, template=template_defaulted(spec.template)))

    def prepare_for_create(self) -> Self:
        return super().prepare_for_create()._with_template_generation(max(1, self._template_generation))

    def prepare_for_update(self, old: Self) -> Self:
        generation = old._template_generation + (self.spec.template != old.spec.template)
        return self._with_template_generation(generation)

    @property
    def _template_generation(self) -> int:
        text = self.metadata.annotations.get(TEMPLATE_GENERATION, "")
        return int(text) if text.isdecimal() else 0

    def _with_template_generation(self, generation: int) -> Self:
        annotations = {**self.metadata.annotations, TEMPLATE_GENERATION: str(generation)}
        return replace(self, metadata=replace(self.metadata, annotations=annotations))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        spec = self.spec
        yield from selector_errors(spec.selector, spec.template, "spec", of="daemonset")
        yield from running_template_errors(spec.template, "spec.template", of="DaemonSet")
        yield from negative_errors(spec.min_ready_seconds, "spec.minReadySeconds")
        yield from _strategy_errors(spec.update_strategy, "spec.updateStrategy")
        yield from negative_errors(spec.revision_history_limit, "spec.revisionHistoryLimit")
        if old is not None:
            yield from selector_change_errors(spec.selector, old.spec.selector)

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        status = self.status
        yield from negative_errors(status.current_number_scheduled, "status.currentNumberScheduled")
        yield from negative_errors(status.number_misscheduled, "status.numberMisscheduled")
        yield from negative_errors(status.desired_number_scheduled, "status.desiredNumberScheduled")
        yield from negative_errors(status.number_ready, "status.numberReady")
        yield from negative_errors(status.observed_generation, "status.observedGeneration")
        yield from negative_errors(status.updated_number_scheduled, "status.updatedNumberScheduled")
        yield from negative_errors(status.number_available, "status.numberAvailable")
        yield from negative_errors(status.number_unavailable, "status.numberUnavailable")

    def warnings(self) -> Iterable[str]:
        return template_warnings(self.spec.template, "spec.template")


def _strategy_defaulted(strategy: DaemonSetUpdateStrategy) -> DaemonSetUpdateStrategy:
    strategy = filled(strategy, type="RollingUpdate")
    if strategy.type != "RollingUpdate":
        return strategy
    rolling = filled(strategy.rolling_update or RollingUpdateDaemonSet(), max_unavailable=1, max_surge=0)
    return changed(strategy, rolling_update=rolling)


def _strategy_errors(strategy: DaemonSetUpdateStrategy, path: str) -> Errors:
    if strategy.type == "OnDelete":
        return
    if strategy.type != "RollingUpdate":
        given = {"Type": strategy.type, "RollingUpdate": None}
        yield unsupported_value(path, given, ("RollingUpdate", "OnDelete"))
    elif strategy.rolling_update is None:
        yield required(f"{path}.rollingUpdate")
    else:
        yield from _rolling_errors(strategy.rolling_update, f"{path}.rollingUpdate")


def _rolling_errors(rolling: RollingUpdateDaemonSet, path: str) -> Errors:
    amounts = {"maxUnavailable": rolling.max_unavailable, "maxSurge": rolling.max_surge}
    for name, amount in amounts.items():
        yield from amount_errors(amount, f"{path}.{name}")
    for name, amount in amounts.items():
        if percentage(amount) > 100:
            yield invalid_value(f"{path}.{name}", amount, "must not be greater than 100%")
    nothing = [is_nothing(amount) for amount in amounts.values()]
    if nothing == [False, False]:
        yield invalid_value(f"{path}.maxSurge", rolling.max_surge, "may not be set when maxUnavailable is non-zero")
    elif nothing == [True, True]:
        yield required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0")
