"""Aggregation: a cluster role that says so has the rules of all cluster roles that its selectors match.

    admin = system:aggregate-to-admin + edit + whatever else is labelled rbac.authorization.k8s.io/aggregate-to-admin

Kubernetes: pkg/controller/clusterroleaggregation
"""

from __future__ import annotations

from collections.abc import Iterable

from minikube_py.api.kinds.rbac.cluster_role import ClusterRole
from minikube_py.api.kinds.rbac.policy_rule import PolicyRule
from minikube_py.api.model import replace
from minikube_py.api.selectors import label_selector_from_document
from minikube_py.controllers.context import ControllerContext
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change
from minikube_py.machinery.sources import For, Watches
from minikube_py.machinery.store import Key, key_of


class ClusterRoleAggregationController:
    name = "clusterrole-aggregation"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        roles = context.informers.of(ClusterRole)
        self._roles = roles.store
        self.sources = (For(roles), Watches(roles, self._gatherers))

    def _gatherers(self, _change: Change[ClusterRole]) -> Iterable[Key]:
        return [key_of(role) for role in self._roles.list() if role.aggregation_rule is not None]

    async def reconcile(self, key: Key) -> Result:
        role = self._roles.get(key)
        if role is None or role.aggregation_rule is None:
            return Result.DONE
        gathered = gathered_rules(role, self._roles.list())
        if gathered != tuple(role.rules or ()):
            await self._client.update(replace(role, rules=gathered))
        return Result.DONE


def gathered_rules(role: ClusterRole, roles: Iterable[ClusterRole]) -> tuple[PolicyRule, ...]:
    """The rules of the selected roles, by selector and then by name, each once."""
    selectors = role.aggregation_rule.cluster_role_selectors if role.aggregation_rule is not None else ()
    ordered = sorted(roles, key=lambda other: other.metadata.name)
    found: list[PolicyRule] = []
    for selector in (label_selector_from_document(each.to_dict()) for each in selectors):
        for other in ordered:
            if other.metadata.name != role.metadata.name and selector.matches(other.metadata.labels):
                found += [rule for rule in other.rules or () if rule not in found]
    return tuple(found)
