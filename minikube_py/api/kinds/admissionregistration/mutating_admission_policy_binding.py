"""MutatingAdmissionPolicyBinding: where a mutating policy counts.

Kubernetes: pkg/registry/admissionregistration/mutatingadmissionpolicybinding/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, optional
from minikube_py.api.definition import Column
from minikube_py.api.kinds.admissionregistration.defaults import match_defaulted
from minikube_py.api.kinds.admissionregistration.policy_spec import MutatingAdmissionPolicyBindingSpec
from minikube_py.api.kinds.admissionregistration.policy_validation import binding_errors, param_ref_text
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError


class MutatingAdmissionPolicyBinding(
    Resource,
    group="admissionregistration.k8s.io",
    version="v1",
    plural="mutatingadmissionpolicybindings",
    any_finalizer=True,
    namespaced=False,
    categories=("api-extensions",),
    allows_unconditional_update=False,
    columns=(
        NAME,
        Column("PolicyName", lambda binding: binding.spec.policy_name),
        Column("ParamRef", lambda binding: param_ref_text(binding.spec.param_ref)),
        AGE,
    ),
):
    spec: MutatingAdmissionPolicyBindingSpec = written(MutatingAdmissionPolicyBindingSpec)

    def defaulted(self) -> Self:
        resources = optional(self.spec.match_resources, match_defaulted)
        return changed(self, spec=changed(self.spec, match_resources=resources))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from binding_errors(self.spec)
