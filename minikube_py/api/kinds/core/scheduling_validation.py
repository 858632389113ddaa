"""What is wrong with where a pod wants to run: selectors, affinity, tolerations, spreading.

Kubernetes: pkg/apis/core/validation/validation.go (validateAffinity, ValidateTolerations, ...)
"""

from __future__ import annotations

from minikube_py.api.kinds.core.affinity import (
    Affinity,
    NodeAffinity,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    TopologySpreadConstraint,
)
from minikube_py.api.kinds.core.common import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Toleration
from minikube_py.api.kinds.field_checks import (
    Errors,
    choice_errors,
    label_selector_errors,
    qualified_errors,
    subdomain_errors,
)
from minikube_py.api.validation import (
    dns_label_error,
    duplicate_value,
    forbidden_value,
    invalid_value,
    label_value_errors,
    required,
    unsupported_value,
)

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")


def affinity_errors(affinity: Affinity, path: str) -> Errors:
    if affinity.node_affinity is not None:
        yield from _node_affinity_errors(affinity.node_affinity, f"{path}.nodeAffinity")
    if affinity.pod_affinity is not None:
        yield from _pod_affinity_errors(affinity.pod_affinity, f"{path}.podAffinity")
    if affinity.pod_anti_affinity is not None:
        yield from _pod_affinity_errors(affinity.pod_anti_affinity, f"{path}.podAntiAffinity")


def _node_affinity_errors(affinity: NodeAffinity, path: str) -> Errors:
    needed = affinity.required_during_scheduling_ignored_during_execution
    if needed is not None:
        yield from node_selector_errors(needed, f"{path}.{REQUIRED}")
    for index, term in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        yield from _weight_errors(term.weight, f"{path}.{PREFERRED}[{index}].weight")
        yield from _node_term_errors(term.preference, f"{path}.{PREFERRED}[{index}].preference")


def _weight_errors(weight: int, path: str) -> Errors:
    if not 1 <= weight <= 100:
        yield invalid_value(path, weight, "must be in the range 1-100")


def node_selector_errors(selector: NodeSelector, path: str) -> Errors:
    if not selector.node_selector_terms:
        yield required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(selector.node_selector_terms):
        yield from _node_term_errors(term, f"{path}.nodeSelectorTerms[{index}]")


def _node_term_errors(term: NodeSelectorTerm, path: str) -> Errors:
    for index, expression in enumerate(term.match_expressions):
        yield from _expression_errors(expression, f"{path}.matchExpressions[{index}]")
    for index, field in enumerate(term.match_fields):
        yield from _field_errors(field, f"{path}.matchFields[{index}]")


