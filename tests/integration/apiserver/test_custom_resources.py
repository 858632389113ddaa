"""Kinds that users bring: from the definition to objects that are served like all others, and back to nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.support.api_server import api_server
from tests.support.eventually import eventually

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
MERGE = {"content-type": "application/merge-patch+json"}
APPLY = {"content-type": "application/apply-patch+yaml"}
TABLE = {"accept": "application/json;as=Table;g=meta.k8s.io;v=v1"}
SPEC = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "string", "default": "small", "enum": ["small", "large"]},
        "replicas": {"type": "integer", "maximum": 10},
        "ports": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["port"],
            "items": {
                "type": "object",
                "required": ["port"],
                "properties": {"port": {"type": "integer"}, "text": {"type": "string"}},
            },
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
    "x-kubernetes-validations": [
        {"rule": "self.size != 'large' || has(self.replicas)", "message": "what is large has replicas"},
        {"rule": "self.name == oldSelf.name"},
    ],
}
STATUS = {
    "type": "object",
    "properties": {"phase": {"type": "string"}, "replicas": {"type": "integer"}, "selector": {"type": "string"}},
}
SCHEMA = {"type": "object", "description": "A thing of ours.", "properties": {"spec": SPEC, "status": STATUS}}


def version(name: str = "v1", schema: Any = SCHEMA, **parts: Any) -> dict[str, Any]:
    return {"name": name, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **parts}


def definition(
    *versions: dict[str, Any], plural: str = "widgets", kind: str = "Widget", **names: Any
) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": "Widget", **names},
            "versions": list(versions or (version(),)),
        },
    }


def widget(name: str, /, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec}


async def established(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    answer = await client.post(DEFINITIONS, json=document)
    assert answer.status_code == 201, answer.text

    async def is_so() -> bool:
        found = (await client.get(f"{DEFINITIONS}/{document['metadata']['name']}")).json()
        conditions = {each["type"]: each["status"] for each in found["status"]["conditions"] or ()}
        return conditions.get("Established") == "True"

    await eventually(is_so)


async def test_an_object_is_pruned_defaulted_and_judged_by_its_schema() -> None:
    async with api_server() as client:
        await established(client, definition())
        made = await client.post(WIDGETS, json={**widget("one", name="a", oops=1, free={"any": [1]}), "more": 1})
        assert made.status_code == 201
        assert made.json()["spec"] == {"name": "a", "size": "small", "free": {"any": [1]}}
        assert made.json()["metadata"]["generation"] == 1
        warnings = [text.replace("\\", "") for text in made.headers.get_list("warning")]
        assert warnings == ['299 - "unknown field "more""', '299 - "unknown field "spec.oops""']
        for spec, problem in (
            ({"name": "b", "size": "huge"}, 'spec.size: Unsupported value: "huge"'),
            ({"name": 1}, "spec.name in body must be of type string"),
            ({}, "spec.name: Required value"),
            ({"name": "b", "size": "large"}, "spec: Invalid value: what is large has replicas"),
        ):
            refused = await client.post(WIDGETS, json=widget("bad", **spec))
            assert (refused.status_code, problem in refused.json()["message"]) == (422, True), refused.text
        strict = await client.post(f"{WIDGETS}?fieldValidation=Strict", json=widget("two", name="a", oops=1))
        assert 'strict decoding error: unknown field "spec.oops"' in strict.json()["message"]
        changed = await client.patch(f"{WIDGETS}/one", json={"spec": {"name": "b"}}, headers=MERGE)
        assert "failed rule: self.name == oldSelf.name" in changed.json()["message"]


async def test_patches_apply_status_and_scale_are_those_of_every_kind() -> None:
    subresources = {
        "status": {},
        "scale": {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.selector",
        },
    }
    async with api_server() as client:
        await established(client, definition(version(subresources=subresources)))
        at = f"{WIDGETS}/one"
        first = widget("one", name="a", ports=[{"port": 80, "text": "x"}])
        assert (await client.patch(f"{at}?fieldManager=m", json=first, headers=APPLY)).status_code == 201
        second = {**widget("one", ports=[{"port": 81}]), "status": {"phase": "lost"}}
        merged = (await client.patch(f"{at}?fieldManager=n", json=second, headers=APPLY)).json()
        assert merged["spec"]["ports"] == [{"port": 80, "text": "x"}, {"port": 81}]
        assert "status" not in merged
        owned = {each["manager"]: each["fieldsV1"]["f:spec"]["f:ports"] for each in merged["metadata"]["managedFields"]}
        assert owned["n"] == {'k:{"port":81}': {".": {}, "f:port": {}}}
        conflict = await client.patch(
            f"{at}?fieldManager=n", json=widget("one", ports=[{"port": 80, "text": "y"}]), headers=APPLY
        )
        assert conflict.json()["message"].endswith('conflict with "m": .spec.ports[port=80].text')
        strategic = await client.patch(at, json={}, headers={"content-type": "application/strategic-merge-patch+json"})
        assert strategic.status_code == 415

        status = {"status": {"phase": "new", "replicas": 2, "selector": "a=b"}, "metadata": {"labels": {"x": "y"}}}
        updated = (await client.patch(f"{at}/status", json=status, headers=MERGE)).json()
        assert updated["status"]["phase"] == "new"
        assert "labels" not in updated["metadata"]
        assert updated["metadata"]["generation"] == 2
        scaled = await client.patch(f"{at}/scale", json={"spec": {"replicas": 3}}, headers=MERGE)
        assert scaled.json()["spec"] == {"replicas": 3}
        assert scaled.json()["status"] == {"replicas": 2, "selector": "a=b"}
        refused = await client.patch(f"{at}/scale", json={"spec": {"replicas": 30}}, headers=MERGE)
        assert "spec.replicas in body should be less than or equal to 10" in refused.json()["message"]
        assert (await client.get(at)).json()["spec"]["replicas"] == 3


async def test_a_new_kind_is_in_discovery_openapi_tables_and_selectors() -> None:
    columns = [{"name": "Size", "type": "string", "jsonPath": ".spec.size"}]
    fields = [{"jsonPath": ".spec.size"}]
    served = version(additionalPrinterColumns=columns, selectableFields=fields)
    async with api_server() as client:
        before = (await client.get("/openapi/v2")).headers["etag"]
        await established(client, definition(served, shortNames=["wg"], categories=["all"]))
        found = (await client.get("/apis/example.com/v1")).json()["resources"][0]
        assert (found["name"], found["singularName"], found["shortNames"]) == ("widgets", "widget", ["wg"])
        aggregated = {"accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
        groups = (await client.get("/apis", headers=aggregated)).json()["items"]
        assert "example.com" in {each["metadata"]["name"] for each in groups}
        schemas = (await client.get("/openapi/v3/apis/example.com/v1")).json()["components"]["schemas"]
        assert schemas["com.example.v1.Widget"]["properties"]["spec"]["properties"]["size"]["default"] == "small"
        whole = await client.get("/openapi/v2")
        assert whole.headers["etag"] != before
        old = whole.json()["definitions"]["com.example.v1.Widget"]["properties"]["spec"]["properties"]
        assert old["size"] == {"type": "string", "enum": ["small", "large"]}
        assert old["free"] == {"x-kubernetes-preserve-unknown-fields": True}
        for name, size in (("one", "small"), ("two", "large")):
            await client.post(WIDGETS, json=widget(name, name="a", size=size, replicas=1))
        table = (await client.get(WIDGETS, headers=TABLE)).json()
        assert [each["name"] for each in table["columnDefinitions"]] == ["Name", "Size"]
        assert [row["cells"] for row in table["rows"]] == [["one", "small"], ["two", "large"]]
        selected = (await client.get(f"{WIDGETS}?fieldSelector=spec.size=large")).json()
        assert [each["metadata"]["name"] for each in selected["items"]] == ["two"]


async def test_versions_are_views_of_one_stored_object() -> None:
    old_schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"name": {"type": "string"}}}},
    }
    old = version("v1beta1", old_schema, storage=False, deprecated=True)
    async with api_server() as client:
        await established(client, definition(version(), old))
        await client.post(WIDGETS, json=widget("one", name="a"))
        shown = await client.get("/apis/example.com/v1beta1/namespaces/default/widgets/one")
        assert (shown.json()["apiVersion"], shown.json()["spec"]) == ("example.com/v1beta1", {"name": "a"})
        assert "example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget" in shown.headers["warning"]
        changed = await client.patch(
            "/apis/example.com/v1beta1/namespaces/default/widgets/one",
            json={"metadata": {"labels": {"a": "b"}}},
            headers=MERGE,
        )
        assert changed.json()["apiVersion"] == "example.com/v1beta1"
        assert (await client.get(f"{WIDGETS}/one")).json()["metadata"]["labels"] == {"a": "b"}
        only_the_other = await client.patch(
            f"{DEFINITIONS}/widgets.example.com",
            json={"spec": {"versions": [version("v2")]}},
            headers=MERGE,
        )
        assert only_the_other.status_code == 422
        assert (
            'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions'
            in only_the_other.text.replace("\\", "")
        )
        twice = version(selectableFields=[{"jsonPath": ".spec.name"}] * 2)
        refused = await client.post(DEFINITIONS, json=definition(twice, plural="gizmos", kind="Gizmo"))
        assert 'selectableFields[1].jsonPath: Duplicate value: ".spec.name"' in refused.json()["message"]


async def test_a_changed_schema_holds_for_old_objects_and_its_watchers_come_back() -> None:
    async with api_server() as client:
        await established(client, definition())
        await client.post(WIDGETS, json=widget("one", name="a"))
        async with client.stream("GET", f"{WIDGETS}?watch=true&resourceVersion=0", timeout=20) as watching:
            lines = watching.aiter_lines()
            assert orjson.loads(await anext(lines))["type"] == "ADDED"
            new = {**SPEC["properties"], "color": {"type": "string", "default": "red"}}  # type: ignore[dict-item]
            schema = {"type": "object", "properties": {"spec": {**SPEC, "properties": new}}}
            found = (await client.get(f"{DEFINITIONS}/widgets.example.com")).json()
            found["spec"]["versions"] = [version(schema=schema)]
            assert (await client.put(f"{DEFINITIONS}/widgets.example.com", json=found)).status_code == 200
            assert [line async for line in lines] == []
        assert (await client.get(f"{WIDGETS}/one")).json()["spec"]["color"] == "red"


async def test_a_request_that_is_under_way_while_a_schema_changes_is_answered(tmp_path: Path) -> None:
    async with api_server(storage=f"sqlite:///{tmp_path}/state.db") as client:
        await established(client, definition())
        await client.post(WIDGETS, json=widget("one", name="a"))
        for number in range(10):
            changed = [version(schema={**SCHEMA, "description": f"Number {number}."})]
            change = client.patch(
                f"{DEFINITIONS}/widgets.example.com", json={"spec": {"versions": changed}}, headers=MERGE
            )
            answers = await asyncio.gather(change, *(client.get(f"{WIDGETS}/one") for _ in range(8)))
            assert [answer.status_code for answer in answers] == [200] * 9


async def test_names_are_given_once_and_go_on_when_they_are_free() -> None:
    async with api_server() as client:
        await established(client, definition())
        await client.post(DEFINITIONS, json=definition(plural="gizmos"))

        async def status() -> dict[str, Any]:
            found: dict[str, Any] = (await client.get(f"{DEFINITIONS}/gizmos.example.com")).json()["status"]
            return {each["type"]: (each["status"], each["reason"]) for each in found["conditions"] or ()}

        async def is_refused() -> bool:
            return await status() == {
                "NamesAccepted": ("False", "ListKindConflict"),
                "Established": ("False", "NotAccepted"),
            }

        await eventually(is_refused)
        assert (await client.get("/apis/example.com/v1/gizmos")).status_code == 404
        await client.delete(f"{DEFINITIONS}/widgets.example.com")

        async def is_served() -> bool:
            return (await client.get("/apis/example.com/v1/gizmos")).status_code == 200

        await eventually(is_served)


async def test_a_definition_that_goes_takes_its_objects_along() -> None:
    async with api_server() as client:
        await established(client, definition())
        await client.post(WIDGETS, json=widget("one", name="a"))
        held = {**widget("held", name="a"), "metadata": {"name": "held", "finalizers": ["example.com/x"]}}
        assert (await client.post(WIDGETS, json=held)).status_code == 201
        going = (await client.delete(f"{DEFINITIONS}/widgets.example.com")).json()
        assert going["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]

        async def only_the_held_one() -> bool:
            left = (await client.get(WIDGETS)).json()["items"]
            return [each["metadata"]["name"] for each in left] == ["held"]

        await eventually(only_the_held_one)
        late = await client.post(WIDGETS, json=widget("late", name="a"))
        assert late.status_code == 403
        assert "create not allowed while custom resource definition is terminating" in late.json()["message"]
        await client.patch(f"{WIDGETS}/held", json={"metadata": {"finalizers": None}}, headers=MERGE)

        async def all_is_gone() -> bool:
            gone = (await client.get(f"{DEFINITIONS}/widgets.example.com")).status_code == 404
            return gone and (await client.get("/apis/example.com")).status_code == 404

        await eventually(all_is_gone)


async def test_a_group_is_listed_while_it_has_a_kind() -> None:
    services = "/apis/apiregistration.k8s.io/v1/apiservices"

    async def listed(client: httpx.AsyncClient) -> set[str]:
        items = (await client.get(services)).json()["items"]
        return {each["metadata"]["name"] for each in items if each["spec"].get("group") == "example.com"}

    async with api_server() as client:
        unserved = version("v0", storage=False, served=False)
        await established(client, definition(version(), version("v1beta1", storage=False), unserved))
        both = {"v1.example.com", "v1beta1.example.com"}

        async def are_both_listed() -> bool:
            return await listed(client) == both

        await eventually(are_both_listed)
        service = (await client.get(f"{services}/v1.example.com")).json()
        await client.delete(f"{services}/v1.example.com")
        await eventually(are_both_listed)
        another = definition(plural="gadgets")
        another["spec"]["names"]["kind"] = "Gadget"
        await established(client, another)
        await client.delete(f"{DEFINITIONS}/widgets.example.com")

        async def is_one_left() -> bool:
            return await listed(client) == {"v1.example.com"}

        await eventually(is_one_left)
        await client.delete(f"{DEFINITIONS}/gadgets.example.com")

        async def is_none_left() -> bool:
            return not await listed(client)

        await eventually(is_none_left)
    spec = {"group": "example.com", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 100}
    assert service["spec"] == spec
    assert service["metadata"]["labels"] == {"kube-aggregator.kubernetes.io/automanaged": "true"}
    (condition,) = service["status"]["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == ("Available", "True", "Local")
    assert [sorted(each["fieldsV1"]) for each in service["metadata"]["managedFields"]] == [["f:metadata", "f:spec"]]


async def test_objects_are_there_after_a_restart(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/state.db"
    async with api_server(storage=storage) as client:
        await established(client, definition())
        made = (await client.post(WIDGETS, json=widget("one", name="a"))).json()
    async with api_server(storage=storage) as client:
        assert (await client.get(f"{WIDGETS}/one")).json() == made
        assert (await client.get(WIDGETS)).json()["items"] == [made]


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"x-kubernetes-validations": [{"rule": "self.a >"}]}, "x-kubernetes-validations[0].rule: Invalid value"),
        ({"x-kubernetes-validations": [{"rule": "other == 1"}]}, "undeclared reference to 'other'"),
        ({"properties": {"a": {"type": "string", "pattern": "("}}}, "must be a valid regular expression"),
        ({"properties": {"a": {"type": "integer", "default": "x"}}}, "properties[a].default: Invalid value"),
        ({"properties": {"a": {}}}, "properties[a].type: Required value: must not be empty"),
        ({"properties": {"a": {"type": "array"}}}, "properties[a].items: Required value: must be specified"),
    ],
)
async def test_a_schema_that_cannot_work_is_refused(schema: dict[str, Any], problem: str) -> None:
    async with api_server() as client:
        refused = await client.post(DEFINITIONS, json=definition(version(schema={"type": "object", **schema})))
        assert refused.status_code == 422
        assert problem in refused.json()["message"]
