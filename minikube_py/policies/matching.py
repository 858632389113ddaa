"""Matching: whether a policy, or its binding, is for a request.

A rule that names `deployments` of apps/v1 is also for the same objects under another version, unless the policy says
Exact; the policy then meets them in the version that it knows.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/matching/matching.go, plugin/webhook/predicates
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minikube_py.api.kinds.admissionregistration.matching import MatchResources, NamedRuleWithOperations
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.meta import LabelSelector
from minikube_py.api.resource import Resource
from minikube_py.api.selectors import EVERYTHING, Selector, label_selector_from_document
from minikube_py.policies.request import PolicyRequest


class Matcher:
    """Which requests the match resources of a policy, or of a binding, mean."""

    def __init__(self, resources: MatchResources | None) -> None:
        self._resources = resources or MatchResources()
        self._objects = _selector(self._resources.object_selector)
        self._namespaces = _selector(self._resources.namespace_selector)

    def kind_meant(self, request: PolicyRequest, same_objects: Sequence[type[Resource]] = ()) -> type[Resource] | None:
        """The kind as which the request is meant, itself or one of the other kinds of the same objects, or None."""
        resources = self._resources
        kinds = (request.resource, *(same_objects if resources.match_policy != "Exact" else ()))
        meant = _first_meant(resources.resource_rules, request, kinds) if resources.resource_rules else request.kind
        if meant is None or not self._labels_match(request):
            return None
        return meant if _first_meant(resources.exclude_resource_rules, request, kinds) is None else None

    def _labels_match(self, request: PolicyRequest) -> bool:
        states = [each for each in (request.obj, request.old) if each is not None]
        if not any(self._objects.matches(each.metadata.labels) for each in states):
            return False
        if request.resource is Namespace:
            return self._namespaces.matches(states[0].metadata.labels)
        if not request.namespace:
            return True
        return self._namespaces.matches(request.in_namespace.metadata.labels if request.in_namespace else {})


def _first_meant(
    rules: Iterable[NamedRuleWithOperations], request: PolicyRequest, kinds: Iterable[type[Resource]]
) -> type[Resource] | None:
    for kind in kinds:
        if any(_is_meant(rule, request, kind) for rule in rules):
            return kind
    return None


def _is_meant(rule: NamedRuleWithOperations, request: PolicyRequest, kind: type[Resource]) -> bool:
    definition = kind.definition
    scope = "Namespaced" if definition.namespaced else "Cluster"
    return (
        _has(rule.operations, request.operation)
        and rule.scope in (None, "*", scope)
        and _has(rule.api_groups, definition.group)
        and _has(rule.api_versions, definition.version)
        and (not rule.resource_names or request.name in rule.resource_names)
        and any(_is_resource(named, definition.plural, request.subresource) for named in rule.resources)
    )


def _has(values: Sequence[str], value: str) -> bool:
    return value in values or "*" in values


def _is_resource(named: str, plural: str, subresource: str) -> bool:
    """`pods`, `pods/status`, `pods/*` (the pods too), `*` (no subresource of any), `*/scale`, `*/*`."""
    resource, _, inner = named.partition("/")
    return resource in ("*", plural) and inner in ("*", subresource)


def _selector(selector: LabelSelector | None) -> Selector:
    return EVERYTHING if selector is None else label_selector_from_document(selector.to_dict())
