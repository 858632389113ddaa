"""RBAC: what roles allow, given to users, groups and service accounts by bindings.

The four kinds are read from the watch cache into an index by subject, anew after each change to any of them; decisions
are remembered until then. So a request costs a look-up, and a new binding counts as soon as the cache has it.

Kubernetes: plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/registry/rbac/validation/rule.go
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from minikube_py.access.authorization.authorizer import Action, Decision
from minikube_py.access.authorization.rules import Rule
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.authorization.self_subject_rules_review import (
    NonResourceRule,
    ResourceRule,
    SubjectRulesReviewStatus,
)
from minikube_py.api.kinds.rbac.cluster_role import ClusterRole
from minikube_py.api.kinds.rbac.cluster_role_binding import ClusterRoleBinding
from minikube_py.api.kinds.rbac.role import Role
from minikube_py.api.kinds.rbac.role_binding import RoleBinding
from minikube_py.api.resource import Resource
from minikube_py.watchcache.cacher import Cacher
from minikube_py.watchcache.watch_cache import Listener

_REMEMBERED = 10_000

RoleKey = tuple[str, str, str]
"""Kind, namespace, name."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one binding gives to one subject."""

    namespace: str
    """Where it counts; empty: everywhere, and for what is in no namespace."""
    binding: str
    role: RoleKey
    subject: str


@dataclass(slots=True)
class _Index:
    roles: dict[RoleKey, tuple[Rule, ...]] = field(default_factory=dict)
    grants: dict[tuple[str, str], list[Grant]] = field(default_factory=dict)
    """By (`User` or `Group`, name); a service account is the user that it stands for."""
    decisions: dict[tuple[str, tuple[str, ...], Action], Decision] = field(default_factory=dict)


class RbacAuthorizer:
    def __init__(self, cacher: Cacher) -> None:
        self._cacher = cacher
        self._index: _Index | None = None
        for kind in (Role, ClusterRole, RoleBinding, ClusterRoleBinding):
            cacher.of(kind).subscribe(Listener(self.forget), None)

    def forget(self) -> None:
        """What was read is out of date."""
        self._index = None

    def decide(self, user: UserInfo, action: Action) -> Decision:
        index = self._current()
        key = (user.username, user.groups, action)
        known = index.decisions.get(key)
        if known is None:
            if len(index.decisions) >= _REMEMBERED:
                index.decisions.clear()
            known = index.decisions[key] = _decided(index, user, action)
        return known

    def rules(self, user: UserInfo, namespace: str) -> SubjectRulesReviewStatus:
        owned, errors = self.owned(user, namespace)
        return SubjectRulesReviewStatus(
            resource_rules=tuple(
                ResourceRule(verbs=r.verbs, api_groups=r.groups, resources=r.resources, resource_names=r.names)
                for r in owned
                if r.resources
            ),
            non_resource_rules=tuple(NonResourceRule(verbs=r.verbs, non_resource_urls=r.urls) for r in owned if r.urls),
            incomplete=bool(errors),
            evaluation_error=", ".join(errors),
        )

    def owned(self, user: UserInfo, namespace: str) -> tuple[list[Rule], list[str]]:
        """All rules that count for the user in a namespace, or outside of any; and which roles are not there."""
        index = self._current()
        owned: list[Rule] = []
        errors: list[str] = []
        for grant in _grants(index, user, namespace):
            if grant.role in index.roles:
                owned += index.roles[grant.role]
            else:
                errors.append(_not_there(grant.role, plural=True))
        return owned, errors

    def role(self, kind: str, namespace: str, name: str) -> tuple[Rule, ...] | None:
        return self._current().roles.get((kind, namespace if kind == "Role" else "", name))

    def _current(self) -> _Index:
        if self._index is None:
            self._index = self._read()
        return self._index

    def _read(self) -> _Index:
        index = _Index()
        for kind in (Role, ClusterRole):
            for document in self._documents(kind):
                metadata = document["metadata"]
                key = (kind.definition.kind, metadata.get("namespace", ""), metadata["name"])
                index.roles[key] = tuple(Rule.of(rule) for rule in document.get("rules") or ())
        for binding in (ClusterRoleBinding, RoleBinding):
            for document in self._documents(binding):
                _add_grants(index, binding.definition.kind, document)
        return index

    def _documents(self, kind: type[Resource]) -> Iterator[dict[str, Any]]:
        return (orjson.loads(item.data) for item in self._cacher.of(kind).everything())


def _add_grants(index: _Index, kind: str, document: dict[str, Any]) -> None:
    metadata, ref = document["metadata"], document["roleRef"]
    namespace = metadata.get("namespace", "")
    shown = f"{metadata['name']}/{namespace}" if namespace else metadata["name"]
    role = (ref["kind"], namespace if ref["kind"] == "Role" else "", ref["name"])
    for subject in document.get("subjects") or ():
        who, name = subject["kind"], subject["name"]
        said = f'{who} "{name}"'
        if who == "ServiceAccount":
            home = subject.get("namespace") or namespace
            said = f'ServiceAccount "{name}/{home}"'
            who, name = "User", f"system:serviceaccount:{home}:{name}"
        grant = Grant(namespace, f'{kind} "{shown}"', role, said)
        index.grants.setdefault((who, name), []).append(grant)


def _grants(index: _Index, user: UserInfo, namespace: str) -> Iterator[Grant]:
    """Those that count everywhere first."""
    subjects = [("User", user.username), *(("Group", group) for group in user.groups)]
    found = [grant for subject in subjects for grant in index.grants.get(subject, ())]
    yield from (grant for grant in found if not grant.namespace)
    if namespace:
        yield from (grant for grant in found if grant.namespace == namespace)


def _decided(index: _Index, user: UserInfo, action: Action) -> Decision:
    errors = []
    for grant in _grants(index, user, action.namespace):
        rules = index.roles.get(grant.role)
        if rules is None:
            errors.append(_not_there(grant.role, plural=False))
        elif any(rule.allows(action) for rule in rules):
            kind, _, name = grant.role
            return Decision(True, f'RBAC: allowed by {grant.binding} of {kind} "{name}" to {grant.subject}')
    if not errors:
        return Decision(allowed=False)
    return Decision(False, f"RBAC: {errors[0] if len(errors) == 1 else '[' + ', '.join(errors) + ']'}")


def _not_there(role: RoleKey, *, plural: bool) -> str:
    kind, _, name = role
    return f'{kind.lower()}{"s" if plural else ""}.rbac.authorization.k8s.io "{name}" not found'
