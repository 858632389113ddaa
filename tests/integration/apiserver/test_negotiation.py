"""In which form an answer comes, and that what cannot be answered is refused before anything is done."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.api_server import api_server

MAPS = "/api/v1/namespaces/default/configmaps"
MERGE = {"Content-Type": "application/merge-patch+json"}
BODY = {"metadata": {"name": "c"}, "data": {"a": "b"}}
FORM = "application/json;v=v1;g=meta.k8s.io;as="
MADE = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
STREAMS = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
NOT_MADE = f"406: Not Acceptable\n\nAvailable representations: {MADE}"
ONLY = f"only the following media types are accepted: {MADE}"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with api_server() as client:
        await client.post(MAPS, json=BODY)
        yield client


async def test_what_cannot_be_answered_is_not_done(client: httpx.AsyncClient) -> None:
    refused = {"Accept": "text/html"}
    changes = {"json": {"data": {"a": "changed"}}, "headers": {**refused, **MERGE}}
    answers = {
        "create": await client.post(MAPS, json={"metadata": {"name": "new"}}, headers=refused),
        "update": await client.put(f"{MAPS}/c", json={**BODY, "data": {}}, headers=refused),
        "patch": await client.patch(f"{MAPS}/c", **changes),  # type: ignore[arg-type]
        "delete": await client.delete(f"{MAPS}/c", headers=refused),
        "deletecollection": await client.delete(MAPS, headers=refused),
        "get": await client.get(f"{MAPS}/c", headers=refused),
        "discovery": await client.get("/api/v1", headers=refused),
    }
    assert {name: (answer.status_code, answer.json()["message"]) for name, answer in answers.items()} == dict.fromkeys(
        answers, (406, NOT_MADE)
    )
    assert (await client.get(f"{MAPS}/c")).json()["data"] == {"a": "b"}
    assert (await client.get(f"{MAPS}/new")).status_code == 404


async def test_an_accept_header_is_read_as_the_real_server_reads_it(client: httpx.AsyncClient) -> None:
    cases = {
        ("application/yaml;q=0.1,application/json;q=0.9", f"{MAPS}/c"): "application/json",
        ("application/json;q=0.5,application/yaml", f"{MAPS}/c"): "application/yaml",
        ("text/html, application/json", f"{MAPS}/c"): "application/json",
        ("text/html", MAPS): f"{NOT_MADE}, {STREAMS}",
        ("application/*", f"{MAPS}/c"): NOT_MADE,
        (f"{FORM}Foo", f"{MAPS}/c"): ONLY,
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", f"{MAPS}/c"): ONLY,
        ("application/json;as=Table;v=v1;g=example.com", f"{MAPS}/c"): ONLY,
        (f"{FORM}Foo,application/json", f"{MAPS}/c"): "application/json",
        ("application/yaml;stream=watch", f"{MAPS}/c"): ONLY,
        ("application/json;stream=watch", f"{MAPS}?watch=1&timeoutSeconds=1"): "application/json",
        ("application/yaml", f"{MAPS}?watch=1"): f"only the following media types are accepted: {STREAMS}",
        ("application/yaml", "/apis/apps"): "application/yaml",
        (f"{FORM}Table", "/apis/apps/v1"): ONLY,
    }
    found = {}
    for accept, path in cases:
        answer = await client.get(path, headers={"Accept": accept})
        said_in_json = answer.status_code == 406 and answer.headers["content-type"] == "application/json"
        kind = answer.headers["content-type"]
        found[accept, path] = answer.json()["message"] if said_in_json else kind
    yaml_watch = "application/yaml", f"{MAPS}?watch=1"
    assert found.pop(yaml_watch) == "application/yaml"
    cases.pop(yaml_watch)
    assert found == cases


async def test_an_error_is_in_yaml_for_who_asks_for_yaml(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.get(f"{MAPS}/none", headers={"Accept": "application/yaml"}),
        await client.delete(f"{MAPS}/c", headers={"Accept": "application/yaml"}),
    ):
        assert answer.headers["content-type"] == "application/yaml"
        assert answer.text.startswith("apiVersion: v1\n")
        assert "kind: Status\n" in answer.text


async def test_json_is_indented_on_request(client: httpx.AsyncClient) -> None:
    for path in (f"{MAPS}/c", MAPS, f"{MAPS}/none", "/api/v1", "/apis"):
        plain, pretty = await client.get(path), await client.get(f"{path}?pretty=true")
        assert (plain.text.count("\n"), pretty.text[:5]) == (0, '{\n  "')
        assert pretty.json() == plain.json()
        assert (await client.get(f"{path}?pretty=false")).text == plain.text
    made = await client.post(f"{MAPS}?pretty=true", json={"metadata": {"name": "indented"}})
    assert (made.status_code, made.text[:5]) == (201, '{\n  "')
    assert (await client.delete(f"{MAPS}/indented?pretty=true")).text[:5] == '{\n  "'


async def test_a_collection_that_is_deleted_is_shown_in_the_form_of_a_list(client: httpx.AsyncClient) -> None:
    gone = (await client.delete(MAPS, headers={"Accept": f"{FORM}Table"})).json()
    assert (gone["kind"], [row["cells"][0] for row in gone["rows"]]) == ("Table", ["c"])
