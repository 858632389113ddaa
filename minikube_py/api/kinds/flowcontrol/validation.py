"""What is wrong with FlowSchemas and priority levels.

Kubernetes: pkg/apis/flowcontrol/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Sequence

from minikube_py.api.kinds.field_checks import Errors, go_struct, range_errors, required_errors
from minikube_py.api.kinds.flowcontrol.flow_schema_spec import (
    FlowSchemaSpec,
    PolicyRulesWithSubjects,
    ResourcePolicyRule,
    Subject,
)
from minikube_py.api.kinds.flowcontrol.mandatory import MANDATORY_LEVELS, MANDATORY_SCHEMAS
from minikube_py.api.kinds.flowcontrol.priority_level_spec import (
    LimitedPriorityLevelConfiguration,
    PriorityLevelConfigurationSpec,
    QueuingConfiguration,
)
from minikube_py.api.model import replace
from minikube_py.api.validation import (
    dns_label_error,
    duplicate_value,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)

_MAX_PRECEDENCE, _MAX_QUEUES = 10000, 10_000_000
_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
_SUBJECTS = ("Group", "ServiceAccount", "User")


def schema_errors(spec: FlowSchemaSpec, name: str) -> Errors:
    if spec.matching_precedence <= 0:
        yield invalid_value("spec.matchingPrecedence", spec.matching_precedence, "must be a positive value")
    elif spec.matching_precedence > _MAX_PRECEDENCE:
        why = f"must not be greater than {_MAX_PRECEDENCE}"
        yield invalid_value("spec.matchingPrecedence", spec.matching_precedence, why)
    elif spec.matching_precedence == 1 and name != "exempt":
        yield invalid_value(
            "spec.matchingPrecedence", 1, "only the schema named 'exempt' may have matchingPrecedence 1"
        )
    if spec.distinguisher_method is not None and spec.distinguisher_method.type not in ("ByNamespace", "ByUser"):
        given = go_struct(spec.distinguisher_method)
        yield unsupported_value("spec.distinguisherMethod.type", given, ("ByNamespace", "ByUser"))
    if not spec.priority_level_configuration.name:
        yield required("spec.priorityLevelConfiguration.name", "must reference a priority level")
    for index, rule in enumerate(spec.rules):
        yield from _rule_errors(rule, f"spec.rules[{index}]")
    if spec != MANDATORY_SCHEMAS.get(name, spec):
        yield invalid_value("spec", go_struct(spec), f"spec of '{name}' must equal the fixed value")


def _rule_errors(rule: PolicyRulesWithSubjects, path: str) -> Errors:
    if not rule.subjects:
        yield required(f"{path}.subjects", "subjects must contain at least one value")
    for index, subject in enumerate(rule.subjects):
        yield from _subject_errors(subject, f"{path}.subjects[{index}]")
    if not rule.resource_rules and not rule.non_resource_rules:
        yield required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")
    yield from _action_errors(rule, path)


def _action_errors(rule: PolicyRulesWithSubjects, path: str) -> Errors:
    for index, on_objects in enumerate(rule.resource_rules):
        where = f"{path}.resourceRules[{index}]"
        yield from _verb_errors(on_objects.verbs, f"{where}.verbs")
        for name, one, values in (
            ("apiGroups", "api group", on_objects.api_groups),
            ("resources", "resource", on_objects.resources),
        ):
            if not values:
                yield required(f"{where}.{name}", f"resource rules must supply at least one {one}")
            yield from _lone_star_errors(values, f"{where}.{name}", f"{one}s")
        yield from _namespace_errors(on_objects, f"{where}.namespaces")
    for index, on_paths in enumerate(rule.non_resource_rules):
        where = f"{path}.nonResourceRules[{index}]"
        yield from _verb_errors(on_paths.verbs, f"{where}.verbs")
        if not on_paths.non_resource_urls:
            yield required(f"{where}.nonResourceURLs", "nonResourceURLs must contain at least one value")
        yield from _lone_star_errors(on_paths.non_resource_urls, f"{where}.nonResourceURLs", "non-resource URLs")
        for position, url in enumerate(on_paths.non_resource_urls if "*" not in on_paths.non_resource_urls else ()):
            if problem := _url_problem(url):
                yield invalid_value(f"{where}.nonResourceURLs[{position}]", url, problem)


def _verb_errors(verbs: tuple[str, ...], path: str) -> Errors:
    if not verbs:
        yield required(path, "verbs must contain at least one value")
    elif "*" in verbs:
        yield from _lone_star_errors(verbs, path, "verbs")
    elif not set(verbs) <= set(_VERBS):
        yield unsupported_value(path, verbs, _VERBS)


def _lone_star_errors(values: tuple[str, ...], path: str, what: str) -> Errors:
    if "*" in values and len(values) > 1:
        yield invalid_value(path, values, f"if '*' is present, must not specify other {what}")


def _namespace_errors(rule: ResourcePolicyRule, path: str) -> Errors:
    if not rule.namespaces and not rule.cluster_scope:
        yield required(path, "resource rules that are not cluster scoped must supply at least one namespace")
    elif "*" in rule.namespaces:
        yield from _lone_star_errors(rule.namespaces, path, "namespaces")
    else:
        for index, name in enumerate(rule.namespaces):
            if problem := dns_label_error(name):
                why = f"each member of this list must be '*' or a DNS-1123 label; {problem}"
                yield invalid_value(f"{path}[{index}]", name, why)


def _url_problem(url: str) -> str:
    """Why this is no path of a rule, with at most a star as its last part."""
    if not url:
        return "must not be empty"
    if not url.startswith("/"):
        return "must start with slash"
    for part, name in ((" ", "white-space"), ("//", "double slash")):
        if part in url:
            return f"must not contain {name}"
    return "wildcard can only do suffix matching" if "*" in url.removesuffix("/*") else ""


def _subject_errors(subject: Subject, path: str) -> Errors:
    parts = {"User": subject.user, "Group": subject.group, "ServiceAccount": subject.service_account}
    if subject.kind not in parts:
        yield unsupported_value(f"{path}.kind", subject.kind, _SUBJECTS)
        return
    for kind, part in parts.items():
        name = kind[0].lower() + kind[1:]
        if kind == subject.kind and part is None:
            yield required(f"{path}.{name}", f"{name} is required when subject kind is '{kind}'")
        elif kind != subject.kind and part is not None:
            yield forbidden_value(f"{path}.{name}", f"{name} is forbidden when subject kind is not '{kind}'")
        elif part is not None:
            yield from required_errors(part.name, f"{path}.{name}.name")


def level_errors(spec: PriorityLevelConfigurationSpec, name: str) -> Errors:
    if (spec.type == "Exempt") != (name == "exempt"):
        yield invalid_value("spec.type", spec.type, "must be 'Exempt' if and only if `name` is 'exempt'")
    if spec.type not in ("Exempt", "Limited"):
        yield unsupported_value("spec.type", spec.type, ("Exempt", "Limited"))
    elif spec.type == "Exempt":
        if spec.limited is not None:
            yield forbidden_value("spec.limited", "must be nil if the type is not Limited")
        if spec.exempt is not None:
            shares = spec.exempt.nominal_concurrency_shares
            if shares is not None and shares < 0:
                yield invalid_value("spec.exempt.nominalConcurrencyShares", shares, "must be a non-negative integer")
            yield from range_errors(spec.exempt.lendable_percent, 0, 100, "spec.exempt.lendablePercent")
    else:
        if spec.exempt is not None:
            yield forbidden_value("spec.exempt", "must be nil if the type is Limited")
        if spec.limited is None:
            yield required("spec.limited", "must not be empty when type is Limited")
        else:
            yield from _limited_errors(spec.limited, "spec.limited")
    yield from _fixed_level_errors(spec, name)


def _fixed_level_errors(spec: PriorityLevelConfigurationSpec, name: str) -> Errors:
    wanted = MANDATORY_LEVELS.get(name, spec)
    if name == "exempt":
        if replace(spec, exempt=None) != replace(wanted, exempt=None):
            why = "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value"
            yield invalid_value("spec", go_struct(spec), why)
    elif spec != wanted:
        yield invalid_value("spec", go_struct(spec), f"spec of '{name}' must equal the fixed value")


def _limited_errors(limited: LimitedPriorityLevelConfiguration, path: str) -> Errors:
    shares = limited.nominal_concurrency_shares
    if shares is not None and shares < 0:
        yield invalid_value(f"{path}.nominalConcurrencyShares", shares, "must be a non-negative integer")
    response = limited.limit_response
    if response.type not in ("Queue", "Reject"):
        yield unsupported_value(f"{path}.limitResponse.type", response.type, ("Queue", "Reject"))
    elif response.type == "Reject":
        if response.queuing is not None:
            why = "must be nil if limited.limitResponse.type is not Limited"
            yield forbidden_value(f"{path}.limitResponse.queuing", why)
    elif response.queuing is None:
        why = "must not be empty if limited.limitResponse.type is Limited"
        yield required(f"{path}.limitResponse.queuing", why)
    else:
        yield from _queuing_errors(response.queuing, f"{path}.limitResponse.queuing")
    yield from range_errors(limited.lendable_percent, 0, 100, f"{path}.lendablePercent")
    borrowed = limited.borrowing_limit_percent
    if borrowed is not None and borrowed < 0:
        yield invalid_value(f"{path}.borrowingLimitPercent", borrowed, "if specified, must be a non-negative integer")


def _queuing_errors(queuing: QueuingConfiguration, path: str) -> Errors:
    if queuing.queue_length_limit <= 0:
        yield invalid_value(f"{path}.queueLengthLimit", queuing.queue_length_limit, "must be positive")
    if queuing.queues <= 0:
        yield invalid_value(f"{path}.queues", queuing.queues, "must be positive")
    elif queuing.queues > _MAX_QUEUES:
        yield invalid_value(f"{path}.queues", queuing.queues, f"must not be greater than {_MAX_QUEUES}")
    if queuing.hand_size <= 0:
        yield invalid_value(f"{path}.handSize", queuing.hand_size, "must be positive")
    elif queuing.hand_size > queuing.queues:
        why = f"should not be greater than queues ({queuing.queues})"
        yield invalid_value(f"{path}.handSize", queuing.hand_size, why)


def condition_errors(types: Sequence[str]) -> Errors:
    """Each type of condition stands once in a status."""
    for index, name in enumerate(types):
        path = f"status.conditions[{index}].type"
        if not name:
            yield required(path)
        elif name in types[:index]:
            yield duplicate_value(path, name)
