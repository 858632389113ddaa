"""MutatingAdmissionPolicy: expressions that change a request before it is stored.

Kubernetes: pkg/registry/admissionregistration/mutatingadmissionpolicy/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, filled, optional
from minikube_py.api.definition import Column
from minikube_py.api.kinds.admissionregistration.defaults import match_defaulted
from minikube_py.api.kinds.admissionregistration.policy_spec import MutatingAdmissionPolicySpec, Mutation
from minikube_py.api.kinds.admissionregistration.policy_validation import (
    mutation_warnings,
    param_kind_text,
    policy_errors,
)
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, invalid_value, required, unsupported_value


class MutatingAdmissionPolicy(
    Resource,
    group="admissionregistration.k8s.io",
    version="v1",
    plural="mutatingadmissionpolicies",
    any_finalizer=True,
    namespaced=False,
    categories=("api-extensions",),
    allows_unconditional_update=False,
    columns=(
        NAME,
        Column("Mutations", lambda policy: len(policy.spec.mutations), type="integer"),
        Column("ParamKind", lambda policy: param_kind_text(policy.spec.param_kind)),
        AGE,
    ),
):
    spec: MutatingAdmissionPolicySpec = written(MutatingAdmissionPolicySpec)

    def defaulted(self) -> Self:
        spec = filled(self.spec, failure_policy="Fail")
        return changed(self, spec=changed(spec, match_constraints=optional(spec.match_constraints, match_defaulted)))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        spec = self.spec
        yield from policy_errors(spec)
        if not spec.mutations:
            yield required("spec.mutations", "mutations must contain at least one item")
        for index, mutation in enumerate(spec.mutations):
            yield from _mutation_errors(mutation, f"spec.mutations[{index}]")
        if not spec.reinvocation_policy:
            yield required("spec.reinvocationPolicy")
        elif spec.reinvocation_policy not in ("IfNeeded", "Never"):
            yield unsupported_value("spec.reinvocationPolicy", spec.reinvocation_policy, ("IfNeeded", "Never"))

    def warnings(self) -> Iterable[str]:
        return mutation_warnings(self.spec)


_PATCH_TYPES = ("ApplyConfiguration", "JSONPatch")


def _mutation_errors(mutation: Mutation, path: str) -> Errors:
    parts = (
        ("ApplyConfiguration", "applyConfiguration", mutation.apply_configuration),
        ("JSONPatch", "jsonPatch", mutation.json_patch),
    )
    if not mutation.patch_type:
        yield required(f"{path}.patchType")
        return
    if mutation.patch_type not in _PATCH_TYPES:
        yield unsupported_value(f"{path}.patchType", mutation.patch_type, _PATCH_TYPES)
        return
    for patch_type, name, part in parts:
        if patch_type != mutation.patch_type:
            if part is not None:
                why = f"must not be specified when patchType is {mutation.patch_type}"
                yield invalid_value(f"{path}.{name}", f"{{{name}}}", why)
        elif part is None:
            yield required(f"{path}.{name}", f"must be specified when patchType is {patch_type}")
        elif not part.expression.strip():
            yield required(f"{path}.{name}.expression")
