"""ValidatingAdmissionPolicy: expressions that a request must fulfil.

Kubernetes: pkg/registry/admissionregistration/validatingadmissionpolicy/strategy.go
Simplified: no controller checks the types of expressions, so `status` stays empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, filled, optional
from minikube_py.api.definition import Column
from minikube_py.api.kinds.admissionregistration.defaults import match_defaulted
from minikube_py.api.kinds.admissionregistration.policy_spec import (
    AuditAnnotation,
    ValidatingAdmissionPolicySpec,
    Validation,
)
from minikube_py.api.kinds.admissionregistration.policy_validation import (
    param_kind_text,
    policy_errors,
)
from minikube_py.api.kinds.field_checks import Errors, qualified_errors
from minikube_py.api.markers import ListType
from minikube_py.api.meta import Condition
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64
from minikube_py.api.validation import FieldError, duplicate_value, invalid_value, required, unsupported_value


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
    status_writes_metadata=False,
    any_finalizer=True,
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
        yield from _annotation_errors(spec.audit_annotations, self.metadata.name)


_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")


def _validation_errors(validation: Validation, path: str) -> Errors:
    if not validation.expression.strip():
        yield required(f"{path}.expression", "expression is not specified")
    for name, text in (("message", validation.message), ("messageExpression", validation.message_expression)):
        if text and not text.strip():
            yield invalid_value(f"{path}.{name}", text, "must be non-empty if specified")
    if "\n" in validation.message.strip():
        yield invalid_value(f"{path}.message", validation.message, "must not contain line breaks")
    if validation.reason is not None and validation.reason not in _REASONS:
        yield unsupported_value(f"{path}.reason", validation.reason, _REASONS)


def _annotation_errors(annotations: tuple[AuditAnnotation, ...], policy: str) -> Errors:
    """A key stands in the log behind the policy's name."""
    for index, annotation in enumerate(annotations):
        path = f"spec.auditAnnotations[{index}]"
        yield from qualified_errors(f"{policy}/{annotation.key}", f"{path}.key")
        if annotation.key in [each.key for each in annotations[:index]]:
            yield duplicate_value(f"{path}.key", annotation.key)
        if not annotation.value_expression.strip():
            yield required(f"{path}.valueExpression", "valueExpression is not specified")
