"""Single requests that the real API server (1.36) answers in one particular way: code and words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.api_server import api_server

Json = Any
DEFAULT = "/api/v1/namespaces/default"
META = "application/json;v=v1;g=meta.k8s.io;as="
NO_RESOURCE = "the server could not find the requested resource"
NOT_ALLOWED = "the server does not allow this method on the requested resource"
MERGE = {"Content-Type": "application/merge-patch+json"}


def pod(name: str, **spec: Json) -> Json:
    containers = [{"name": "c", "image": "busybox"}]
    spec = {"automountServiceAccountToken": False, **spec}
    return {"metadata": {"name": name}, "spec": {"containers": containers, **spec}}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with api_server() as client:
        for path, body in (
            ("serviceaccounts", {"metadata": {"name": "default"}}),
            ("configmaps", {"metadata": {"name": "c1"}, "data": {"a": "b"}}),
            ("pods", pod("p1")),
        ):
            (await client.post(f"{DEFAULT}/{path}", json=body)).raise_for_status()
        yield client


REQUESTS: list[tuple[str, str, Json, int, str]] = [
    ("DELETE", "/api/v1/configmaps", None, 405, NOT_ALLOWED),
    ("GET", "/api/v1/configmaps/c1", None, 404, NO_RESOURCE),
    ("GET", "/api/v1/pods/p1/log", None, 404, NO_RESOURCE),
    ("GET", f"{DEFAULT}/nodes", None, 404, NO_RESOURCE),
    (
        "GET",
        f"{DEFAULT}/configmaps?fieldSelector=data.a%3Db",
        None,
        400,
        '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ),
    ("GET", f"{DEFAULT}/pods?fieldSelector=spec.x%3Db", None, 400, "field label not supported: spec.x"),
    (
        "POST",
        f"{DEFAULT}/configmaps",
        {"metadata": {"name": "x", "finalizers": ["orphan", "foregroundDeletion"]}},
        422,
        'ConfigMap "x" is invalid: metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: '
        "finalizer orphan and foregroundDeletion cannot be both set",
    ),
    (
        "PATCH",
        f"{DEFAULT}/configmaps/c1",
        {"metadata": {"uid": "zz"}},
        422,
        'ConfigMap "c1" is invalid: metadata.uid: Invalid value: "zz": field is immutable',
    ),
    (
        "POST",
        f"{DEFAULT}/pods/p1/eviction",
        {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "other"}},
        400,
        "name in URL does not match name in Eviction object",
    ),
    (
        "POST",
        f"{DEFAULT}/pods/p1/binding",
        {"metadata": {"name": "other"}, "target": {"name": "n1"}},
        400,
        "name in URL does not match name in Binding object",
    ),
]


EVENT = {"apiVersion": "v1", "kind": "Event", "name": "e", "uid": "1"}
REQUESTS += [
    (
        "POST",
        f"{DEFAULT}/configmaps",
        {"metadata": {"name": "x", "ownerReferences": [EVENT]}},
        422,
        'ConfigMap "x" is invalid: metadata.ownerReferences: Invalid value: '
        '{"apiVersion":"v1","kind":"Event","name":"e","uid":"1"}: /v1, Kind=Event is disallowed from being an owner',
    ),
    (
        "POST",
        "/apis/coordination.k8s.io/v1/namespaces/default/leases",
        {"metadata": {"name": "l"}, "spec": {"acquireTime": "2024-01-01T00:00:00Z"}},
        400,
        'Lease in version "v1" cannot be handled as a Lease: parsing time "2024-01-01T00:00:00Z" as '
        '"2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    ),
    (
        "PATCH",
        f"{DEFAULT}/status",
        {"status": {"phase": "Foo"}},
        422,
        'Namespace "default" is invalid: status.Phase: Invalid value: "Foo": '
        "may only be 'Active' if `deletionTimestamp` is empty",
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "code", "message"), REQUESTS, ids=lambda value: str(value)[:60])
async def test_a_request_is_refused_in_the_usual_words(
    client: httpx.AsyncClient, method: str, path: str, body: Json, code: int, message: str
) -> None:
    headers = MERGE if method == "PATCH" else {}
    answer = await client.request(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (code, message)
    assert (await client.get(f"{DEFAULT}/configmaps/c1")).status_code == 200


@pytest.mark.parametrize(
    ("path", "form", "message"),
    [
        ("configmaps", "PartialObjectMetadata", "the requested object is a list (*core.ConfigMapList)"),
        ("configmaps/c1", "PartialObjectMetadataList", "the requested object is not a list (*core.ConfigMap)"),
    ],
)
async def test_a_list_is_no_object_and_an_object_no_list(
    client: httpx.AsyncClient, path: str, form: str, message: str
) -> None:
    answer = await client.get(f"{DEFAULT}/{path}", headers={"Accept": META + form})
    assert answer.status_code == 406
    assert answer.json()["message"] == f"you requested {form}, but {message}"


async def test_a_table_without_objects_says_so_and_other_words_are_refused(client: httpx.AsyncClient) -> None:
    headers = {"Accept": META + "Table"}
    rows = (await client.get(f"{DEFAULT}/configmaps?includeObject=None", headers=headers)).json()["rows"]
    assert [row["object"] for row in rows] == [None]
    refused = await client.get(f"{DEFAULT}/configmaps?includeObject=Foo", headers=headers)
    assert refused.status_code == 400
    why = "includeObject: Invalid value: \"Foo\": must be 'Metadata', 'Object', 'None', or empty"
    assert refused.json()["message"] == f"Unable to convert to Table as requested: {why}"


@pytest.mark.parametrize("path", ["pods/p1/binding", "bindings"])
async def test_a_pod_is_bound_by_either_path_and_only_once(client: httpx.AsyncClient, path: str) -> None:
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p1"}, "target": {"name": "n1"}}
    bound = await client.post(f"{DEFAULT}/{path}", json=binding)
    assert (bound.status_code, bound.json()["status"], bound.json()["code"]) == (201, "Success", 201)
    assert (await client.get(f"{DEFAULT}/pods/p1")).json()["spec"]["nodeName"] == "n1"
    again = await client.post(f"{DEFAULT}/{path}", json=binding)
    assert again.status_code == 409
    why = 'Operation cannot be fulfilled on pods/binding "p1": pod p1 is already assigned to node "n1"'
    assert again.json()["message"] == why
    assert again.json()["details"] == {"name": "p1", "kind": "pods/binding"}


async def test_an_evicted_pod_says_by_whom_and_a_removed_one_is_the_answer(client: httpx.AsyncClient) -> None:
    (await client.post(f"{DEFAULT}/pods", json=pod("placed", nodeName="n1"))).raise_for_status()
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "placed"}}
    done = await client.post(f"{DEFAULT}/pods/placed/eviction", json=eviction)
    assert (done.status_code, done.json()["code"]) == (201, 201)
    ending = (await client.get(f"{DEFAULT}/pods/placed")).json()
    assert ending["metadata"]["deletionGracePeriodSeconds"] == 30
    (disrupted,) = [each for each in ending["status"]["conditions"] if each["type"] == "DisruptionTarget"]
    assert (disrupted["status"], disrupted["reason"]) == ("True", "EvictionByEvictionAPI")
    assert disrupted["message"] == "Eviction API: evicting"
    removed = await client.delete(f"{DEFAULT}/pods/placed?gracePeriodSeconds=0")
    assert removed.json()["kind"] == "Pod"


async def test_a_gated_pod_says_since_when_it_waits(client: httpx.AsyncClient) -> None:
    gated = (await client.post(f"{DEFAULT}/pods", json=pod("gated", schedulingGates=[{"name": "g"}]))).json()
    (condition,) = gated["status"]["conditions"]
    assert condition["reason"] == "SchedulingGated"
    assert condition["lastTransitionTime"]


async def test_a_scale_of_another_name_is_refused(client: httpx.AsyncClient) -> None:
    apps = "/apis/apps/v1/namespaces/default/deployments"
    template = {"metadata": {"labels": {"a": "w"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"selector": {"matchLabels": {"a": "w"}}, "template": template}
    (await client.post(apps, json={"metadata": {"name": "w"}, "spec": spec})).raise_for_status()
    refused = await client.put(f"{apps}/w/scale", json={"metadata": {"name": "other"}, "spec": {"replicas": 4}})
    assert refused.status_code == 400
    assert refused.json()["message"] == "the name of the object (other) does not match the name on the URL (w)"


async def test_only_a_load_balancer_has_an_ingress_address(client: httpx.AsyncClient) -> None:
    (await client.post(f"{DEFAULT}/services", json={"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}))
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}
    refused = await client.patch(f"{DEFAULT}/services/s/status", json=status, headers=MERGE)
    assert refused.status_code == 422
    assert "may only be used when `spec.type` is 'LoadBalancer'" in refused.json()["message"]


async def test_a_deprecated_kind_is_served_with_a_warning(client: httpx.AsyncClient) -> None:
    warning = '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"'
    created = await client.post(f"{DEFAULT}/endpoints", json={"metadata": {"name": "mine"}})
    assert created.headers["warning"] == warning
    for path in ("endpoints", "endpoints/mine"):
        assert (await client.get(f"{DEFAULT}/{path}")).headers["warning"] == warning
    assert (await client.get(f"{DEFAULT}/endpoints/none")).headers["warning"] == warning
    assert "warning" not in (await client.get(f"{DEFAULT}/configmaps")).headers


async def test_the_root_names_what_is_served_and_health_each_check(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/")).json()["paths"]
    assert {"/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/healthz", "/metrics", "/version"} <= set(paths)
    assert (await client.head(f"{DEFAULT}/configmaps/c1")).status_code == 405
    for path in ("/livez", "/readyz", "/healthz"):
        assert (await client.get(path)).text == "ok"
        assert (await client.get(f"{path}/ping")).text == "ok"
        told = (await client.get(f"{path}?verbose")).text
        assert told.startswith("[+]ping ok\n")
        assert told.endswith(f"{path[1:]} check passed\n")
    assert (await client.get("/readyz/nothing")).status_code == 404


async def test_metrics_have_upstreams_names_and_labels(client: httpx.AsyncClient) -> None:
    await client.get(f"{DEFAULT}/configmaps/none")
    lines = (await client.get("/metrics")).text.splitlines()
    about = 'dry_run="",group="",resource="configmaps",scope="resource",subresource="",verb="GET",version="v1"'
    assert any(line.startswith(f'apiserver_request_total{{code="404",{about}}} ') for line in lines)
    assert any(line.startswith(f"apiserver_request_duration_seconds_count{{{about}}} ") for line in lines)
    assert 'apiserver_storage_objects{resource="pods"} 1.0' in lines
    assert 'apiserver_resource_objects{group="",resource="pods"} 1.0' in lines
    assert any(line.startswith("kubernetes_build_info{") for line in lines)
    async with client.stream("GET", f"{DEFAULT}/configmaps?watch=1"):
        lines = (await client.get("/metrics")).text.splitlines()
        about = 'group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"'
        assert f"apiserver_longrunning_requests{{{about}}} 1.0" in lines


@pytest.mark.parametrize(
    ("plural", "status", "problems"),
    [
        (
            "replicasets",
            {"replicas": -1, "readyReplicas": 3},
            [
                "status.replicas: Invalid value: -1: must be greater than or equal to 0",
                "status.fullyLabeledReplicas: Invalid value: 0: cannot be greater than status.replicas",
                "status.readyReplicas: Invalid value: 3: cannot be greater than status.replicas",
                "status.availableReplicas: Invalid value: 0: cannot be greater than status.replicas",
            ],
        ),
        (
            "deployments",
            {"replicas": 3, "readyReplicas": 1, "availableReplicas": 2},
            ["status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas"],
        ),
    ],
)
async def test_a_status_must_add_up(client: httpx.AsyncClient, plural: str, status: Json, problems: list[str]) -> None:
    path = f"/apis/apps/v1/namespaces/default/{plural}"
    template = {"metadata": {"labels": {"a": "w"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"selector": {"matchLabels": {"a": "w"}}, "template": template}
    (await client.post(path, json={"metadata": {"name": "w"}, "spec": spec})).raise_for_status()
    refused = await client.patch(f"{path}/w/status", json={"status": status}, headers=MERGE)
    assert refused.status_code == 422
    causes = refused.json()["details"]["causes"]
    assert [f"{cause['field']}: {cause['message']}" for cause in causes] == problems


async def test_a_watch_has_forms_of_its_own(client: httpx.AsyncClient) -> None:
    """Bookmarks close the initial events, a Table names its columns once, and YAML is no stream."""
    path = f"{DEFAULT}/configmaps?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dc1"
    headers = {"Accept": META + "Table"}
    lines = (await client.get(f"{path}&allowWatchBookmarks=true", headers=headers)).text.splitlines()
    added, bookmark = (json.loads(line) for line in lines[:2])
    assert [column["name"] for column in added["object"]["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert (bookmark["type"], bookmark["object"]["columnDefinitions"]) == ("BOOKMARK", None)
    [row] = bookmark["object"]["rows"]
    assert row["cells"] == ["", 0, "<unknown>"]
    assert row["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    refused = await client.get(path, headers={"Accept": "application/yaml"})
    assert refused.status_code == 406
    assert (await client.get(f"{DEFAULT}/configmaps/c1?watch=1")).json()["kind"] == "ConfigMap"


async def test_what_is_long_comes_as_gzip_to_who_takes_it(client: httpx.AsyncClient) -> None:
    small = await client.get(f"{DEFAULT}/configmaps")
    assert "content-encoding" not in small.headers
    for number in range(3):
        made = await client.post(
            f"{DEFAULT}/configmaps", json={"metadata": {"name": f"big{number}"}, "data": {"a": "long " * 20_000}}
        )
        assert made.status_code == 201
    for path in (f"{DEFAULT}/configmaps", "/openapi/v2"):
        packed = await client.get(path)
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["vary"] == "Accept-Encoding"
        plain = await client.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content
