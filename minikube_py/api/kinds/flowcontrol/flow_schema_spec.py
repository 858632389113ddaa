"""The parts of a FlowSchema.

Kubernetes: staging/src/k8s.io/api/flowcontrol/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.markers import ListType, NotRequired, Required
from minikube_py.api.model import Model, written


class FlowDistinguisherMethod(Model):
    type: str = written(str)


class PriorityLevelConfigurationReference(Model):
    name: str = written(str)


class NonResourcePolicyRule(Model):
    verbs: Annotated[tuple[str, ...], ListType("set")] = written(tuple)
    non_resource_urls: Annotated[tuple[str, ...], ListType("set")] = written(tuple, alias="nonResourceURLs")


class ResourcePolicyRule(Model):
    verbs: Annotated[tuple[str, ...], ListType("set")] = written(tuple)
    api_groups: Annotated[tuple[str, ...], ListType("set")] = written(tuple)
    resources: Annotated[tuple[str, ...], ListType("set")] = written(tuple)
    cluster_scope: bool = False
    namespaces: Annotated[tuple[str, ...], ListType("set")] = ()


class GroupSubject(Model):
    name: str = written(str)


class ServiceAccountSubject(Model):
    namespace: str = written(str)
    name: str = written(str)


class UserSubject(Model):
    name: str = written(str)


class Subject(Model):
    kind: str = written(str)
    user: UserSubject | None = None
    group: GroupSubject | None = None
    service_account: ServiceAccountSubject | None = None


class PolicyRulesWithSubjects(Model):
    """Requests, by who sends them and what they ask."""

    subjects: tuple[Subject, ...] = written(tuple)
    resource_rules: tuple[ResourcePolicyRule, ...] = ()
    non_resource_rules: tuple[NonResourcePolicyRule, ...] = ()


class FlowSchemaSpec(Model):
    priority_level_configuration: Annotated[PriorityLevelConfigurationReference, Required()] = written(
        PriorityLevelConfigurationReference
    )
    matching_precedence: Annotated[int, NotRequired()] = written(int)
    distinguisher_method: FlowDistinguisherMethod | None = None
    rules: tuple[PolicyRulesWithSubjects, ...] = ()
