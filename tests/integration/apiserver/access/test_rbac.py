"""What roles allow, and that nobody gains by a role more than they have: each refusal is a 403 with an audit line."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.eventually import eventually
from tests.support.secure_api_server import SecureServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_GROUP = "rbac.authorization.k8s.io"
_PODS = "/api/v1/namespaces/default/pods"
_CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def _rule(verbs: str, resources: str, group: str = "", names: str = "") -> dict[str, Any]:
    rule = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    return {**rule, "resourceNames": names.split()} if names else rule


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"apiGroup": _GROUP, "kind": kind, "name": name}


@dataclass
class User:
    """Somebody new, whom nothing is allowed to but what `grant` gives."""

    name: str
    client: httpx.AsyncClient
    admin: httpx.AsyncClient
    server: SecureServer
    granted: list[str] = field(default_factory=list)

    async def grant(self, *rules: dict[str, Any], namespace: str = "") -> None:
        """Give rights everywhere, or in a namespace, and wait until they count."""
        where = f"{_RBAC}/namespaces/{namespace}" if namespace else _RBAC
        kind = "Role" if namespace else "ClusterRole"
        name = f"{self.name}-{len(self.granted)}"
        self.granted.append(name)
        role = await self.admin.post(f"{where}/{kind.lower()}s", json={"metadata": {"name": name}, "rules": rules})
        subject = {"kind": "User", "apiGroup": _GROUP, "name": self.name}
        body = {"metadata": {"name": name}, "subjects": [subject], "roleRef": _ref(kind, name)}
        bound = await self.admin.post(f"{where}/{kind.lower()}bindings", json=body)
        assert (role.status_code, bound.status_code) == (201, 201), role.text + bound.text
        revision = bound.json()["metadata"]["resourceVersion"]
        # A read at that revision waits until the cache has it.
        await self.admin.get(f"{_RBAC}/clusterroles/view", params={"resourceVersion": revision})

    async def refused(self, method: str, path: str, **keywords: Any) -> str:
        """The words with which a request is forbidden."""
        answer = await self.client.request(method, path, **keywords)
        assert answer.status_code == 403, f"{answer.status_code} {answer.text}"
        line = self.server.audited(403)
        assert line["user"]["username"] == self.name
        message: str = answer.json()["message"]
        return message


@pytest_asyncio.fixture(loop_scope="module")
async def user(server: SecureServer, admin: httpx.AsyncClient) -> AsyncIterator[User]:
    name = f"user-{uuid.uuid4().hex[:6]}"
    async with server.named(name) as client:
        yield User(name, client, admin, server)


async def test_a_refusal_says_who_may_not_do_what_where(user: User) -> None:
    who = f'User "{user.name}" cannot'
    assert await user.refused("GET", _PODS) == (
        f'pods is forbidden: {who} list resource "pods" in API group "" in the namespace "default"'
    )
    assert await user.refused("GET", "/apis/apps/v1/namespaces/default/deployments/web/scale") == (
        f'deployments.apps "web" is forbidden: {who} get resource "deployments/scale" in API group "apps" '
        'in the namespace "default"'
    )
    assert await user.refused("GET", "/api/v1/nodes?watch=true") == (
        f'nodes is forbidden: {who} watch resource "nodes" in API group "" at the cluster scope'
    )
    assert await user.refused("GET", "/metrics") == f'forbidden: {who} get path "/metrics"'


async def test_a_role_counts_in_its_namespace_and_a_cluster_role_everywhere(user: User) -> None:
    await user.grant(_rule("get list", "configmaps"), namespace="default")
    assert (await user.client.get(_CONFIG_MAPS)).status_code == 200
    await user.refused("GET", "/api/v1/namespaces/kube-system/configmaps")
    await user.refused("GET", "/api/v1/configmaps")
    await user.grant(_rule("list", "configmaps"))
    assert (await user.client.get("/api/v1/configmaps")).status_code == 200


async def test_a_binding_that_is_gone_gives_nothing(user: User) -> None:
    await user.grant(_rule("list", "configmaps"))
    assert (await user.client.get(_CONFIG_MAPS)).status_code == 200
    await user.admin.delete(f"{_RBAC}/clusterrolebindings/{user.granted[0]}")

    async def is_refused() -> bool:
        return (await user.client.get(_CONFIG_MAPS)).status_code == 403

    await eventually(is_refused)


async def test_names_limit_what_is_named_only(user: User) -> None:
    await user.grant(_rule("get list create update delete deletecollection", "configmaps", names="mine"))
    body = {"metadata": {"name": "mine"}}
    assert (await user.client.get(f"{_CONFIG_MAPS}/mine")).status_code == 404
    assert (await user.client.get(_CONFIG_MAPS, params={"fieldSelector": "metadata.name=mine"})).status_code == 200
    await user.refused("GET", f"{_CONFIG_MAPS}/other")
    await user.refused("GET", _CONFIG_MAPS)
    # The name of a new object is not known when the request is looked at.
    await user.refused("POST", _CONFIG_MAPS, json=body)
    await user.refused("DELETE", _CONFIG_MAPS)


@pytest.mark.parametrize(
    ("method", "path", "resource", "verb"),
    [
        ("POST", "pods/p/exec", "pods/exec", "create"),
        ("POST", "pods/p/attach", "pods/attach", "create"),
        ("POST", "pods/p/portforward", "pods/portforward", "create"),
        ("GET", "pods/p/log", "pods/log", "get"),
        ("PATCH", "pods/p/status", "pods/status", "patch"),
        ("PATCH", "pods/p/ephemeralcontainers", "pods/ephemeralcontainers", "patch"),
        ("POST", "pods/p/eviction", "pods/eviction", "create"),
        ("POST", "pods/p/binding", "pods/binding", "create"),
        ("POST", "serviceaccounts/s/token", "serviceaccounts/token", "create"),
        ("DELETE", "pods", "pods", "deletecollection"),
    ],
)
async def test_each_subresource_is_a_right_of_its_own(
    user: User, method: str, path: str, resource: str, verb: str
) -> None:
    await user.grant(_rule("get list watch create update patch delete", "pods serviceaccounts"))
    said = await user.refused(method, f"/api/v1/namespaces/default/{path}", json={})
    assert f'cannot {verb} resource "{resource}"' in said


async def test_an_update_that_creates_needs_the_right_to_create(user: User) -> None:
    await user.grant(_rule("update get", "roles", group=_GROUP))
    path = f"{_RBAC}/namespaces/default/roles/by-update"
    body = {"metadata": {"name": "by-update"}, "rules": []}
    said = await user.refused("PUT", path, json=body)
    assert 'cannot create resource "roles"' in said
    await user.grant(_rule("create", "roles", group=_GROUP))
    assert (await user.client.put(path, json=body)).status_code == 201


async def test_nobody_writes_a_role_with_more_than_they_have(user: User) -> None:
    await user.grant(_rule("create update patch get", "roles clusterroles", group=_GROUP), _rule("get", "configmaps"))
    roles = f"{_RBAC}/namespaces/default/roles"
    small = {"metadata": {"name": user.name}, "rules": [_rule("get", "configmaps")]}
    assert (await user.client.post(roles, json=small)).status_code == 201
    large = {**small, "rules": [_rule("get list", "configmaps secrets")]}
    said = await user.refused("POST", roles, json={**large, "metadata": {"name": "large"}})
    assert said == (
        f'roles.rbac.authorization.k8s.io "large" is forbidden: user "{user.name}" (groups=["system:authenticated"]) '
        "is attempting to grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["configmaps"], Verbs:["list"]}\n'
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}'
    )
    assert "not currently held" in await user.refused("PUT", f"{roles}/{user.name}", json=large)
    patch = {"headers": {"Content-Type": "application/merge-patch+json"}, "json": {"rules": large["rules"]}}
    assert "not currently held" in await user.refused("PATCH", f"{roles}/{user.name}", **patch)
    urls = {"metadata": {"name": "urls"}, "rules": [{"verbs": ["get"], "nonResourceURLs": ["/metrics"]}]}
    assert "not currently held" in await user.refused("POST", f"{_RBAC}/clusterroles", json=urls)
    star = {"metadata": {"name": "star"}, "rules": [_rule("*", "*", group="*")]}
    assert "not currently held" in await user.refused("POST", f"{_RBAC}/clusterroles", json=star)


async def test_whoever_may_escalate_writes_any_role(user: User) -> None:
    await user.grant(_rule("create escalate", "clusterroles", group=_GROUP))
    body = {"metadata": {"name": f"{user.name}-star"}, "rules": [_rule("*", "*", group="*")]}
    assert (await user.client.post(f"{_RBAC}/clusterroles", json=body)).status_code == 201


async def test_nobody_lets_labels_gather_rights_they_lack(user: User) -> None:
    await user.grant(_rule("create", "clusterroles", group=_GROUP))
    selector = {"matchLabels": {f"{_GROUP}/aggregate-to-admin": "true"}}
    body = {"metadata": {"name": "all"}, "aggregationRule": {"clusterRoleSelectors": [selector]}}
    said = await user.refused("POST", f"{_RBAC}/clusterroles", json=body)
    assert "must have cluster-admin privileges to use the aggregationRule" in said
    # A labelled role adds to admin's: its rules must be the writer's own.
    labelled = {"metadata": {"name": "more", "labels": selector["matchLabels"]}, "rules": [_rule("get", "secrets")]}
    assert "not currently held" in await user.refused("POST", f"{_RBAC}/clusterroles", json=labelled)


async def test_nobody_binds_a_stronger_role_but_who_may_bind(user: User) -> None:
    await user.grant(_rule("create update", "rolebindings clusterrolebindings", group=_GROUP))
    subject = {"kind": "User", "apiGroup": _GROUP, "name": user.name}
    body = {"metadata": {"name": user.name}, "subjects": [subject], "roleRef": _ref("ClusterRole", "cluster-admin")}
    assert "not currently held" in await user.refused("POST", f"{_RBAC}/clusterrolebindings", json=body)
    bindings = f"{_RBAC}/namespaces/default/rolebindings"
    view = {**body, "roleRef": _ref("ClusterRole", "system:aggregate-to-view")}
    assert "not currently held" in await user.refused("POST", bindings, json=view)
    await user.grant(_rule("bind", "clusterroles", group=_GROUP, names="system:aggregate-to-view"))
    assert (await user.client.post(bindings, json=view)).status_code == 201
    # Where a binding points to is fixed.
    moved = {**body, "roleRef": _ref("ClusterRole", "cluster-admin")}
    answer = await user.admin.put(f"{bindings}/{user.name}", json=moved)
    assert answer.status_code == 422
    assert "cannot change roleRef" in answer.json()["message"]


async def test_a_role_that_is_gone_is_named_in_the_refusal(user: User) -> None:
    subject = {"kind": "User", "apiGroup": _GROUP, "name": user.name}
    body = {"metadata": {"name": user.name}, "subjects": [subject], "roleRef": _ref("Role", "nothere")}
    await user.admin.post(f"{_RBAC}/namespaces/default/rolebindings", json=body)
    await user.admin.get(_CONFIG_MAPS)
    said = await user.refused("GET", _CONFIG_MAPS)
    assert said.endswith(': RBAC: role.rbac.authorization.k8s.io "nothere" not found')


async def test_reviews_are_answered_by_the_same_roles(user: User) -> None:
    await user.grant(_rule("get", "secrets", names="one"), namespace="default")
    reviews = "/apis/authorization.k8s.io/v1"

    async def allowed(name: str) -> dict[str, Any]:
        asked = {"namespace": "default", "verb": "get", "resource": "secrets", "name": name}
        answer = await user.client.post(
            f"{reviews}/selfsubjectaccessreviews", json={"spec": {"resourceAttributes": asked}}
        )
        status: dict[str, Any] = answer.json()["status"]
        return status

    name = user.granted[0]
    assert await allowed("one") == {
        "allowed": True,
        "reason": f'RBAC: allowed by RoleBinding "{name}/default" of Role "{name}" to User "{user.name}"',
    }
    assert await allowed("two") == {"allowed": False}
    answer = await user.client.post(f"{reviews}/selfsubjectrulesreviews", json={"spec": {"namespace": "default"}})
    rules = answer.json()["status"]["resourceRules"]
    assert {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["one"]} in rules


# Exec by GET


async def _upgrade(client: httpx.AsyncClient, path: str) -> httpx.Response:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "v5.channel.k8s.io",
    }
    return await client.get(path, headers=headers)


async def test_custom_kinds_have_rights_like_all_others(user: User) -> None:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema, "subresources": {"status": {}}}
    names = {"plural": "widgets", "kind": "Widget"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await user.admin.post(definitions, json={"metadata": {"name": "widgets.example.com"}, "spec": spec})
    widgets = "/apis/example.com/v1/namespaces/default/widgets"

    async def is_served() -> bool:
        return (await user.admin.get(widgets)).status_code == 200

    await eventually(is_served)
    who = f'User "{user.name}" cannot'
    assert await user.refused("GET", widgets) == (
        f'widgets.example.com is forbidden: {who} list resource "widgets" in API group "example.com" '
        'in the namespace "default"'
    )
    await user.grant(_rule("get list create", "widgets", "example.com"), namespace="default")
    body = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    assert (await user.client.post(widgets, json=body)).status_code == 201
    assert (await user.client.get(widgets)).status_code == 200
    assert 'cannot list resource "widgets"' in await user.refused("GET", "/apis/example.com/v1/widgets")
    assert 'cannot delete resource "widgets"' in await user.refused("DELETE", f"{widgets}/w")
    merge = {"Content-Type": "application/merge-patch+json"}
    status: dict[str, Any] = {"json": {"status": {"phase": "a"}}, "headers": merge}
    assert 'resource "widgets/status"' in await user.refused("PATCH", f"{widgets}/w/status", **status)
    await user.grant(_rule("patch", "widgets/status", "example.com"), namespace="default")
    assert (await user.client.patch(f"{widgets}/w/status", **status)).json()["status"] == {"phase": "a"}
    await user.admin.delete(f"{definitions}/widgets.example.com")


@pytest.mark.parametrize("subresource", ["exec", "attach", "portforward"])
async def test_to_open_a_stream_into_a_pod_needs_create(user: User, subresource: str) -> None:
    await user.grant(_rule("get", "pods/exec pods/attach pods/portforward"))
    answer = await _upgrade(user.client, f"{_PODS}/p/{subresource}?command=sh")
    assert answer.status_code == 403
    assert f'cannot create resource "pods/{subresource}"' in answer.json()["message"]
    assert user.server.audited(403)["objectRef"]["subresource"] == subresource
    await user.grant(_rule("create", f"pods/{subresource}"))
    assert (await _upgrade(user.client, f"{_PODS}/p/{subresource}?command=sh")).status_code == 404
