"""Rules of roles, and the table of default ones."""

from __future__ import annotations

import pytest

from minikube_py.access.authorization.authorizer import Action
from minikube_py.access.authorization.default_roles import completed, default_roles, default_rules
from minikube_py.access.authorization.rules import Rule, missing
from minikube_py.api.kinds.rbac.cluster_role import ClusterRole
from minikube_py.api.kinds.rbac.policy_rule import PolicyRule
from minikube_py.api.model import replace

_PODS = Rule(("get", "list"), ("",), ("pods",))


@pytest.mark.parametrize(
    ("rule", "action", "allowed"),
    [
        (_PODS, Action("get", "", "pods"), True),
        (_PODS, Action("delete", "", "pods"), False),
        (_PODS, Action("get", "apps", "pods"), False),
        (_PODS, Action("get", "", "pods", "log"), False),
        (Rule(("*",), ("*",), ("*",)), Action("get", "", "pods", "log"), True),
        (Rule(("*",), ("*",), ("*/scale",)), Action("update", "apps", "deployments", "scale"), True),
        (Rule(("*",), ("*",), ("*/scale",)), Action("update", "apps", "deployments"), False),
        (Rule(("get",), ("",), ("pods",), ("a",)), Action("get", "", "pods", name="a"), True),
        (Rule(("get",), ("",), ("pods",), ("a",)), Action("get", "", "pods"), False),
        (Rule(("*",), ("*",), ("*",)), Action("get", path="/metrics"), False),
        (Rule(("get",), urls=("/healthz*",)), Action("get", path="/healthz/ping"), True),
        (Rule(("get",), urls=("/healthz",)), Action("get", path="/healthz/ping"), False),
    ],
)
def test_a_rule_allows_what_it_names(rule: Rule, action: Action, allowed: bool) -> None:
    assert rule.allows(action) is allowed


@pytest.mark.parametrize(
    ("owned", "wanted", "lacking"),
    [
        ([_PODS], [_PODS], []),
        ([Rule(("*",), ("*",), ("*",))], [_PODS], []),
        ([_PODS], [Rule(("*",), ("",), ("pods",))], [Rule(("*",), ("",), ("pods",))]),
        # Two rules that together would do, but neither of which does alone, are joined piece by piece.
        ([Rule(("get",), ("",), ("pods",)), Rule(("list",), ("",), ("pods",))], [_PODS], []),
        (
            [Rule(("get",), ("",), ("pods",), ("a",))],
            [Rule(("get",), ("",), ("pods",))],
            [Rule(("get",), ("",), ("pods",))],
        ),
        ([_PODS], [Rule(("get",), ("",), ("pods",), ("a",))], []),
        ([_PODS], [Rule(("get",), ("",), ("pods/log",))], [Rule(("get",), ("",), ("pods/log",))]),
        ([Rule(("get",), urls=("/a/*",))], [Rule(("get",), urls=("/a/b", "/c"))], [Rule(("get",), urls=("/c",))]),
    ],
)
def test_what_is_missing_of_some_rules(owned: list[Rule], wanted: list[Rule], lacking: list[Rule]) -> None:
    assert missing(owned, wanted) == lacking


def test_default_roles_are_read_from_their_table() -> None:
    roles = default_roles()
    names = [(role.definition.kind, role.metadata.namespace, role.metadata.name) for role in roles]
    assert len(set(names)) == len(names)
    assert default_rules("cluster-admin") == (Rule(("*",), ("*",), ("*",)), Rule(("*",), urls=("*",)))
    assert Rule(("get", "update"), ("*",), ("*/scale",)) in default_rules("system:controller:horizontal-pod-autoscaler")
    assert not [error for role in roles for error in role.field_errors(None)]


def test_upkeep_gives_back_what_was_taken_and_keeps_what_was_added() -> None:
    role = next(role for role in default_roles() if role.metadata.name == "system:basic-user")
    assert isinstance(role, ClusterRole)
    own = PolicyRule(verbs=("get",), api_groups=("",), resources=("pods",))
    changed = replace(role, rules=(*(role.rules or ())[:1], own))
    mended = completed(changed, role)
    assert isinstance(mended, ClusterRole)
    assert mended.rules == (*(role.rules or ())[:1], own, *(role.rules or ())[1:])
    assert completed(mended, role) is None
    left_alone = replace(
        changed,
        metadata=replace(changed.metadata, annotations={"rbac.authorization.kubernetes.io/autoupdate": "false"}),
    )
    assert completed(left_alone, role) is None
