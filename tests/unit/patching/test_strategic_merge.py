from __future__ import annotations

import copy
from typing import Any

import pytest

from minikube_py.patching.patch import BadDirective, MalformedPatch
from minikube_py.patching.strategic_merge import FieldPatch, SchemaTable, apply_strategic_merge_patch
from tests.unit.patching.patch_schema import DEPLOYMENT, POD_SPEC

ONE = {
    "name": "one",
    "image": "i1",
    "args": ["a", "b"],
    "ports": [{"name": "http", "containerPort": 80}, {"name": "alt", "containerPort": 90}],
    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
}
TWO = {"name": "two", "image": "i2"}
POD = {
    "containers": [ONE, TWO],
    "volumes": [{"name": "v", "emptyDir": {}}, {"name": "c", "configMap": {"name": "cm"}}],
    "nodeSelector": {"none": "x"},
    "tolerations": [{"key": "t1", "operator": "Exists"}],
}


def patched(patch: dict[str, Any]) -> dict[str, Any]:
    before, given = copy.deepcopy(POD), copy.deepcopy(patch)
    result = apply_strategic_merge_patch(POD, patch, POD_SPEC)
    assert (before, given) == (POD, patch), "neither the document nor the patch may change"
    return result


def test_elements_are_changed_by_key_and_new_ones_come_where_the_patch_has_them() -> None:
    containers = patched({"containers": [{"name": "one", "image": "new"}, {"name": "three", "image": "i3"}]})[
        "containers"
    ]
    assert containers == [{**ONE, "image": "new"}, {"name": "three", "image": "i3"}, TWO]


def test_an_element_is_deleted_by_a_directive() -> None:
    assert patched({"containers": [{"name": "two", "$patch": "delete"}]})["containers"] == [ONE]


def test_a_list_is_replaced_by_a_directive() -> None:
    patch = {"containers": [{"$patch": "replace"}, {"name": "only"}, {"name": "one", "$patch": "delete"}]}
    assert patched(patch)["containers"] == [{"name": "only"}]


def test_an_object_is_replaced_or_emptied_by_a_directive() -> None:
    assert patched({"nodeSelector": {"$patch": "replace", "z": "1"}})["nodeSelector"] == {"z": "1"}
    assert patched({"nodeSelector": {"$patch": "delete"}})["nodeSelector"] == {}


def test_null_removes_a_member() -> None:
    assert patched({"nodeSelector": {"none": None}, "volumes": None}) == {
        "containers": POD["containers"],
        "nodeSelector": {},
        "tolerations": POD["tolerations"],
    }


def test_an_order_directive_orders_and_the_list_beside_it_changes() -> None:
    patch = {
        "$setElementOrder/containers": [{"name": "two"}, {"name": "one"}],
        "containers": [{"name": "two", "image": "x2"}],
    }
    assert patched(patch)["containers"] == [{"name": "two", "image": "x2"}, ONE]


def test_an_order_directive_alone_orders() -> None:
    assert patched({"$setElementOrder/containers": [{"name": "two"}, {"name": "one"}]})["containers"] == [TWO, ONE]


def test_elements_that_only_the_server_has_stay_in_front_of_their_follower() -> None:
    document = {"containers": [{"name": name} for name in ("injected", "a", "b", "tail")]}
    patch = {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}
    containers = apply_strategic_merge_patch(document, patch, POD_SPEC)["containers"]
    assert [container["name"] for container in containers] == ["injected", "b", "a", "tail"]


def test_directives_work_inside_elements() -> None:
    env = [{"name": "C", "value": "3"}, {"name": "A", "$patch": "delete"}]
    patch = {"containers": [{"name": "one", "$setElementOrder/env": [{"name": "C"}, {"name": "B"}], "env": env}]}
    assert patched(patch)["containers"][0]["env"] == [{"name": "C", "value": "3"}, {"name": "B", "value": "2"}]


