"""FlowSchema: which requests belong to which priority level. The server goes by them: `flowcontrol`.

Kubernetes: pkg/registry/flowcontrol/flowschema/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, NONE
from minikube_py.api.conditions import find_condition
from minikube_py.api.defaulting import changed
from minikube_py.api.definition import Column
from minikube_py.api.kinds.flowcontrol.flow_schema_spec import FlowSchemaSpec
from minikube_py.api.kinds.flowcontrol.validation import condition_errors, schema_errors
from minikube_py.api.markers import MergeBy
from minikube_py.api.model import Model, replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.validation import FieldError


class FlowSchemaCondition(Model):
    type: str = ""
    status: str = ""
    last_transition_time: Time | None = None
    reason: str = ""
    message: str = ""


class FlowSchemaStatus(Model):
    conditions: Annotated[tuple[FlowSchemaCondition, ...], MergeBy("type", ("type",))] = ()


class FlowSchema(
    Resource,
    group="flowcontrol.apiserver.k8s.io",
    version="v1",
    plural="flowschemas",
    status_writes_metadata=False,
    namespaced=False,
    columns=(
        NAME,
        Column("PriorityLevel", lambda schema: schema.spec.priority_level_configuration.name),
        Column("MatchingPrecedence", lambda schema: schema.spec.matching_precedence),
        Column(
            "DistinguisherMethod",
            lambda schema: schema.spec.distinguisher_method.type if schema.spec.distinguisher_method else NONE,
        ),
        AGE,
        Column("MissingPL", lambda schema: _is_dangling(schema.status)),
    ),
):
    spec: FlowSchemaSpec = written(FlowSchemaSpec)
    status: FlowSchemaStatus = written(FlowSchemaStatus)

    def defaulted(self) -> Self:
        return changed(
            self, spec=self.spec if self.spec.matching_precedence else replace(self.spec, matching_precedence=1000)
        )

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        return condition_errors([condition.type for condition in self.status.conditions])

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return schema_errors(self.spec, self.metadata.name)


def _is_dangling(status: FlowSchemaStatus) -> str:
    condition = find_condition(status.conditions, "Dangling")
    return condition.status if condition else "?"
