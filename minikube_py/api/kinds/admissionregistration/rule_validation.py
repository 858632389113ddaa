"""What is wrong with the rules and conditions that webhooks and policies share.

Kubernetes: pkg/apis/admissionregistration/validation/validation.go
"""

from __future__ import annotations

from minikube_py.api.kinds.admissionregistration.matching import MatchCondition, NamedRuleWithOperations
from minikube_py.api.kinds.admissionregistration.webhook import RuleWithOperations
from minikube_py.api.kinds.field_checks import Errors, choice_errors, qualified_errors
from minikube_py.api.validation import duplicate_value, invalid_value, required, unsupported_value

FAILURE_POLICIES = ("Fail", "Ignore")
MATCH_POLICIES = ("Equivalent", "Exact")
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")


def rule_errors(rule: RuleWithOperations | NamedRuleWithOperations, path: str) -> Errors:
    for name, values in (
        ("apiGroups", rule.api_groups),
        ("apiVersions", rule.api_versions),
        ("resources", rule.resources),
    ):
        if not values:
            yield required(f"{path}.{name}")
        if name != "resources" and len(values) > 1 and "*" in values:
            yield invalid_value(f"{path}.{name}", values, "if '*' is present, must not specify other " + _NOUNS[name])
        for index, value in enumerate(values):
            if not value and name != "apiGroups":
                yield required(f"{path}.{name}[{index}]")
    yield from _resource_errors(rule.resources, f"{path}.resources")
    if isinstance(rule, NamedRuleWithOperations):
        for index, name in enumerate(rule.resource_names):
            if name in rule.resource_names[:index]:
                yield duplicate_value(f"{path}.resourceNames[{index}]", name)
    yield from _operation_errors(rule.operations, f"{path}.operations")
    yield from choice_errors(rule.scope, _SCOPES, f"{path}.scope")


_NOUNS = {"apiGroups": "API groups", "apiVersions": "API versions"}


def _operation_errors(operations: tuple[str, ...], path: str) -> Errors:
    if not operations:
        yield required(path)
    if len(operations) > 1 and "*" in operations:
        yield invalid_value(path, operations, "if '*' is present, must not specify other operations")
    for index, operation in enumerate(operations):
        if operation not in _OPERATIONS:
            yield unsupported_value(f"{path}[{index}]", operation, _OPERATIONS)


def _resource_errors(resources: tuple[str, ...], path: str) -> Errors:
    """A wildcard beside what it includes."""
    for index, named in enumerate(resources):
        resource, slash, inner = named.partition("/")
        before = resources[:index] if slash else ()
        for wildcard in (f"{resource}/*", f"*/{inner}"):
            if wildcard in before and wildcard != "*/*":
                yield invalid_value(f"{path}[{index}]", named, f"if '{wildcard}' is present, must not specify {named}")
    if "*/*" in resources and len(resources) > 1:
        yield invalid_value(path, resources, "if '*/*' is present, must not specify other resources")
    if "*" in resources and any(named != "*" and "/" not in named for named in resources):
        why = "if '*' is present, must not specify other resources without subresources"
        yield invalid_value(path, resources, why)


def condition_errors(conditions: tuple[MatchCondition, ...], path: str) -> Errors:
    names: set[str] = set()
    for index, condition in enumerate(conditions):
        where = f"{path}[{index}]"
        if not condition.expression.strip():
            yield required(f"{where}.expression")
        if not condition.name:
            yield required(f"{where}.name")
        else:
            yield from qualified_errors(condition.name, f"{where}.name")
        if condition.name in names:
            yield duplicate_value(f"{where}.name", condition.name)
        names.add(condition.name)
