"""The parts of admission policies and of their bindings.

Kubernetes: staging/src/k8s.io/api/admissionregistration/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.kinds.admissionregistration.matching import (
    MatchCondition,
    MatchResources,
    ParamKind,
    ParamRef,
    Variable,
)
from minikube_py.api.markers import ListType, MergeBy, NoDefault, OneOf, Required
from minikube_py.api.model import Model, written


class AuditAnnotation(Model):
    key: str = written(str)
    value_expression: str = written(str)


class Validation(Model):
    message: str = ""
    reason: str | None = None
    message_expression: str = ""
    expression: str = written(str)


class ValidatingAdmissionPolicySpec(Model):
    param_kind: ParamKind | None = None
    match_constraints: MatchResources | None = None
    validations: tuple[Validation, ...] = ()
    failure_policy: Annotated[str | None, OneOf("Fail", "Ignore")] = None
    audit_annotations: tuple[AuditAnnotation, ...] = ()
    match_conditions: Annotated[tuple[MatchCondition, ...], MergeBy("name", ("name",))] = ()
    variables: Annotated[tuple[Variable, ...], MergeBy("name", ("name",))] = ()


class ApplyConfiguration(Model):
    expression: str = ""


class JSONPatch(Model):
    expression: str = ""


class Mutation(Model):
    patch_type: Annotated[str, OneOf("ApplyConfiguration", "JSONPatch")] = written(str)
    apply_configuration: ApplyConfiguration | None = None
    json_patch: JSONPatch | None = None


class MutatingAdmissionPolicySpec(Model):
    param_kind: ParamKind | None = None
    match_constraints: MatchResources | None = None
    variables: tuple[Variable, ...] = ()
    mutations: tuple[Mutation, ...] = ()
    failure_policy: Annotated[str | None, OneOf("Fail", "Ignore")] = None
    match_conditions: Annotated[tuple[MatchCondition, ...], MergeBy("name", ("name",))] = ()
    reinvocation_policy: Annotated[str, OneOf("IfNeeded", "Never")] = ""


class ValidatingAdmissionPolicyBindingSpec(Model):
    policy_name: Annotated[str, NoDefault()] = written(str)
    param_ref: ParamRef | None = None
    match_resources: MatchResources | None = None
    validation_actions: Annotated[tuple[str, ...], ListType("set"), Required()] = ()


class MutatingAdmissionPolicyBindingSpec(Model):
    policy_name: str = ""
    param_ref: ParamRef | None = None
    match_resources: MatchResources | None = None
