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
    if not rule.operations:
        yield required(f"{path}.operations")
    if len(rule.operations) > 1 and "*" in rule.operations:
        why = "if '*' is present, must not specify other operations"
        yield invalid_value(f"{path}.operations", rule.operations, why)
    for index, operation in enumerate(rule.operations):
        if operation not in _OPERATIONS:
            yield unsupported_value(f"{path}.operations[{index}]", operation, _OPERATIONS)
    yield from choice_errors(rule.scope, _SCOPES, f"{path}.scope")


_NOUNS = {"apiGroups": "API groups", "apiVersions": "API versions"}


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
