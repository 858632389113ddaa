"""ValidatingAdmissionPolicyBinding: where a validating policy counts, and what follows from it.

Kubernetes: pkg/registry/admissionregistration/validatingadmissionpolicybinding/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, optional
from minikube_py.api.definition import Column
from minikube_py.api.kinds.admissionregistration.defaults import match_defaulted
from minikube_py.api.kinds.admissionregistration.policy_spec import ValidatingAdmissionPolicyBindingSpec
from minikube_py.api.kinds.admissionregistration.policy_validation import binding_errors, param_ref_text
from minikube_py.api.markers import Required
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, duplicate_value, invalid_value, required, unsupported_value


class ValidatingAdmissionPolicyBinding(
    Resource,
    group="admissionregistration.k8s.io",
    version="v1",
    plural="validatingadmissionpolicybindings",
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
    spec: Annotated[ValidatingAdmissionPolicyBindingSpec, Required()] = written(ValidatingAdmissionPolicyBindingSpec)

    def defaulted(self) -> Self:
        resources = optional(self.spec.match_resources, match_defaulted)
        return changed(self, spec=changed(self.spec, match_resources=resources))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from binding_errors(self.spec)
        actions = self.spec.validation_actions
        if not actions:
            yield required("spec.validationActions")
        for index, action in enumerate(actions):
            if action not in _ACTIONS:
                yield unsupported_value(f"spec.validationActions[{index}]", action, _ACTIONS)
            elif action in actions[:index]:
                yield duplicate_value(f"spec.validationActions[{index}]", action)
        if "Deny" in actions and "Warn" in actions:
            why = "must not contain both Deny and Warn (repeating the same validation failure information in the "
            why += "API response and headers serves no purpose)"
            yield invalid_value("spec.validationActions", actions, why)


_ACTIONS = ("Audit", "Deny", "Warn")
