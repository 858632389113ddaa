"""Fields that nobody knows, or that stand twice, wherever they are sent: refused, told, or passed over in silence."""

from __future__ import annotations

import httpx

from tests.support.api_server import api_server

MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
JSON, YAML = "application/json", "application/yaml"
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
JSON_PATCH, APPLY = "application/json-patch+json", "application/apply-patch+yaml"
DEPLOYMENT = {
    "metadata": {"name": "d"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}},
    },
}
IN_JSON = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"f","foo":1,"labels":{"a":"b","a":"c"}},
"data":{"a":"b","a":"c"},"bar":{"x":1}}"""
IN_YAML = """apiVersion: v1
kind: ConfigMap
metadata:
  name: f
  foo: 1
data:
  a: b
  a: c
bar: 1
"""
APPLIED = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  replicas: 1
  replicas: 2
"""
CASES = {
    ("POST", MAPS, JSON, IN_JSON): [
        'unknown field "metadata.foo"',
        'duplicate field "metadata.labels.a"',
        'duplicate field "data.a"',
        'unknown field "bar"',
    ],
    ("POST", MAPS, YAML, IN_YAML): [
        'line 8: key "a" already set in map',
        'unknown field "bar"',
        'unknown field "metadata.foo"',
    ],
    ("PATCH", f"{DEPLOYMENTS}/d", MERGE, '{"spec":{"replicas":5,"replicas":6}}'): ['duplicate field "spec.replicas"'],
    ("PATCH", f"{DEPLOYMENTS}/d", STRATEGIC, '{"spec":{"foo":1,"replicas":5,"replicas":6}}'): [
        'duplicate field "spec.replicas"',
        'unknown field "spec.foo"',
    ],
    ("PATCH", f"{DEPLOYMENTS}/d", JSON_PATCH, '[{"op":"add","path":"/spec/replicas","value":5,"value":6,"foo":1}]'): [
        'json patch duplicate field "[0].value"',
        'json patch unknown field "[0].foo"',
    ],
    ("PATCH", f"{DEPLOYMENTS}/d?fieldManager=m&force=true", APPLY, APPLIED): [
        'line 7: key "replicas" already set in map'
    ],
}
"""What is sent, and what is said of it."""


async def answers(client: httpx.AsyncClient, validation: str) -> dict[tuple[str, str, str, str], httpx.Response]:
    found = {}
    for method, path, media_type, body in CASES:
        options = {"dryRun": "All", "fieldValidation": validation}
        url = httpx.URL(path).copy_merge_params(options)
        found[method, path, media_type, body] = await client.request(
            method, url, content=body, headers={"Content-Type": media_type}
        )
    return found


async def test_warn_tells_each_in_order_strict_refuses_and_ignore_is_silent() -> None:
    async with api_server() as client:
        await client.post(DEPLOYMENTS, json=DEPLOYMENT)
        warned = await answers(client, "Warn")
        for case, expected in CASES.items():
            texts = [text.replace('"', '\\"') for text in expected]
            assert warned[case].headers["warning"] == ", ".join(f'299 - "{text}"' for text in texts)
        for case, answer in (await answers(client, "Strict")).items():
            assert answer.status_code in (400, 422)
            assert CASES[case][-1] in answer.json()["message"]
        for answer in (await answers(client, "Ignore")).values():
            assert (answer.is_success, answer.headers.get("warning")) == (True, None)


async def test_strict_says_of_a_patch_what_it_would_have_made() -> None:
    async with api_server() as client:
        await client.post(DEPLOYMENTS, json=DEPLOYMENT)
        refused = await client.patch(
            f"{DEPLOYMENTS}/d?fieldValidation=Strict",
            content='{"spec":{"foo":5,"replicas":6}}',
            headers={"Content-Type": STRATEGIC},
        )
        assert (refused.status_code, refused.json()["message"]) == (
            422,
            ' "" is invalid: patch: Invalid value: "map[spec:map[foo:5 replicas:6]]": strict decoding error: '
            'unknown field "spec.foo"',
        )


async def test_a_warning_comes_with_a_refusal_too() -> None:
    async with api_server() as client:
        refused = await client.post(MAPS, json={"metadata": {"name": "UP", "Name": "x"}})
        assert (refused.status_code, refused.headers["warning"]) == (422, '299 - "unknown field \\"metadata.Name\\""')
