"""What both kinds of admission policies share: requests, conditions, parameters.

Kubernetes: staging/src/k8s.io/api/admissionregistration/v1/types.go
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from minikube_py.api.markers import OneOf
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written


class MatchCondition(Model):
    name: str = written(str)
    expression: str = written(str)


class NamedRuleWithOperations(Model):
    is_atomic: ClassVar[bool] = True

    resource_names: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    api_versions: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    scope: Annotated[str | None, OneOf("*", "Cluster", "Namespaced")] = None


class MatchResources(Model):
    """Which requests a policy is for."""

    is_atomic: ClassVar[bool] = True

    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    resource_rules: tuple[NamedRuleWithOperations, ...] = ()
    exclude_resource_rules: tuple[NamedRuleWithOperations, ...] = ()
    match_policy: Annotated[str | None, OneOf("Equivalent", "Exact")] = None


class ParamKind(Model):
    is_atomic: ClassVar[bool] = True

    api_version: str = ""
    kind: str = ""


class ParamRef(Model):
    is_atomic: ClassVar[bool] = True

    name: str = ""
    namespace: str = ""
    selector: LabelSelector | None = None
    parameter_not_found_action: str | None = None


class Variable(Model):
    is_atomic: ClassVar[bool] = True

    expression: str = written(str)
    name: str = written(str)
