"""Deployment: replicas of a pod template, changed step by step from one ReplicaSet to the next.

Kubernetes: pkg/registry/apps/deployment/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column, Scale
from minikube_py.api.kinds.apps.columns import WORKLOAD_COLUMNS
from minikube_py.api.kinds.apps.validation import (
    READY,
    amount_errors,
    is_nothing,
    percentage,
    replica_status_errors,
    selector_change_errors,
    workload_errors,
)
from minikube_py.api.kinds.core.pod_defaults import template_defaulted
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.kinds.core.pod_warnings import workload_warnings
from minikube_py.api.kinds.field_checks import Errors, negative_errors
from minikube_py.api.markers import MergeBy, NotRequired, OneOf, Required, RetainKeys
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, IntOrString, Time
from minikube_py.api.validation import FieldError, forbidden_value, invalid_value, required, unsupported_value


class RollingUpdateDeployment(Model):
    """How many pods may be missing, or too many, on the way."""

    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None


class DeploymentStrategy(Model):
    """How old pods give way to new ones."""

    type: Annotated[str, OneOf("Recreate", "RollingUpdate")] = ""
    rolling_update: RollingUpdateDeployment | None = None


class DeploymentSpec(Model):
    """Which pods there should be, and how they are replaced when that changes."""

    replicas: int | None = None
    selector: Annotated[LabelSelector | None, Required()] = None
    template: Annotated[PodTemplateSpec, Required()] = written(PodTemplateSpec)
    strategy: Annotated[DeploymentStrategy, RetainKeys()] = written(DeploymentStrategy)
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None
    paused: bool = False
    progress_deadline_seconds: int | None = None


class DeploymentCondition(Model):
    """One observation of a deployment."""

    type: str = written(str)
    status: str = written(str)
    reason: str = ""
    message: str = ""
    last_update_time: Annotated[Time | None, NotRequired()] = written_null()
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()


class DeploymentStatus(Model):
    """How far the rollout is."""

    observed_generation: Int64 = 0
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    conditions: Annotated[tuple[DeploymentCondition, ...], MergeBy("type", ("type",))] = ()
    ready_replicas: int = 0
    collision_count: int | None = None
    terminating_replicas: int | None = None


class Deployment(
    Resource,
    group="apps",
    version="v1",
    plural="deployments",
    columns=(
        NAME,
        Column("Ready", lambda deployment: f"{deployment.status.ready_replicas}/{deployment.spec.replicas}"),
        Column("Up-to-date", lambda deployment: deployment.status.updated_replicas),
        Column("Available", lambda deployment: deployment.status.available_replicas),
        AGE,
        *WORKLOAD_COLUMNS,
    ),
    short_names=("deploy",),
    categories=("all",),
    scale=Scale(),
    generation_of=("spec", "metadata.annotations"),
):
    spec: DeploymentSpec = written(DeploymentSpec)
    status: DeploymentStatus = written(DeploymentStatus)

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        numbers = ("updated_replicas", *READY, "unavailable_replicas", "terminating_replicas", "collision_count")
        yield from replica_status_errors(
            self.status, ("observed_generation", "replicas", *numbers), ("updated_replicas",)
        )
        before, after = old.status.collision_count, self.status.collision_count
        if before is not None and (after is None or after < before):
            yield invalid_value("status.collisionCount", after or 0, "cannot be decremented")

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        spec = self.spec
        yield from negative_errors(spec.replicas, "spec.replicas")
        yield from workload_errors(spec.selector, spec.template, "spec")
        yield from _strategy_errors(spec.strategy, "spec.strategy")
        yield from negative_errors(spec.min_ready_seconds, "spec.minReadySeconds")
        yield from negative_errors(spec.revision_history_limit, "spec.revisionHistoryLimit")
        yield from negative_errors(spec.progress_deadline_seconds, "spec.progressDeadlineSeconds")
        deadline_s = spec.progress_deadline_seconds
        if deadline_s is not None and deadline_s <= spec.min_ready_seconds:
            yield invalid_value("spec.progressDeadlineSeconds", deadline_s, "must be greater than minReadySeconds")
        if old is not None:
            yield from selector_change_errors(spec.selector, old.spec.selector)

    def warnings(self) -> Iterable[str]:
        return workload_warnings(self.metadata, self.spec.template, "spec.template")

    def defaulted(self) -> Self:
        spec = filled(self.spec, replicas=1, revision_history_limit=10, progress_deadline_seconds=600)
        return changed(
            self,
            spec=changed(spec, strategy=_strategy_defaulted(spec.strategy), template=template_defaulted(spec.template)),
        )


def _strategy_defaulted(strategy: DeploymentStrategy) -> DeploymentStrategy:
    strategy = filled(strategy, type="RollingUpdate")
    if strategy.type != "RollingUpdate":
        return strategy
    rolling = filled(strategy.rolling_update or RollingUpdateDeployment(), max_unavailable="25%", max_surge="25%")
    return changed(strategy, rolling_update=rolling)


def _strategy_errors(strategy: DeploymentStrategy, path: str) -> Errors:
    rolling = strategy.rolling_update
    if strategy.type == "Recreate":
        if rolling is not None:
            why = "may not be specified when strategy `type` is 'Recreate'"
            yield forbidden_value(f"{path}.rollingUpdate", why)
    elif strategy.type != "RollingUpdate":
        given = {"Type": strategy.type, "RollingUpdate": None if rolling is None else rolling.to_dict()}
        yield unsupported_value(path, given, ("Recreate", "RollingUpdate"))
    elif rolling is None:
        yield required(f"{path}.rollingUpdate", "this should be defaulted and never be nil")
    else:
        yield from _rolling_errors(rolling, f"{path}.rollingUpdate")


def _rolling_errors(rolling: RollingUpdateDeployment, path: str) -> Errors:
    unavailable, surge = rolling.max_unavailable, rolling.max_surge
    yield from amount_errors(unavailable, f"{path}.maxUnavailable")
    yield from amount_errors(surge, f"{path}.maxSurge")
    if is_nothing(unavailable) and is_nothing(surge):
        yield invalid_value(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    if percentage(unavailable) > 100:
        yield invalid_value(f"{path}.maxUnavailable", unavailable, "must not be greater than 100%")
