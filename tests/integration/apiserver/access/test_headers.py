"""Headers that claim to be somebody: a front proxy that is none, impersonation without the right."""

from __future__ import annotations

import httpx
import pytest

from tests.support.secure_api_server import ADMIN_TOKEN, SecureServer, who

pytestmark = pytest.mark.asyncio(loop_scope="module")

_PODS = "/api/v1/namespaces/default/pods"


@pytest.mark.parametrize("header", ["X-Remote-User", "X-Remote-Group", "X-Remote-Extra-Scopes"])
async def test_a_front_proxys_headers_mean_nothing(server: SecureServer, header: str) -> None:
    async with server.named("carol") as carol:
        found = await who(carol, **{header: "system:masters"})
    assert (found["username"], found["groups"]) == ("carol", ["system:authenticated"])


@pytest.mark.parametrize(
    ("headers", "resource"),
    [
        ({"Impersonate-User": "admin"}, "users"),
        ({"Impersonate-User": "system:serviceaccount:kube-system:x"}, "serviceaccounts"),
    ],
)
async def test_nobody_takes_anothers_name_without_the_right(
    server: SecureServer, headers: dict[str, str], resource: str
) -> None:
    async with server.named("carol") as carol:
        answer = await carol.get("/version", headers=headers)
    assert answer.status_code == 403
    assert f'User "carol" cannot impersonate resource "{resource}"' in answer.json()["message"]
    assert "impersonatedUser" not in server.audited(403)


async def test_who_may_take_a_users_name_may_not_take_every_group(
    server: SecureServer, admin: httpx.AsyncClient
) -> None:
    rules = [{"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]}]
    roles = "/apis/rbac.authorization.k8s.io/v1"
    await admin.post(f"{roles}/clusterroles", json={"metadata": {"name": "actor"}, "rules": rules})
    binding = {
        "metadata": {"name": "actor"},
        "subjects": [{"kind": "User", "name": "eve"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "actor"},
    }
    await admin.post(f"{roles}/clusterrolebindings", json=binding)
    async with server.named("eve") as eve:
        assert (await who(eve, **{"Impersonate-User": "frank"}))["username"] == "frank"
        line = server.audited(201)
        assert (line["user"]["username"], line["impersonatedUser"]["username"]) == ("eve", "frank")
        for header in ("Impersonate-Group", "Impersonate-Uid", "Impersonate-Extra-Scopes"):
            answer = await eve.get("/version", headers={"Impersonate-User": "frank", header: "system:masters"})
            assert answer.status_code == 403
            assert "impersonate" in answer.json()["message"]


async def test_the_admin_may_be_anybody_with_groups_uid_and_extras(admin: httpx.AsyncClient) -> None:
    headers = {
        "Impersonate-User": "z",
        "Impersonate-Group": "g",
        "Impersonate-Uid": "7",
        "Impersonate-Extra-A%2fB": "v",
    }
    found = await who(admin, **headers)
    assert found == {"username": "z", "uid": "7", "groups": ["g", "system:authenticated"], "extra": {"a/b": ["v"]}}
    assert (await admin.get("/version", headers={"Impersonate-Group": "g"})).status_code == 400


async def test_a_header_in_no_alphabet_of_ours_is_no_server_error(server: SecureServer) -> None:
    async with server.client(token=ADMIN_TOKEN) as client:
        answer = await client.get(_PODS, headers={b"user-agent": b"\xff\xfe", b"accept": b"application/json"})
    assert answer.status_code == 200
    async with server.client() as client:
        answer = await client.get(_PODS, headers=[(b"authorization", b"Bearer \xff\xfe")])
    assert answer.status_code == 401
