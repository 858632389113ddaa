"""Objects over HTTP: what every verb promises, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.api_server import api_server

Json = Any
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with api_server() as client:
        yield client


def config_map(name: str, **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(name: str, image: str = "nginx") -> Json:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


async def test_a_new_object_gets_identity_version_and_time(client: httpx.AsyncClient) -> None:
    created = await client.post(CONFIG_MAPS, json=config_map("a", k="v"))
    assert created.status_code == 201
    metadata = created.json()["metadata"]
    assert metadata["uid"]
    assert metadata["creationTimestamp"].endswith("Z")
    got = await client.get(f"{CONFIG_MAPS}/a")
    assert got.json()["metadata"]["resourceVersion"] == metadata["resourceVersion"]
    assert got.json()["data"] == {"k": "v"}


async def test_a_name_is_generated_from_its_prefix(client: httpx.AsyncClient) -> None:
    body = {"metadata": {"generateName": "job-"}}
    names = [(await client.post(CONFIG_MAPS, json=body)).json()["metadata"]["name"] for _ in range(3)]
    assert all(name.startswith("job-") and len(name) == 9 for name in names)
    assert len(set(names)) == 3


async def test_a_stale_update_is_a_conflict_and_changes_nothing(client: httpx.AsyncClient) -> None:
    stale = (await client.post(CONFIG_MAPS, json=config_map("a", k="1"))).json()
    await client.patch(f"{CONFIG_MAPS}/a", json={"data": {"k": "2"}}, headers=MERGE)
    stale["data"] = {"k": "3"}
    refused = await client.put(f"{CONFIG_MAPS}/a", json=stale)
    assert (refused.status_code, refused.json()["reason"]) == (409, "Conflict")
    assert (await client.get(f"{CONFIG_MAPS}/a")).json()["data"] == {"k": "2"}


async def test_an_update_may_create_what_is_gone_whichever_version_it_means(client: httpx.AsyncClient) -> None:
    leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    body = {"metadata": {"name": "held", "resourceVersion": "315"}}
    answer = await client.put(f"{leases}/held", json=body)
    assert answer.status_code == 201, answer.text
    assert (await client.get(f"{leases}/held")).json() == answer.json()


async def test_an_update_that_changes_nothing_keeps_the_version(client: httpx.AsyncClient) -> None:
    first = (await client.post(CONFIG_MAPS, json=config_map("a", k="1"))).json()
    again = (await client.put(f"{CONFIG_MAPS}/a", json=first)).json()
    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_spec_and_status_are_kept_apart(client: httpx.AsyncClient) -> None:
    made = (await client.post(DEPLOYMENTS, json=deployment("web"))).json()
    made["status"] = {"replicas": 7}
    made["spec"]["replicas"] = 5
    after_spec = (await client.put(f"{DEPLOYMENTS}/web", json=made)).json()
    assert (after_spec["spec"]["replicas"], after_spec["status"].get("replicas")) == (5, None)
    after_spec["status"], after_spec["spec"]["replicas"] = {"replicas": 7}, 9
    after_status = (await client.put(f"{DEPLOYMENTS}/web/status", json=after_spec)).json()
    assert (after_status["spec"]["replicas"], after_status["status"]["replicas"]) == (5, 7)
    assert after_status["metadata"]["generation"] == 2


async def test_a_status_cannot_be_deleted_and_least_of_all_its_object(client: httpx.AsyncClient) -> None:
    await client.post(DEPLOYMENTS, json=deployment("web"))
    assert (await client.delete(f"{DEPLOYMENTS}/web/status")).status_code == 405
    assert (await client.post(f"{DEPLOYMENTS}/web/status", json={})).status_code == 405
    assert "deletionTimestamp" not in (await client.get(f"{DEPLOYMENTS}/web")).json()["metadata"]


async def test_the_status_of_a_kind_that_users_own_is_written_without_its_labels(client: httpx.AsyncClient) -> None:
    path = "/apis/storage.k8s.io/v1/volumeattachments"
    spec = {"attacher": "a.io", "nodeName": "n", "source": {"persistentVolumeName": "pv"}}
    made = (await client.post(path, json={"metadata": {"name": "a"}, "spec": spec})).json()
    made["metadata"]["labels"], made["status"] = {"a": "b"}, {"attached": True}
    after = (await client.put(f"{path}/a/status", json=made)).json()
    assert ("labels" in after["metadata"], after["status"]["attached"]) == (False, True)


async def test_finalizers_hold_an_object_until_the_last_is_gone(client: httpx.AsyncClient) -> None:
    body = config_map("held")
    body["metadata"]["finalizers"] = ["example.com/a"]
    await client.post(CONFIG_MAPS, json=body)
    answer = (await client.delete(f"{CONFIG_MAPS}/held")).json()
    assert answer["metadata"]["deletionTimestamp"]
    assert (await client.get(f"{CONFIG_MAPS}/held")).status_code == 200
    await client.patch(f"{CONFIG_MAPS}/held", json={"metadata": {"finalizers": None}}, headers=MERGE)
    assert (await client.get(f"{CONFIG_MAPS}/held")).status_code == 404


async def test_a_dry_run_stores_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.post(CONFIG_MAPS, params={"dryRun": "All"}, json=config_map("ghost"))
    assert answer.status_code == 201
    assert (await client.get(f"{CONFIG_MAPS}/ghost")).status_code == 404


async def test_unknown_fields_warn_or_refuse_as_asked(client: httpx.AsyncClient) -> None:
    body = {**config_map("a"), "datas": {}}
    refused = await client.post(CONFIG_MAPS, params={"fieldValidation": "Strict"}, json=body)
    assert refused.status_code == 400
    assert 'unknown field "datas"' in refused.json()["message"]
    warned = await client.post(CONFIG_MAPS, json=body)
    assert (warned.status_code, warned.headers["Warning"]) == (201, '299 - "unknown field \\"datas\\""')


async def test_a_label_selector_and_a_field_selector_choose(client: httpx.AsyncClient) -> None:
    for name in ("a", "b"):
        body = config_map(name)
        body["metadata"]["labels"] = {"name": name}
        await client.post(CONFIG_MAPS, json=body)

    async def names(**query: str) -> list[str]:
        items = (await client.get(CONFIG_MAPS, params=query)).json()["items"]
        return [item["metadata"]["name"] for item in items]

    assert await names(labelSelector="name in (a,c)") == ["a"]
    assert await names(fieldSelector="metadata.name!=a") == ["b"]
    assert (await client.get(CONFIG_MAPS, params={"fieldSelector": "data.k=1"})).status_code == 400


async def test_pages_come_from_one_version_of_the_world(client: httpx.AsyncClient) -> None:
    for name in ("a", "b", "c", "d", "e"):
        await client.post(CONFIG_MAPS, json=config_map(name))
    first = (await client.get(CONFIG_MAPS, params={"limit": "2"})).json()
    assert first["metadata"]["remainingItemCount"] == 3
    await client.delete(f"{CONFIG_MAPS}/d")
    await client.post(CONFIG_MAPS, json=config_map("aa"))
    await client.put(f"{CONFIG_MAPS}/e", json=config_map("e", changed="since"))
    names = [item["metadata"]["name"] for item in first["items"]]
    page = first
    while page["metadata"].get("continue"):
        query = {"limit": "2", "continue": page["metadata"]["continue"]}
        page = (await client.get(CONFIG_MAPS, params=query)).json()
        assert page["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
        names += [item["metadata"]["name"] for item in page["items"]]
    assert names == ["a", "b", "c", "d", "e"]
    assert "data" not in page["items"][-1]


async def test_many_writers_with_retry_lose_no_update(client: httpx.AsyncClient) -> None:
    await client.post(CONFIG_MAPS, json=config_map("counter", n="0"))

    async def add_one() -> None:
        while True:
            read = (await client.get(f"{CONFIG_MAPS}/counter")).json()
            read["data"]["n"] = str(int(read["data"]["n"]) + 1)
            if (await client.put(f"{CONFIG_MAPS}/counter", json=read)).status_code == 200:
                return

    await asyncio.gather(*(add_one() for _ in range(12)))
    assert (await client.get(f"{CONFIG_MAPS}/counter")).json()["data"]["n"] == "12"


async def test_nothing_is_created_in_a_namespace_that_is_missing_or_going(client: httpx.AsyncClient) -> None:
    missing = await client.post("/api/v1/namespaces/none/configmaps", json=config_map("a"))
    assert (missing.status_code, missing.json()["message"]) == (404, 'namespaces "none" not found')
    await client.post("/api/v1/namespaces", json={"metadata": {"name": "going"}})
    await client.delete("/api/v1/namespaces/going")
    going = await client.post("/api/v1/namespaces/going/configmaps", json=config_map("a"))
    assert going.status_code == 403
    assert "it is being terminated" in going.json()["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 400),
        (b'{"a":', 400),
        (b"[1]", 400),
        (b"\xff\xfe", 400),
        (b'{"metadata":{"name":"x"},"data":{"a":1}}', 400),
        (b'{"metadata":{"name":"Bad_Name"}}', 422),
        (b"[" * 5000 + b"]" * 5000, 400),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, 400),
        (b"x" * (3 * 1024 * 1024 + 1), 413),
    ],
    ids=["empty", "cut", "list", "not utf-8", "wrong type", "bad name", "deep list", "deep object", "too large"],
)
async def test_a_bad_body_is_a_status_and_not_a_crash(client: httpx.AsyncClient, body: bytes, code: int) -> None:
    answer = await client.post(CONFIG_MAPS, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["kind"]) == (code, "Status")


async def test_services_get_addresses_of_their_own_and_give_them_back(client: httpx.AsyncClient) -> None:
    services = "/api/v1/namespaces/default/services"

    def service(name: str, **spec: Json) -> Json:
        return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}

    first = (await client.post(services, json=service("a", type="NodePort"))).json()["spec"]
    second = (await client.post(services, json=service("b"))).json()["spec"]
    assert first["clusterIP"] != second["clusterIP"]
    taken = await client.post(services, json=service("c", clusterIP=first["clusterIP"]))
    assert "provided IP is already allocated" in taken.json()["message"]
    await client.delete(f"{services}/a")
    port = first["ports"][0]["nodePort"]
    again = service("c", clusterIP=first["clusterIP"], type="NodePort", ports=[{"port": 80, "nodePort": port}])
    assert (await client.post(services, json=again)).status_code == 201


async def test_a_pods_generation_counts_what_its_author_changes(client: httpx.AsyncClient) -> None:
    await client.post("/api/v1/namespaces/default/serviceaccounts", json={"metadata": {"name": "default"}})
    spec = {"containers": [{"name": "c", "image": "nginx"}], "automountServiceAccountToken": False}
    pods = "/api/v1/namespaces/default/pods"
    body = {"metadata": {"name": "p", "generation": 100}, "spec": spec}
    created = await client.post(pods, json=body)
    assert created.json()["metadata"]["generation"] == 1
    bound = await client.post(f"{pods}/p/binding", json={"metadata": {"name": "p"}, "target": {"name": "n1"}})
    assert bound.status_code == 201
    assert (await client.get(f"{pods}/p")).json()["metadata"]["generation"] == 1
    shorter = await client.patch(f"{pods}/p", json={"spec": {"activeDeadlineSeconds": 9}}, headers=MERGE)
    assert shorter.json()["metadata"]["generation"] == 2
    going = await client.delete(f"{pods}/p")
    assert going.json()["metadata"]["generation"] == 3


async def test_a_pod_keeps_the_tolerations_that_were_added_when_an_update_leaves_them_out(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/api/v1/namespaces/default/serviceaccounts", json={"metadata": {"name": "default"}})
    spec = {"containers": [{"name": "c", "image": "nginx"}], "automountServiceAccountToken": False}
    pods = "/api/v1/namespaces/default/pods"
    pod = (await client.post(pods, json={"metadata": {"name": "p"}, "spec": spec})).json()
    added = pod["spec"]["tolerations"]
    assert len(added) == 2
    pod["spec"]["tolerations"] = [{"key": "mine", "operator": "Exists"}]
    updated = await client.put(f"{pods}/p", json=pod)
    assert updated.status_code == 200, updated.text
    assert updated.json()["spec"]["tolerations"] == [{"key": "mine", "operator": "Exists"}, *added]
