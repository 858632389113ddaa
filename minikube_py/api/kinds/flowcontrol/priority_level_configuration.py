"""PriorityLevelConfiguration: how many requests of a level run at once, and how many wait.

Kubernetes: pkg/registry/flowcontrol/prioritylevelconfiguration/strategy.go
Simplified: a level lends no seats to others: its percentages are stored and shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, NONE
from minikube_py.api.defaulting import changed, filled, optional
from minikube_py.api.definition import Cell, Column
from minikube_py.api.kinds.flowcontrol.priority_level_spec import (
    LimitedPriorityLevelConfiguration,
    PriorityLevelConfigurationSpec,
)
from minikube_py.api.kinds.flowcontrol.validation import condition_errors, level_errors
from minikube_py.api.markers import MergeBy
from minikube_py.api.model import Model, replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.validation import FieldError


class PriorityLevelConfigurationCondition(Model):
    type: str = ""
    status: str = ""
    last_transition_time: Time | None = None
    reason: str = ""
    message: str = ""


class PriorityLevelConfigurationStatus(Model):
    conditions: Annotated[tuple[PriorityLevelConfigurationCondition, ...], MergeBy("type", ("type",))] = ()


class PriorityLevelConfiguration(
    Resource,
    group="flowcontrol.apiserver.k8s.io",
    version="v1",
    plural="prioritylevelconfigurations",
    status_writes_metadata=False,
    namespaced=False,
    columns=(
        NAME,
        Column("Type", lambda level: level.spec.type),
        Column("NominalConcurrencyShares", lambda level: _shares(level.spec)),
        Column("Queues", lambda level: _queuing(level.spec, "queues")),
        Column("HandSize", lambda level: _queuing(level.spec, "hand_size")),
        Column("QueueLengthLimit", lambda level: _queuing(level.spec, "queue_length_limit")),
        AGE,
    ),
):
    spec: PriorityLevelConfigurationSpec = written(PriorityLevelConfigurationSpec)
    status: PriorityLevelConfigurationStatus = written(PriorityLevelConfigurationStatus)

    def defaulted(self) -> Self:
        limited = optional(self.spec.limited, _limited_defaulted)
        exempt = optional(
            self.spec.exempt, lambda given: filled(given, nominal_concurrency_shares=0, lendable_percent=0)
        )
        return changed(self, spec=changed(self.spec, limited=limited, exempt=exempt))

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        return condition_errors([condition.type for condition in self.status.conditions])

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return level_errors(self.spec, self.metadata.name)


def _limited_defaulted(limited: LimitedPriorityLevelConfiguration) -> LimitedPriorityLevelConfiguration:
    limited = filled(limited, nominal_concurrency_shares=30, lendable_percent=0)
    queuing = limited.limit_response.queuing
    if queuing is None:
        return limited
    given = replace(
        queuing,
        queues=queuing.queues or 64,
        hand_size=queuing.hand_size or 8,
        queue_length_limit=queuing.queue_length_limit or 50,
    )
    return replace(limited, limit_response=replace(limited.limit_response, queuing=given))


def _shares(spec: PriorityLevelConfigurationSpec) -> Cell:
    shares = spec.limited or spec.exempt
    return NONE if shares is None else shares.nominal_concurrency_shares


def _queuing(spec: PriorityLevelConfigurationSpec, attribute: str) -> Cell:
    queuing = spec.limited.limit_response.queuing if spec.limited else None
    return NONE if queuing is None else int(getattr(queuing, attribute))
