"""ClusterRole: what may be done anywhere, or to objects of no namespace.

Kubernetes: pkg/registry/rbac/clusterrole/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.field_checks import label_selector_errors
from minikube_py.api.kinds.rbac.policy_rule import AggregationRule, PolicyRule
from minikube_py.api.kinds.rbac.validation import rule_errors
from minikube_py.api.markers import NotRequired
from minikube_py.api.model import written_null
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, path_segment_error, required


class ClusterRole(
    Resource,
    group="rbac.authorization.k8s.io",
    version="v1",
    plural="clusterroles",
    namespaced=False,
    generation_of=(),
    allows_create_on_update=True,
    columns=(NAME, Column("Created At", lambda o: o.metadata.creation_timestamp, type="date")),
):
    rules: Annotated[tuple[PolicyRule, ...] | None, NotRequired()] = written_null()
    aggregation_rule: AggregationRule | None = None

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from rule_errors(self.rules or (), "rules", is_namespaced=False)
        if self.aggregation_rule is not None:
            path = "aggregationRule.clusterRoleSelectors"
            if not self.aggregation_rule.cluster_role_selectors:
                yield required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil")
            for index, selector in enumerate(self.aggregation_rule.cluster_role_selectors):
                yield from label_selector_errors(selector, f"{path}[{index}]")

    @classmethod
    def name_error(cls, name: str, *, prefix: bool) -> str:
        return path_segment_error(name, prefix=prefix)