def _expression_errors(expression: NodeSelectorRequirement, path: str) -> Errors:
    if expression.operator in ("In", "NotIn"):
        if not expression.values:
            yield required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif expression.operator in ("Exists", "DoesNotExist"):
        if expression.values:
            why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield forbidden_value(f"{path}.values", why)
    elif expression.operator in ("Gt", "Lt"):
        if len(expression.values) != 1:
            yield required(f"{path}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
    else:
        yield invalid_value(f"{path}.operator", expression.operator, "not a valid selector operator")
    yield from qualified_errors(expression.key, f"{path}.key")
    for index, value in enumerate(expression.values):
        for problem in label_value_errors(value):
            yield invalid_value(f"{path}.values[{index}]", value, problem)


def _field_errors(field: NodeSelectorRequirement, path: str) -> Errors:
    if field.operator not in ("In", "NotIn"):
        yield invalid_value(f"{path}.operator", field.operator, "not a valid selector operator")
    elif len(field.values) != 1:
        why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        yield required(f"{path}.values", why)
    if field.key != "metadata.name":
        yield invalid_value(f"{path}.key", field.key, "not a valid field selector key")
        return
    for index, value in enumerate(field.values):
        yield from subdomain_errors(value, f"{path}.values[{index}]")


def _pod_affinity_errors(affinity: PodAffinity | PodAntiAffinity, path: str) -> Errors:
    for index, term in enumerate(affinity.required_during_scheduling_ignored_during_execution):
        yield from _pod_term_errors(term, f"{path}.{REQUIRED}[{index}]")
    for index, weighted in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        yield from _weight_errors(weighted.weight, f"{path}.{PREFERRED}[{index}].weight")
        yield from _pod_term_errors(weighted.pod_affinity_term, f"{path}.{PREFERRED}[{index}].podAffinityTerm")


def _pod_term_errors(term: PodAffinityTerm, path: str) -> Errors:
    yield from label_selector_errors(term.label_selector, f"{path}.labelSelector")
    yield from label_selector_errors(term.namespace_selector, f"{path}.namespaceSelector")
    for namespace in term.namespaces:
        if problem := dns_label_error(namespace):
            yield invalid_value(f"{path}.namespace", namespace, problem)
    if not term.topology_key:
        yield required(f"{path}.topologyKey", "can not be empty")
    yield from qualified_errors(term.topology_key, f"{path}.topologyKey")


def toleration_errors(tolerations: tuple[Toleration, ...], path: str) -> Errors:
    for index, toleration in enumerate(tolerations):
        yield from _toleration_errors(toleration, f"{path}[{index}]")


def _toleration_errors(toleration: Toleration, path: str) -> Errors:
    if toleration.key:
        yield from qualified_errors(toleration.key, f"{path}.key")
    elif toleration.operator != "Exists":
        why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        yield invalid_value(f"{path}.operator", toleration.operator, why)
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        yield invalid_value(f"{path}.effect", toleration.effect, why)
    if toleration.operator in ("", "Equal"):
        problems = label_value_errors(toleration.value)
        if problems:
            yield invalid_value(f"{path}.operator", toleration.value, ";".join(problems))
    elif toleration.operator == "Exists":
        if toleration.value:
            why = "value must be empty when `operator` is 'Exists'"
            yield invalid_value(f"{path}.operator", toleration.value, why)
    else:
        operators = ("Equal", "Exists", "Lt", "Gt") if toleration.operator in ("Lt", "Gt") else ("Equal", "Exists")
        yield unsupported_value(f"{path}.operator", toleration.operator, operators)
    if toleration.effect:
        yield from choice_errors(toleration.effect, _EFFECTS, f"{path}.effect")


def spread_errors(constraints: tuple[TopologySpreadConstraint, ...], path: str) -> Errors:
    for index, constraint in enumerate(constraints):
        where = f"{path}[{index}]"
        yield from _constraint_errors(constraint, where)
        pair = (constraint.topology_key, constraint.when_unsatisfiable)
        if pair in [(other.topology_key, other.when_unsatisfiable) for other in constraints[index + 1 :]]:
            text = f"{{{constraint.topology_key}, {constraint.when_unsatisfiable}}}"
            yield duplicate_value(f"{where}.{{topologyKey, whenUnsatisfiable}}", text)
        yield from _domain_errors(constraint, where)


def _constraint_errors(constraint: TopologySpreadConstraint, path: str) -> Errors:
    if constraint.max_skew <= 0:
        yield invalid_value(f"{path}.maxSkew", constraint.max_skew, "must be greater than zero")
    if not constraint.topology_key:
        yield required(f"{path}.topologyKey", "can not be empty")
    else:
        yield from qualified_errors(constraint.topology_key, f"{path}.topologyKey")
    yield from choice_errors(constraint.when_unsatisfiable, _UNSATISFIABLE, f"{path}.whenUnsatisfiable")


def _domain_errors(constraint: TopologySpreadConstraint, path: str) -> Errors:
    minimum = constraint.min_domains
    if minimum is not None and minimum <= 0:
        yield invalid_value(f"{path}.minDomains", minimum, "must be greater than zero")
    elif minimum is not None and constraint.when_unsatisfiable != "DoNotSchedule":
        why = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {constraint.when_unsatisfiable}"
        yield invalid_value(f"{path}.minDomains", minimum, why)
    yield from choice_errors(constraint.node_affinity_policy, ("Honor", "Ignore"), f"{path}.nodeAffinityPolicy")
    yield from choice_errors(constraint.node_taints_policy, ("Honor", "Ignore"), f"{path}.nodeTaintsPolicy")
    if constraint.match_label_keys and constraint.label_selector is None:
        yield forbidden_value(f"{path}.matchLabelKeys", "must not be specified when labelSelector is not set")
    yield from label_selector_errors(constraint.label_selector, f"{path}.labelSelector")
