"""The parts of a StatefulSet.

Kubernetes: staging/src/k8s.io/api/apps/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.markers import MergeBy, NotRequired, OneOf, Required
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written, written_null
from minikube_py.api.resource import EMBEDDED
from minikube_py.api.scalars import Int64, IntOrString, Time


class RollingUpdateStatefulSetStrategy(Model):
    """From which number on pods are replaced, and how many may be missing meanwhile."""

    partition: int | None = None
    max_unavailable: IntOrString | None = None


class StatefulSetUpdateStrategy(Model):
    """How old pods give way to new ones."""

    type: Annotated[str, OneOf("OnDelete", "RollingUpdate")] = ""
    rolling_update: RollingUpdateStatefulSetStrategy | None = None


class StatefulSetPersistentVolumeClaimRetentionPolicy(Model):
    """Whether the claims go when the set goes, or when it gets smaller."""

    when_deleted: str = ""
    when_scaled: str = ""


class StatefulSetOrdinals(Model):
    """The number of the first pod."""

    start: Annotated[int, NotRequired()] = written(int)


class StatefulSetSpec(Model):
    """How many pods of which template there should be, with which volumes each."""

    replicas: int | None = None
    selector: Annotated[LabelSelector | None, Required()] = None
    template: Annotated[PodTemplateSpec, Required()] = written(PodTemplateSpec)
    volume_claim_templates: tuple[Annotated[PersistentVolumeClaim, EMBEDDED], ...] = ()
    service_name: Annotated[str, NotRequired()] = written(str)
    pod_management_policy: Annotated[str, OneOf("OrderedReady", "Parallel")] = ""
    update_strategy: StatefulSetUpdateStrategy = written(StatefulSetUpdateStrategy)
    revision_history_limit: int | None = None
    min_ready_seconds: int = 0
    persistent_volume_claim_retention_policy: StatefulSetPersistentVolumeClaimRetentionPolicy | None = None
    ordinals: StatefulSetOrdinals | None = None


class StatefulSetCondition(Model):
    type: str = written(str)
    status: str = written(str)
    last_transition_time: Annotated[Time | None, NotRequired()] = written_null()
    reason: str = ""
    message: str = ""


class StatefulSetStatus(Model):
    """How many pods there are, and of which revision."""

    observed_generation: Int64 = 0
    replicas: int = written(int)
    ready_replicas: int = 0
    current_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    collision_count: int | None = None
    conditions: Annotated[tuple[StatefulSetCondition, ...], MergeBy("type", ("type",))] = ()
    available_replicas: Annotated[int, NotRequired()] = written(int)
