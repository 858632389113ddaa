"""Which FlowSchema a request belongs to, by the schemas that every cluster has."""

from __future__ import annotations

import pytest

from minikube_py.access.authorization.authorizer import Action
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.flowcontrol.flow_schema import FlowSchema
from minikube_py.flowcontrol.defaults import SCHEMAS
from minikube_py.flowcontrol.matching import matches

AUTHENTICATED = "system:authenticated"
ADMIN = UserInfo(username="root", groups=("system:masters", AUTHENTICATED))
NODE = UserInfo(username="system:node:n1", groups=("system:nodes", AUTHENTICATED))
MANAGER = UserInfo(username="system:kube-controller-manager", groups=(AUTHENTICATED,))
NOBODY = UserInfo(username="system:anonymous", groups=("system:unauthenticated",))
LEASE = Action("update", "coordination.k8s.io", "leases", namespace="kube-node-lease", name="n1")
PODS = Action("list", "", "pods", namespace="default")


def account(namespace: str, name: str) -> UserInfo:
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return UserInfo(username=f"system:serviceaccount:{namespace}:{name}", groups=groups)


def first(user: UserInfo, action: Action) -> str:
    ordered = sorted(SCHEMAS, key=lambda schema: (schema.spec.matching_precedence, schema.metadata.name))
    return next(schema.metadata.name for schema in ordered if matches(schema, user, action))


@pytest.mark.parametrize(
    ("user", "action", "schema"),
    [
        (ADMIN, PODS, "exempt"),
        (NOBODY, Action("get", path="/healthz"), "probes"),
        (NOBODY, Action("get", path="/version"), "global-default"),
        (NODE, LEASE, "system-node-high"),
        (NODE, Action("patch", "", "nodes", "status", name="n1"), "system-node-high"),
        (NODE, PODS, "system-nodes"),
        (MANAGER, LEASE, "system-leader-election"),
        (MANAGER, Action("list", "coordination.k8s.io", "leases"), "kube-controller-manager"),
        (MANAGER, Action("watch", "", "pods"), "kube-controller-manager"),
        (account("kube-system", "dns"), LEASE, "system-leader-election"),
        (account("kube-system", "dns"), PODS, "kube-system-service-accounts"),
        (account("default", "web"), PODS, "service-accounts"),
        (UserInfo(username="bob", groups=(AUTHENTICATED,)), PODS, "global-default"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_belongs_to_the_first_schema_that_matches(user: UserInfo, action: Action, schema: str) -> None:
    assert first(user, action) == schema


def rule(**parts: object) -> FlowSchema:
    subjects = [{"kind": "User", "user": {"name": "*"}}]
    spec = {"priorityLevelConfiguration": {"name": "x"}, "rules": [{"subjects": subjects, **parts}]}
    return FlowSchema.from_dict({"metadata": {"name": "x"}, "spec": spec})


def test_a_rule_for_namespaces_is_not_about_what_is_in_none() -> None:
    every = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    within, outside = (
        rule(resourceRules=[every | {"namespaces": ["a"]}]),
        rule(resourceRules=[every | {"clusterScope": True}]),
    )
    of_a, of_none = Action("get", "", "pods", namespace="a"), Action("list", "", "nodes")
    assert [matches(schema, NOBODY, action) for schema in (within, outside) for action in (of_a, of_none)] == [
        True,
        False,
        False,
        True,
    ]


def test_a_subresource_is_named_with_its_resource() -> None:
    of_pods = rule(resourceRules=[{"verbs": ["*"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"]}])
    assert matches(of_pods, NOBODY, Action("get", "", "pods", namespace="a"))
    assert not matches(of_pods, NOBODY, Action("get", "", "pods", "status", namespace="a"))


def test_a_path_that_ends_with_a_star_is_a_beginning() -> None:
    schema = rule(nonResourceRules=[{"verbs": ["get"], "nonResourceURLs": ["/openapi/*"]}])
    assert matches(schema, NOBODY, Action("get", path="/openapi/v2"))
    assert not matches(schema, NOBODY, Action("get", path="/openapi"))
    assert not matches(schema, NOBODY, Action("post", path="/openapi/v2"))
