"""Deployment: replicas of a pod template, changed step by step from one ReplicaSet to the next.

Kubernetes: pkg/registry/apps/deployment/strategy.go
"""

from __future__ import annotations

from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column, Scale
from minikube_py.api.kinds.apps.columns import WORKLOAD_COLUMNS
from minikube_py.api.kinds.core.pod_defaults import template_defaulted
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.markers import MergeBy, OneOf, RetainKeys
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import IntOrString, Time


class RollingUpdateDeployment(Model):
    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None


class DeploymentStrategy(Model):
    type: Annotated[str, OneOf("Recreate", "RollingUpdate")] = ""
    rolling_update: RollingUpdateDeployment | None = None


class DeploymentSpec(Model):
    replicas: int | None = None
    selector: LabelSelector | None = None
    template: PodTemplateSpec = written(PodTemplateSpec)
    strategy: Annotated[DeploymentStrategy, RetainKeys()] = written(DeploymentStrategy)
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None
    paused: bool = False
    progress_deadline_seconds: int | None = None


class DeploymentCondition(Model):
    type: str = written(str)
    status: str = written(str)
    reason: str = ""
    message: str = ""
    last_update_time: Time | None = None
    last_transition_time: Time | None = None


class DeploymentStatus(Model):
    observed_generation: int = 0
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
