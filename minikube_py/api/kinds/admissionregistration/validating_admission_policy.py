"""ValidatingAdmissionPolicy: expressions that a request must fulfil.

Kubernetes: pkg/registry/admissionregistration/validatingadmissionpolicy/strategy.go
Simplified: stored and shown; no request is judged by it yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, filled, optional
from minikube_py.api.definition import Column
from minikube_py.api.kinds.admissionregistration.defaults import match_defaulted
from minikube_py.api.kinds.admissionregistration.policy_spec import ValidatingAdmissionPolicySpec, Validation
from minikube_py.api.kinds.admissionregistration.policy_validation import param_kind_text, policy_errors
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.markers import ListType
from minikube_py.api.meta import Condition
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64
from minikube_py.api.validation import FieldError, required, unsupported_value


class ExpressionWarning(Model):
    field_ref: str = written(str)
    warning: str = written(str)


class TypeChecking(Model):
    expression_warnings: tuple[ExpressionWarning, ...] = ()


class ValidatingAdmissionPolicyStatus(Model):
    observed_generation: Int64 = 0
    type_checking: TypeChecking | None = None
    conditions: Annotated[tuple[Condition, ...], ListType("map", ("type",))] = ()


class ValidatingAdmissionPolicy(
    Resource,
    group="admissionregistration.k8s.io",
    version="v1",
    plural="validatingadmissionpolicies",
    namespaced=False,
    categories=("api-extensions",),
    allows_unconditional_update=False,
    columns=(
        NAME,
        Column("Validations", lambda policy: len(policy.spec.validations), type="integer"),
        Column("ParamKind", lambda policy: param_kind_text(policy.spec.param_kind)),
        AGE,
    ),
):
    spec: ValidatingAdmissionPolicySpec = written(ValidatingAdmissionPolicySpec)
    status: ValidatingAdmissionPolicyStatus = written(ValidatingAdmissionPolicyStatus)

    def defaulted(self) -> Self:
        spec = filled(self.spec, failure_policy="Fail")
        return changed(self, spec=changed(spec, match_constraints=optional(spec.match_constraints, match_defaulted)))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        spec = self.spec
        yield from policy_errors(spec)
        if not spec.validations and not spec.audit_annotations:
            why = "validations or auditAnnotations must be non-empty"
            yield required("spec.validations", why)
        for index, validation in enumerate(spec.validations):
            yield from _validation_errors(validation, f"spec.validations[{index}]")


_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")


def _validation_errors(validation: Validation, path: str) -> Errors:
    if not validation.expression.strip():
        yield required(f"{path}.expression", "expression is not specified")
    if validation.reason is not None and validation.reason not in _REASONS:
        yield unsupported_value(f"{path}.reason", validation.reason, _REASONS)
