"""The two kinds that keep so many pods of a template, and what differs between them. Pure.

Kubernetes: pkg/controller/replication/conversion.go makes one look like the other
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from minikube_py.api.kinds.apps.replica_set import ReplicaSet, ReplicaSetCondition, ReplicaSetStatus
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.kinds.core.replication_controller import (
    ReplicationController,
    ReplicationControllerCondition,
    ReplicationControllerStatus,
)
from minikube_py.api.selectors import Selector, label_selector_from_document, selector_of

Replicated: TypeAlias = ReplicaSet | ReplicationController
R = TypeVar("R", bound=Replicated)
Status: TypeAlias = ReplicaSetStatus | ReplicationControllerStatus
Condition: TypeAlias = ReplicaSetCondition | ReplicationControllerCondition


def pods_of(replicated: Replicated) -> Selector:
    """Which pods are counted."""
    if isinstance(replicated, ReplicationController):
        return label_selector_from_document({"matchLabels": dict(replicated.spec.selector)})
    return selector_of(replicated.spec.selector)


def template_of(replicated: Replicated) -> PodTemplateSpec:
    return replicated.spec.template or PodTemplateSpec()


def condition_type(replicated: Replicated) -> type[Condition]:
    return ReplicaSetCondition if isinstance(replicated, ReplicaSet) else ReplicationControllerCondition