def test_retain_keys_changes_the_type_of_a_volume() -> None:
    volume = {"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}
    assert patched({"volumes": [volume]})["volumes"][0] == {"name": "v", "hostPath": {"path": "/x"}}


def test_without_retain_keys_both_types_stay() -> None:
    volume = patched({"volumes": [{"name": "v", "hostPath": {}}]})["volumes"][0]
    assert volume == {"name": "v", "emptyDir": {}, "hostPath": {}}


def test_lists_without_a_strategy_are_replaced() -> None:
    patch = {"tolerations": [{"key": "t2"}], "containers": [{"name": "one", "args": ["z"]}]}
    assert patched(patch)["tolerations"] == [{"key": "t2"}]
    assert patched(patch)["containers"][0]["args"] == ["z"]


def test_elements_are_found_by_a_number_too() -> None:
    patch = {"containers": [{"name": "one", "ports": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 91}]}]}
    assert patched(patch)["containers"][0]["ports"] == [
        {"name": "http", "containerPort": 80, "hostPort": 8080},
        {"containerPort": 91},
        {"name": "alt", "containerPort": 90},
    ]


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"finalizers": ["x/a", "x/b"]}, ["x/a", "x/b", "x/c"]),
        ({"$deleteFromPrimitiveList/finalizers": ["x/b"]}, ["x/c"]),
        ({"$setElementOrder/finalizers": ["x/c", "x/a", "x/b"], "finalizers": ["x/a"]}, ["x/c", "x/a", "x/b"]),
        ({"finalizers": ["x/a"], "$deleteFromPrimitiveList/finalizers": ["x/b", "x/c"]}, ["x/a"]),
        ({"finalizers": []}, ["x/b", "x/c"]),
    ],
)
def test_a_list_of_scalars_is_a_set(patch: dict[str, Any], expected: list[str]) -> None:
    document = {"metadata": {"finalizers": ["x/b", "x/c"]}}
    assert apply_strategic_merge_patch(document, {"metadata": patch}, DEPLOYMENT)["metadata"]["finalizers"] == expected


def test_something_new_is_stored_without_nulls_and_directives() -> None:
    patch = {
        "affinity": {"nodeAffinity": None, "$retainKeys": ["podAffinity"], "podAffinity": {"a": 1}},
        "overhead": {"$patch": "delete"},
        "$setElementOrder/initContainers": [{"name": "n"}],
        "initContainers": [{"name": "n", "env": None}, {"name": "gone", "$patch": "delete"}],
    }
    result = patched(patch)
    assert result["affinity"] == {"podAffinity": {"a": 1}}
    assert "overhead" not in result
    assert result["initContainers"] == [{"name": "n"}]
    assert not [name for name in result if name.startswith("$")]


def test_an_object_that_is_replaced_whole_by_its_schema_is_not_merged() -> None:
    schema = SchemaTable({"a": FieldPatch("replace")})
    assert apply_strategic_merge_patch({"a": {"b": 1}}, {"a": {"c": 2}}, schema) == {"a": {"c": 2}}


def test_without_a_schema_objects_merge_and_lists_are_replaced() -> None:
    document = {"a": {"b": 1}, "l": [1]}
    assert apply_strategic_merge_patch(document, {"a": {"c": 2}, "l": [2]}, None) == {"a": {"b": 1, "c": 2}, "l": [2]}


def test_no_patch_at_all_changes_nothing() -> None:
    assert apply_strategic_merge_patch(POD, None, POD_SPEC) == POD


CONTAINERS_TEXT = "[map[name:a]]"


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({"containers": [{"image": "nokey"}]}, "map: map[image:nokey] does not contain declared merge key: name"),
        ({"containers": [{"name": "x", "$patch": "nope"}]}, "unknown patch type: nope in map: map[$patch:nope name:x]"),
        ({"containers": [{"name": "one", "$patch": "merge"}]}, "merging lists cannot yet be specified in the patch"),
        ({"nodeSelector": {"$patch": "merge"}}, "unknown patch type: merge in map: map[$patch:merge]"),
        ({"containers": ["a"]}, f"list element types are not identical: [{CONTAINERS_TEXT} [a]]"),
        ({"containers": [None]}, f"list element types are not identical: [{CONTAINERS_TEXT} [<nil>]]"),
        ({"$setElementOrder/containers": "x"}, "expected a []interface {}, but received a string"),
        ({"$setElementOrder/containers": ["two"]}, "value for key 0 is not a map"),
        (
            {"$setElementOrder/containers": [{"name": "b"}], "containers": [{"name": "a", "image": "x"}]},
            "The order in patch list:\n[map[image:x name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
        ),
    ],
)  # fmt: skip
def test_a_patch_that_makes_no_sense_is_refused_in_kubernetes_words(patch: dict[str, Any], message: str) -> None:
    with pytest.raises(BadDirective) as caught:
        apply_strategic_merge_patch({"containers": [{"name": "a"}], "nodeSelector": {}}, patch, POD_SPEC)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ([], "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("x", "json: cannot unmarshal string into Go value of type map[string]interface {}"),
        ({"$retainKeys": "x"}, "invalid patch format of retainKeys"),
        ({"$retainKeys": ["a"], "b": 1}, "invalid patch format of retainKeys"),
    ],
)
def test_a_body_that_is_no_patch_is_refused(patch: object, message: str) -> None:
    with pytest.raises(MalformedPatch) as caught:
        apply_strategic_merge_patch({}, patch, POD_SPEC)
    assert str(caught.value) == message
