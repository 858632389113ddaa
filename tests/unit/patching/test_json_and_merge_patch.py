from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.documents.json_values import go_text
from minikube_py.patching.json_patch import apply_json_patch
from minikube_py.patching.merge_patch import apply_merge_patch, create_merge_patch, create_three_way_merge_patch
from minikube_py.patching.patch import MalformedPatch, PatchDoesNotApply, PatchError, PatchTooLarge

DOCUMENT: dict[str, Any] = {"kind": "X", "labels": {"l": "1"}, "items": [{"n": 1}, {"n": 2}], "replicas": 1}


def patched(*operations: dict[str, Any]) -> Any:
    before = copy.deepcopy(DOCUMENT)
    result = apply_json_patch(DOCUMENT, list(operations))
    assert before == DOCUMENT
    return result


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ({"op": "add", "path": "/labels/m", "value": "2"}, {"labels": {"l": "1", "m": "2"}}),
        ({"op": "add", "path": "/labels/a.b~1c~0d", "value": "2"}, {"labels": {"l": "1", "a.b/c~d": "2"}}),
        ({"op": "add", "path": "/labels/x"}, {"labels": {"l": "1", "x": None}}),
        ({"op": "add", "path": "/items/-", "value": 3}, {"items": [{"n": 1}, {"n": 2}, 3]}),
        ({"op": "add", "path": "/items/0", "value": 3}, {"items": [3, {"n": 1}, {"n": 2}]}),
        ({"op": "add", "path": "/items/2", "value": 3}, {"items": [{"n": 1}, {"n": 2}, 3]}),
        ({"op": "add", "path": "/items/-2", "value": 3}, {"items": [{"n": 1}, 3, {"n": 2}]}),
        ({"op": "replace", "path": "/replicas", "value": 3}, {"replicas": 3}),
        ({"op": "replace", "path": "/labels/none", "value": "x"}, {"labels": {"l": "1", "none": "x"}}),
        ({"op": "replace", "path": "/items/-1", "value": 3}, {"items": [{"n": 1}, 3]}),
        ({"op": "remove", "path": "/items/-1"}, {"items": [{"n": 1}]}),
        ({"op": "remove", "path": "/labels/l"}, {"labels": {}}),
        ({"op": "move", "from": "/labels/l", "path": "/labels/m"}, {"labels": {"m": "1"}}),
        ({"op": "copy", "from": "/items/0", "path": "/items/-"}, {"items": [{"n": 1}, {"n": 2}, {"n": 1}]}),
        ({"op": "copy", "from": "/labels/none", "path": "/labels/m"}, {"labels": {"l": "1", "m": None}}),
        ({"op": "test", "path": "/items/1/n", "value": 2}, {}),
        ({"op": "test", "path": "/labels/none"}, {}),
        ({"op": "test", "path": "", "value": DOCUMENT}, {}),
    ],
)
def test_one_operation_of_a_json_patch(operation: dict[str, Any], changed: dict[str, Any]) -> None:
    assert patched(operation) == {**DOCUMENT, **changed}


@pytest.mark.parametrize(
    "operation",
    [
        {},
        {"op": "nope", "path": "/labels"},
        {"op": "add", "path": "labels/x", "value": 1},
        {"op": "add", "path": "", "value": {}},
        {"op": "add", "path": "/none/x", "value": 1},
        {"op": "add", "path": "/kind/x", "value": 1},
        {"op": "add", "path": "/items/3", "value": 1},
        {"op": "add", "path": "/items/x", "value": 1},
        {"op": "remove", "path": "/items/9"},
        {"op": "remove", "path": "/labels/none"},
        {"op": "remove", "path": ""},
        {"op": "replace", "path": "/items/2", "value": 1},
        {"op": "replace", "path": "", "value": 1},
        {"op": "move", "path": "/labels/x"},
        {"op": "move", "from": "/labels", "path": "/labels/x"},
        {"op": "test", "path": "/replicas", "value": True},
        {"op": "test", "path": "/replicas", "value": 1.0},
        {"op": "test", "path": "/labels", "value": {}},
    ],
)
def test_an_operation_that_does_not_fit_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(PatchDoesNotApply):
        patched(operation)


def test_operations_follow_one_another_and_do_not_share_values() -> None:
    value: dict[str, Any] = {"n": 3}
    result = patched(
        {"op": "add", "path": "/items/-", "value": value},
        {"op": "copy", "from": "/items/2", "path": "/items/-"},
        {"op": "replace", "path": "/items/2/n", "value": 4},
    )
    assert result["items"] == [{"n": 1}, {"n": 2}, {"n": 4}, {"n": 3}]
    assert value == {"n": 3}


def test_the_whole_document_can_be_replaced() -> None:
    assert patched({"op": "replace", "path": "", "value": {"a": 1}}) == {"a": 1}
    assert apply_json_patch(DOCUMENT, None) == DOCUMENT


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"),
        ([1], "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"),
        (
            [{"op": True}],
            "error decoding patch: json: cannot unmarshal bool into Go struct field jsonPatchOp.op of type string",
        ),
    ],
)
def test_a_body_that_is_no_json_patch_is_refused(body: object, message: str) -> None:
    with pytest.raises(MalformedPatch) as caught:
        apply_json_patch(DOCUMENT, body)
    assert str(caught.value) == message


