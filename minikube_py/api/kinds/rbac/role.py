"""Role: what may be done in one namespace.

Kubernetes: pkg/registry/rbac/role/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.rbac.policy_rule import PolicyRule
from minikube_py.api.kinds.rbac.validation import rule_errors
from minikube_py.api.markers import NotRequired
from minikube_py.api.model import written_null
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, path_segment_error


class Role(
    Resource,
    group="rbac.authorization.k8s.io",
    version="v1",
    plural="roles",
    generation_of=(),
    allows_create_on_update=True,
    columns=(NAME, Column("Created At", lambda o: o.metadata.creation_timestamp, type="date")),
):
    rules: Annotated[tuple[PolicyRule, ...] | None, NotRequired()] = written_null()

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return rule_errors(self.rules or (), "rules", is_namespaced=True)

    @classmethod
    def name_error(cls, name: str, *, prefix: bool) -> str:
        return path_segment_error(name, prefix=prefix)
