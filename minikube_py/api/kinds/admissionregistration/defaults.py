"""Defaults that webhooks and policies share.

Kubernetes: pkg/apis/admissionregistration/v1/defaults.go
"""

from __future__ import annotations

from typing import TypeVar

from minikube_py.api.defaulting import changed, each, filled
from minikube_py.api.kinds.admissionregistration.matching import MatchResources, NamedRuleWithOperations
from minikube_py.api.kinds.admissionregistration.webhook import RuleWithOperations, ServiceReference
from minikube_py.api.meta import LabelSelector

Rule = TypeVar("Rule", RuleWithOperations, NamedRuleWithOperations)


def rule_defaulted(rule: Rule) -> Rule:
    return filled(rule, scope="*")


def service_defaulted(service: ServiceReference | None) -> ServiceReference | None:
    return None if service is None else filled(service, port=443)


def match_defaulted(resources: MatchResources) -> MatchResources:
    resources = filled(
        resources, match_policy="Equivalent", namespace_selector=LabelSelector(), object_selector=LabelSelector()
    )
    return changed(
        resources,
        resource_rules=each(resources.resource_rules, rule_defaulted),
        exclude_resource_rules=each(resources.exclude_resource_rules, rule_defaulted),
    )