def test_a_json_patch_has_limits() -> None:
    test = {"op": "test", "path": "/kind", "value": "X"}
    assert apply_json_patch(DOCUMENT, [test] * 10_000) == DOCUMENT
    with pytest.raises(PatchTooLarge, match="maximum operations in a JSON patch is 10000, got 10001"):
        apply_json_patch(DOCUMENT, [test] * 10_001)
    doubling = [{"op": "copy", "from": "/items", "path": "/items/-"}] * 30
    with pytest.raises(PatchTooLarge, match="copies"):
        apply_json_patch(DOCUMENT, doubling)


def test_a_json_patch_cannot_nest_without_end() -> None:
    deeper = [{"op": "move", "from": "/a", "path": "/b"}, {"op": "add", "path": "/a", "value": {}}]
    deeper.append({"op": "move", "from": "/b", "path": "/a/x"})
    assert apply_json_patch({"a": {}}, deeper) == {"a": {"x": {}}}
    with pytest.raises(PatchDoesNotApply, match="exceeded max depth"):
        apply_json_patch({"a": {}}, deeper * 300)
    with pytest.raises(PatchDoesNotApply, match="exceeded max depth"):
        apply_json_patch({"a": {}}, [{"op": "add", "path": "/a" * n, "value": {}} for n in range(1, 300)])


def test_a_merge_patch_merges_objects_replaces_lists_and_removes_nulls() -> None:
    patch = {"labels": {"l": None, "m": "2"}, "items": [1], "new": {"a": {"b": None, "c": 1}}, "replicas": None}
    assert apply_merge_patch(DOCUMENT, patch) == {
        "kind": "X",
        "labels": {"m": "2"},
        "items": [1],
        "new": {"a": {"c": 1}},
    }
    assert DOCUMENT["labels"] == {"l": "1"}


def test_a_scalar_gives_way_to_an_object_and_the_reverse() -> None:
    assert apply_merge_patch({"a": 1, "b": {"c": 2}}, {"a": {"x": 1}, "b": 3}) == {"a": {"x": 1}, "b": 3}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "Invalid JSON Patch"),
        ([], "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (1.5, "error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}"),
    ],
)
def test_a_body_that_is_no_merge_patch_is_refused(body: object, message: str) -> None:
    with pytest.raises(MalformedPatch) as caught:
        apply_merge_patch(DOCUMENT, body)
    assert str(caught.value) == message


def test_a_three_way_merge_patch_leaves_alone_what_others_set() -> None:
    original = {"data": {"mine": "1", "old": "2"}, "list": [1]}
    modified = {"data": {"mine": "3"}, "list": [1]}
    current = {"data": {"mine": "1", "old": "2", "theirs": "4"}, "list": [1], "extra": True}
    assert create_three_way_merge_patch(original, modified, current) == {"data": {"mine": "3", "old": None}}


json_values = st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 9), st.floats(-9, 9), st.text("ab~/", max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)),
    max_leaves=12,
)
json_objects = st.dictionaries(st.text("abc", max_size=2), json_values, max_size=5)


@given(json_objects, json_objects)
def test_a_computed_merge_patch_gives_exactly_what_was_wanted(
    original: dict[str, Any], modified: dict[str, Any]
) -> None:
    patch = create_merge_patch(original, modified)
    assert go_text(apply_merge_patch(original, patch)) == go_text(modified)
    assert create_merge_patch(modified, modified) == {}


operations = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "replace", "remove", "move", "copy", "test"])},
    optional={
        "path": st.lists(st.text("ab01-~", max_size=2), max_size=3).map(lambda parts: "/" + "/".join(parts)),
        "from": st.lists(st.text("ab01-~", max_size=2), max_size=3).map(lambda parts: "/" + "/".join(parts)),
        "value": json_values,
    },
)


@given(json_objects, st.lists(operations, max_size=5))
def test_any_json_patch_applies_or_is_refused_and_never_changes_the_document(
    document: dict[str, Any], patch: list[dict[str, Any]]
) -> None:
    before = copy.deepcopy((document, patch))
    try:
        result = apply_json_patch(document, patch)
    except PatchError:
        result = document
    assert isinstance(result, dict | list)
    assert (document, patch) == before


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": True, "a": None, "l": [1, "x", {"y": 2}]}, "map[a:<nil> b:true l:[1 x map[y:2]]]"),
        (1e30, "1e+30"),
        (1e-9, "1e-09"),
        (1234567.0, "1.234567e+06"),
        (1.5, "1.5"),
        (100.0, "100"),
        (-0.00012, "-0.00012"),
        (0.0, "0"),
    ],
)
def test_values_are_printed_as_go_prints_them(value: object, text: str) -> None:
    assert go_text(value) == text
