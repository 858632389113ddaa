"""What is wrong with roles and their bindings.

Kubernetes: pkg/apis/rbac/validation/validation.go, apimachinery/pkg/api/validation/path
"""

from __future__ import annotations

from minikube_py.api.defaulting import filled
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.kinds.rbac.policy_rule import PolicyRule
from minikube_py.api.kinds.rbac.subject import RoleRef, Subject
from minikube_py.api.validation import (
    dns_subdomain_error,
    invalid_value,
    path_segment_error,
    required,
    unsupported_value,
)

GROUP = "rbac.authorization.k8s.io"
_KINDS = ("ServiceAccount", "User", "Group")


def rule_errors(rules: tuple[PolicyRule, ...], path: str, *, is_namespaced: bool) -> Errors:
    for index, rule in enumerate(rules):
        where = f"{path}[{index}]"
        if not rule.verbs:
            yield required(f"{where}.verbs", "verbs must contain at least one value")
        if rule.non_resource_urls:
            if is_namespaced:
                why = "namespaced rules cannot apply to non-resource URLs"
                yield invalid_value(f"{where}.nonResourceURLs", rule.non_resource_urls, why)
            if rule.api_groups or rule.resources or rule.resource_names:
                why = "rules cannot apply to both regular resources and non-resource URLs"
                yield invalid_value(f"{where}.nonResourceURLs", rule.non_resource_urls, why)
            continue
        if not rule.api_groups:
            yield required(f"{where}.apiGroups", "resource rules must supply at least one api group")
        if not rule.resources:
            yield required(f"{where}.resources", "resource rules must supply at least one resource")


def subject_defaulted(subject: Subject) -> Subject:
    return filled(subject, api_group=GROUP) if subject.kind in ("User", "Group") else subject


def role_ref_errors(role_ref: RoleRef, kinds: tuple[str, ...]) -> Errors:
    if role_ref.api_group != GROUP:
        yield unsupported_value("roleRef.apiGroup", role_ref.api_group, (GROUP,))
    if role_ref.kind not in kinds:
        yield unsupported_value("roleRef.kind", role_ref.kind, kinds)
    if not role_ref.name:
        yield required("roleRef.name")
    elif problem := path_segment_error(role_ref.name, prefix=False):
        yield invalid_value("roleRef.name", role_ref.name, problem)


def subject_errors(subjects: tuple[Subject, ...], *, is_namespaced: bool) -> Errors:
    for index, subject in enumerate(subjects):
        yield from _subject_errors(subject, f"subjects[{index}]", is_namespaced=is_namespaced)


def _subject_errors(subject: Subject, path: str, *, is_namespaced: bool) -> Errors:
    if not subject.name:
        yield required(f"{path}.name")
    if subject.kind not in _KINDS:
        yield unsupported_value(f"{path}.kind", subject.kind, _KINDS)
    elif subject.kind == "ServiceAccount":
        if subject.name and (problem := dns_subdomain_error(subject.name)):
            yield invalid_value(f"{path}.name", subject.name, problem)
        if subject.api_group:
            yield unsupported_value(f"{path}.apiGroup", subject.api_group, ("",))
        if not is_namespaced and not subject.namespace:
            yield required(f"{path}.namespace")
    else:
        if subject.api_group != GROUP:
            yield unsupported_value(f"{path}.apiGroup", subject.api_group, (GROUP,))
