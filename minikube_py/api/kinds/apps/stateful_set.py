"""StatefulSet: pods with a number each, which keep their name and their volumes.

Kubernetes: pkg/registry/apps/statefulset/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, each, filled, optional
from minikube_py.api.definition import Column, Scale
from minikube_py.api.kinds.apps.columns import WORKLOAD_COLUMNS
from minikube_py.api.kinds.apps.stateful_set_spec import (
    RollingUpdateStatefulSetStrategy,
    StatefulSetPersistentVolumeClaimRetentionPolicy,
    StatefulSetSpec,
    StatefulSetStatus,
    StatefulSetUpdateStrategy,
)
from minikube_py.api.kinds.apps.stateful_set_validation import (
    change_errors,
    stateful_set_errors,
    stateful_set_status_errors,
)
from minikube_py.api.kinds.core.pod_defaults import template_defaulted
from minikube_py.api.kinds.core.pod_warnings import template_warnings
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, dns_label_error

_RETENTION = StatefulSetPersistentVolumeClaimRetentionPolicy()


class StatefulSet(
    Resource,
    group="apps",
    version="v1",
    plural="statefulsets",
    columns=(
        NAME,
        Column("Ready", lambda stateful: f"{stateful.status.ready_replicas}/{stateful.spec.replicas}"),
        AGE,
        *WORKLOAD_COLUMNS[:2],
    ),
    short_names=("sts",),
    categories=("all",),
    scale=Scale(),
):
    spec: StatefulSetSpec = written(StatefulSetSpec)
    status: StatefulSetStatus = written(StatefulSetStatus)

    def defaulted(self) -> Self:
        spec = filled(
            self.spec,
            replicas=1,
            revision_history_limit=10,
            pod_management_policy="OrderedReady",
            persistent_volume_claim_retention_policy=_RETENTION,
        )
        policy = spec.persistent_volume_claim_retention_policy or _RETENTION
        return changed(
            self,
            spec=changed(
                spec,
                update_strategy=_strategy_defaulted(spec.update_strategy),
                template=template_defaulted(spec.template),
                persistent_volume_claim_retention_policy=filled(policy, when_deleted="Retain", when_scaled="Retain"),
                volume_claim_templates=each(spec.volume_claim_templates, lambda claim: claim.defaulted()),
            ),
        )

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from stateful_set_errors(self.spec, "spec")
        if old is not None:
            yield from change_errors(self.spec, old.spec)

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        return stateful_set_status_errors(self.status, old.status)

    def warnings(self) -> Iterable[str]:
        return template_warnings(self.spec.template, "spec.template")

    @classmethod
    def name_error(cls, name: str, *, prefix: bool) -> str:
        return dns_label_error(name, prefix=prefix)


def _strategy_defaulted(strategy: StatefulSetUpdateStrategy) -> StatefulSetUpdateStrategy:
    if not strategy.type:
        strategy = filled(strategy, type="RollingUpdate", rolling_update=RollingUpdateStatefulSetStrategy())
    if strategy.type != "RollingUpdate":
        return strategy
    return changed(strategy, rolling_update=optional(strategy.rolling_update, lambda given: filled(given, partition=0)))
