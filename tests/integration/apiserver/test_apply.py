"""Server-side apply and managed fields through the whole server: every way of writing has its manager."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.support.api_server import api_server

Json = Any

APPLY = {"Content-Type": "application/apply-patch+yaml"}
MERGE = {"Content-Type": "application/merge-patch+json"}
PATH = "/apis/apps/v1/namespaces/default/deployments"
LABELS = {"app": "web"}


def deployment(**spec: Json) -> Json:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": LABELS}, "template": template, **spec},
    }


async def apply(
    client: httpx.AsyncClient, document: Json, manager: str, path: str = f"{PATH}/web", *, force: bool = False
) -> httpx.Response:
    query = {"fieldManager": manager, **({"force": "true"} if force else {})}
    return await client.patch(path, params=query, content=json.dumps(document).encode(), headers=APPLY)


def managers(answer: httpx.Response) -> list[tuple[str, str, str]]:
    entries = answer.json()["metadata"].get("managedFields", [])
    return [(entry["manager"], entry["operation"], entry.get("subresource", "")) for entry in entries]


async def test_each_way_of_writing_has_a_manager_of_its_own() -> None:
    async with api_server() as client:
        agent = {"User-Agent": "kubectl/v1.36 (linux)"}
        created = await client.post(PATH, json=deployment(replicas=1), headers=agent)
        assert managers(created) == [("kubectl", "Update", "")]
        status = {"status": {"replicas": 1}}
        await client.patch(f"{PATH}/web/status?fieldManager=st", json=status, headers=MERGE)
        scale = {"spec": {"replicas": 3}}
        await client.patch(f"{PATH}/web/scale?fieldManager=sc", json=scale, headers=MERGE)
        await apply(client, deployment(replicas=3), "a")
        found = await client.get(f"{PATH}/web")
        assert sorted(managers(found)) == [
            ("a", "Apply", ""),
            ("kubectl", "Update", ""),
            ("sc", "Update", "scale"),
            ("st", "Update", "status"),
        ]


async def test_an_apply_creates_what_is_missing_and_changes_what_is_there() -> None:
    async with api_server() as client:
        created = await apply(client, deployment(), "a")
        assert (created.status_code, managers(created)) == (201, [("a", "Apply", "")])
        again = await apply(client, deployment(), "a")
        assert (again.status_code, again.json()) == (200, created.json())
        more = await apply(client, deployment(paused=True), "a")
        assert more.json()["spec"]["paused"] is True
        less = await apply(client, deployment(), "a")
        assert "paused" not in less.json()["spec"]


async def test_a_conflict_is_a_409_with_its_causes_until_it_is_forced() -> None:
    async with api_server() as client:
        await apply(client, deployment(replicas=1), "a")
        refused = await apply(client, deployment(replicas=2), "b")
        assert refused.status_code == 409
        assert refused.json()["message"] == 'Apply failed with 1 conflict: conflict with "a": .spec.replicas'
        assert refused.json()["details"]["causes"][0]["field"] == ".spec.replicas"
        forced = await apply(client, deployment(replicas=2), "b", force=True)
        assert (forced.status_code, forced.json()["spec"]["replicas"]) == (200, 2)


async def test_a_scale_can_be_applied() -> None:
    async with api_server() as client:
        await apply(client, deployment(), "a")
        scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 4}}
        answer = await apply(client, scale, "s", f"{PATH}/web/scale")
        assert answer.json()["spec"] == {"replicas": 4}
        found = await client.get(f"{PATH}/web")
        assert ("s", "Apply", "scale") in managers(found)
        refused = await apply(client, deployment(replicas=1), "a")
        assert refused.json()["message"].endswith('conflict with "s" with subresource "scale": .spec.replicas')


async def test_what_is_no_apply_is_refused_with_its_reason() -> None:
    async with api_server() as client:
        nameless = await client.patch(f"{PATH}/web", content=b"{}", headers=APPLY)
        assert "fieldManager: Required value: is required for apply patch" in nameless.json()["message"]
        broken = await client.patch(f"{PATH}/web?fieldManager=a", content=b"{a", headers=APPLY)
        assert broken.status_code == 400
        text = await client.patch(f"{PATH}/web?fieldManager=a", content=b"text", headers=APPLY)
        assert text.status_code == 400
        other = deployment() | {"apiVersion": "apps/v2"}
        wrong = await apply(client, other, "a")
        assert (wrong.status_code, wrong.json()["message"]) == (400, "invalid object type: apps/v2, Kind=Deployment")
        missing = await apply(client, {**deployment(), "status": {}}, "a", f"{PATH}/web/status")
        assert missing.status_code == 404


async def test_managed_fields_are_forgotten_when_a_client_says_so() -> None:
    async with api_server() as client:
        await apply(client, deployment(), "a")
        reset = await client.patch(f"{PATH}/web", json={"metadata": {"managedFields": [{}]}}, headers=MERGE)
        assert managers(reset) == []
        await client.patch(f"{PATH}/web", json={"spec": {"paused": True}}, headers=MERGE)
        after = await apply(client, deployment(), "a")
        assert managers(after) == [("a", "Apply", ""), ("before-first-apply", "Update", "")]
