"""ReplicaSet: so many pods of this template, no more, no fewer.

Kubernetes: pkg/registry/apps/replicaset/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column, Scale
from minikube_py.api.kinds.apps.columns import WORKLOAD_COLUMNS
from minikube_py.api.kinds.apps.validation import READY, replica_status_errors, selector_change_errors, workload_errors
from minikube_py.api.kinds.core.pod_defaults import template_defaulted
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.kinds.core.pod_warnings import workload_warnings
from minikube_py.api.kinds.field_checks import negative_errors
from minikube_py.api.markers import MergeBy, NotRequired, Required
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written, written_null
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, Time
from minikube_py.api.validation import FieldError


class ReplicaSetSpec(Model):
    """How many pods of which template there should be."""

    replicas: int | None = None
    selector: Annotated[LabelSelector | None, Required()] = None
    template: PodTemplateSpec = written(PodTemplateSpec)
    min_ready_seconds: int = 0


class ReplicaSetCondition(Model):
    type: str = written(str)
    status: str = written(str)
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()
    reason: str = ""
    message: str = ""


class ReplicaSetStatus(Model):
    """How many pods there are."""

    replicas: int = written(int)
    fully_labeled_replicas: int = 0
    observed_generation: Int64 = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    conditions: Annotated[tuple[ReplicaSetCondition, ...], MergeBy("type", ("type",))] = ()
    terminating_replicas: int | None = None


class ReplicaSet(
    Resource,
    group="apps",
    version="v1",
    plural="replicasets",
    columns=(
        NAME,
        Column("Desired", lambda replica_set: replica_set.spec.replicas, type="integer"),
        Column("Current", lambda replica_set: replica_set.status.replicas, type="integer"),
        Column("Ready", lambda replica_set: replica_set.status.ready_replicas, type="integer"),
        AGE,
        *WORKLOAD_COLUMNS,
    ),
    short_names=("rs",),
    categories=("all",),
    scale=Scale(),
):
    spec: ReplicaSetSpec = written(ReplicaSetSpec)
    status: ReplicaSetStatus = written(ReplicaSetStatus)

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        counted = ("replicas", "fully_labeled_replicas", *READY, "observed_generation", "terminating_replicas")
        yield from replica_status_errors(self.status, counted, ("fully_labeled_replicas",))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from negative_errors(self.spec.replicas, "spec.replicas")
        yield from negative_errors(self.spec.min_ready_seconds, "spec.minReadySeconds")
        yield from workload_errors(self.spec.selector, self.spec.template, "spec")
        if old is not None:
            yield from selector_change_errors(self.spec.selector, old.spec.selector)

    def warnings(self) -> Iterable[str]:
        return workload_warnings(self.metadata, self.spec.template, "spec.template")

    def defaulted(self) -> Self:
        spec = filled(self.spec, replicas=1)
        return changed(self, spec=changed(spec, template=template_defaulted(spec.template)))
