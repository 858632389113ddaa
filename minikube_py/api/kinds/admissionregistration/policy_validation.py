"""What is wrong with admission policies and their bindings, and how both are shown in a line.

Whether expressions compile is found by admission, which has the engine (policies/program.py).

Kubernetes: pkg/apis/admissionregistration/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from minikube_py.api.columns import UNSET, label_selector_text
from minikube_py.api.kinds.admissionregistration.matching import MatchResources, ParamKind, ParamRef
from minikube_py.api.kinds.admissionregistration.policy_spec import (
    MutatingAdmissionPolicyBindingSpec,
    MutatingAdmissionPolicySpec,
    ValidatingAdmissionPolicyBindingSpec,
    ValidatingAdmissionPolicySpec,
)
from minikube_py.api.kinds.admissionregistration.rule_validation import (
    FAILURE_POLICIES,
    MATCH_POLICIES,
    condition_errors,
    rule_errors,
)
from minikube_py.api.kinds.field_checks import Errors, choice_errors, label_selector_errors, subdomain_errors
from minikube_py.api.validation import dns_1035_label_error, forbidden_value, invalid_value, required


def policy_errors(spec: ValidatingAdmissionPolicySpec | MutatingAdmissionPolicySpec) -> Errors:
    """What is wrong with the parts that both kinds of policies have."""
    yield from choice_errors(spec.failure_policy, FAILURE_POLICIES, "spec.failurePolicy")
    if spec.param_kind is not None:
        yield from _param_kind_errors(spec.param_kind, "spec.paramKind")
    if spec.match_constraints is None:
        yield required("spec.matchConstraints")
    else:
        yield from _match_errors(spec.match_constraints, "spec.matchConstraints")
        if not spec.match_constraints.resource_rules:
            yield required("spec.matchConstraints.resourceRules")
    for index, variable in enumerate(spec.variables):
        for name, value in (("name", variable.name), ("expression", variable.expression)):
            if not value.strip():
                yield required(f"spec.variables[{index}].{name}", f"{name} is not specified")
        if variable.name and not _IDENTIFIER.fullmatch(variable.name):
            yield invalid_value(f"spec.variables[{index}].name", variable.name, "must be a valid CEL identifier")
    yield from condition_errors(spec.match_conditions, "spec.matchConditions")


_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def _param_kind_errors(kind: ParamKind, path: str) -> Errors:
    if not kind.api_version:
        yield required(f"{path}.apiVersion")
    elif kind.api_version.count("/") > 1:
        why = f"unexpected GroupVersion string: {kind.api_version}"
        yield invalid_value(f"{path}.apiVersion", kind.api_version, why)
    if not kind.kind:
        yield required(f"{path}.kind")
    elif problem := dns_1035_label_error(kind.kind.lower()):
        why = f"may have mixed case, but should otherwise match: {problem}"
        yield invalid_value(f"{path}.kind", kind.kind, why)


_NOT_CHANGED = ("attach", "binding", "eviction", "exec", "portforward", "proxy", "scale", "token")


def mutation_warnings(spec: MutatingAdmissionPolicySpec) -> Iterator[str]:
    """Named requests that are about another object than that of the resource, which no policy changes."""
    rules = spec.match_constraints.resource_rules if spec.match_constraints is not None else ()
    for index, rule in enumerate(rules):
        for number, resource in enumerate(rule.resources):
            if resource.partition("/")[2] in _NOT_CHANGED or resource == "bindings":
                where = f"spec.matchConstraints.resourceRules[{index}].resources[{number}]"
                yield f"{where}: minikube_py lets no policy change {resource}"


def binding_errors(spec: ValidatingAdmissionPolicyBindingSpec | MutatingAdmissionPolicyBindingSpec) -> Errors:
    """What is wrong with the parts that both kinds of bindings have."""
    if not spec.policy_name:
        yield required("spec.policyName")
    else:
        yield from subdomain_errors(spec.policy_name, "spec.policyName")
    if spec.param_ref is not None:
        yield from _param_ref_errors(spec.param_ref, "spec.paramRef")
    if spec.match_resources is not None:
        yield from _match_errors(spec.match_resources, "spec.matchResources")


def _match_errors(resources: MatchResources, path: str) -> Errors:
    yield from choice_errors(resources.match_policy, MATCH_POLICIES, f"{path}.matchPolicy")
    yield from label_selector_errors(resources.namespace_selector, f"{path}.namespaceSelector")
    yield from label_selector_errors(resources.object_selector, f"{path}.objectSelector")
    for index, rule in enumerate(resources.resource_rules):
        yield from rule_errors(rule, f"{path}.resourceRules[{index}]")
    for index, rule in enumerate(resources.exclude_resource_rules):
        yield from rule_errors(rule, f"{path}.excludeResourceRules[{index}]")


def _param_ref_errors(reference: ParamRef, path: str) -> Errors:
    if reference.name and reference.selector is not None:
        yield forbidden_value(f"{path}.name", "name and selector are mutually exclusive")
    elif not reference.name and reference.selector is None:
        yield required(path, "one of name or selector must be specified")
    yield from label_selector_errors(reference.selector, f"{path}.selector")
    if reference.parameter_not_found_action is None:
        yield required(f"{path}.parameterNotFoundAction")
    else:
        actions = ("Allow", "Deny")
        yield from choice_errors(reference.parameter_not_found_action, actions, f"{path}.parameterNotFoundAction")


def param_kind_text(kind: ParamKind | None) -> str:
    return UNSET if kind is None else f"{kind.api_version}/{kind.kind}"


def param_ref_text(reference: ParamRef | None) -> str:
    if reference is None:
        return UNSET
    if not reference.name:
        return label_selector_text(reference.selector)
    return f"{reference.namespace}/{reference.name}" if reference.namespace else reference.name
