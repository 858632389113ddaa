from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.patching.patch import BadDirective
from minikube_py.patching.strategic_diff import (
    create_three_way_strategic_merge_patch,
    create_two_way_strategic_merge_patch,
)
from minikube_py.patching.strategic_merge import FieldPatch, SchemaTable, apply_strategic_merge_patch
from tests.unit.patching.patch_schema import DEPLOYMENT, POD_SPEC


def two_way(original: dict[str, Any], modified: dict[str, Any]) -> dict[str, Any]:
    return create_two_way_strategic_merge_patch(original, modified, POD_SPEC)


def test_equal_documents_need_no_patch() -> None:
    pod = {"containers": [{"name": "a", "env": [{"name": "A"}]}], "volumes": [{"name": "v", "emptyDir": {}}]}
    assert two_way(pod, pod) == {}


def test_a_changed_element_brings_its_key_and_the_order_of_all() -> None:
    original = {"containers": [{"name": "a", "image": "1"}, {"name": "b"}]}
    modified = {"containers": [{"name": "a", "image": "2"}, {"name": "b"}]}
    assert two_way(original, modified) == {
        "containers": [{"name": "a", "image": "2"}],
        "$setElementOrder/containers": [{"name": "a"}, {"name": "b"}],
    }


def test_an_element_that_is_gone_becomes_a_directive() -> None:
    assert two_way({"containers": [{"name": "a"}, {"name": "b"}]}, {"containers": [{"name": "b"}]}) == {
        "containers": [{"name": "a", "$patch": "delete"}],
        "$setElementOrder/containers": [{"name": "b"}],
    }


def test_a_volume_that_changes_its_type_names_the_keys_to_retain() -> None:
    original = {"volumes": [{"name": "v", "emptyDir": {}}]}
    assert two_way(original, {"volumes": [{"name": "v", "hostPath": {"path": "/x"}}]}) == {
        "volumes": [{"name": "v", "emptyDir": None, "hostPath": {"path": "/x"}, "$retainKeys": ["hostPath", "name"]}],
        "$setElementOrder/volumes": [{"name": "v"}],
    }


def test_scalars_of_a_merging_list_are_added_and_deleted_side_by_side() -> None:
    original, modified = {"metadata": {"finalizers": ["a", "b"]}}, {"metadata": {"finalizers": ["b", "c"]}}
    assert create_two_way_strategic_merge_patch(original, modified, DEPLOYMENT) == {
        "metadata": {
            "finalizers": ["c"],
            "$deleteFromPrimitiveList/finalizers": ["a"],
            "$setElementOrder/finalizers": ["b", "c"],
        }
    }


def test_apply_keeps_what_others_added_and_removes_what_it_had_set_before() -> None:
    original = {"replicas": 1, "nodeSelector": {"mine": "1"}, "containers": [{"name": "a", "image": "1"}]}
    modified = {"nodeSelector": {}, "containers": [{"name": "a", "image": "2"}]}
    current = {
        "replicas": 5,
        "nodeSelector": {"mine": "1", "theirs": "2"},
        "containers": [{"name": "injected"}, {"name": "a", "image": "1", "imagePullPolicy": "Always"}],
    }
    patch = create_three_way_strategic_merge_patch(original, modified, current, POD_SPEC)
    assert apply_strategic_merge_patch(current, patch, POD_SPEC) == {
        "nodeSelector": {"theirs": "2"},
        "containers": [{"name": "injected"}, {"name": "a", "image": "2", "imagePullPolicy": "Always"}],
    }


def test_an_element_deleted_from_the_manifest_is_deleted_though_it_changed_since() -> None:
    patch = create_three_way_strategic_merge_patch(
        {"containers": [{"name": "a"}, {"name": "b"}]},
        {"containers": [{"name": "a"}]},
        {"containers": [{"name": "a"}, {"name": "b", "image": "x"}]},
        POD_SPEC,
    )
    assert patch["containers"] == [{"name": "b", "$patch": "delete"}]


def test_without_a_schema_lists_are_sent_whole() -> None:
    patch = create_two_way_strategic_merge_patch({"l": [{"name": "a"}]}, {"l": [{"name": "b"}]}, None)
    assert patch == {"l": [{"name": "b"}]}


def test_an_element_without_its_merge_key_is_refused() -> None:
    with pytest.raises(BadDirective, match="does not contain declared merge key: name"):
        two_way({"containers": [{"image": "a"}]}, {"containers": [{"name": "a"}]})


scalars = st.one_of(st.booleans(), st.integers(-2, 2), st.text("ab", max_size=2))
ELEMENT = SchemaTable({"items": FieldPatch("merge", "name"), "tags": FieldPatch("merge")})
MODEL = SchemaTable(
    {
        "items": FieldPatch("merge", "name", schema=ELEMENT),
        "sources": FieldPatch("merge", "name", retains_keys=True),
        "tags": FieldPatch("merge"),
        "one": FieldPatch(retains_keys=True, schema=ELEMENT),
        "whole": FieldPatch("replace"),
    }
)


def documents(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    inner = documents(depth - 1) if depth else st.fixed_dictionaries({}, optional={"x": scalars})
    elements = st.dictionaries(st.sampled_from("abcd"), inner, max_size=4).map(
        lambda by_name: [{**element, "name": name} for name, element in by_name.items()]
    )
    return st.fixed_dictionaries(
        {},
        optional={
            "x": scalars,
            "y": st.one_of(scalars, inner, st.lists(scalars, max_size=2)),
            "items": elements,
            "sources": elements,
            "tags": st.lists(st.sampled_from("abcd"), unique=True),
            "one": inner,
            "whole": inner,
            "atomic": st.lists(inner, max_size=2),
        },
    )


@given(documents(), documents())
def test_a_two_way_patch_gives_exactly_what_was_wanted(current: dict[str, Any], modified: dict[str, Any]) -> None:
    patch = create_two_way_strategic_merge_patch(current, modified, MODEL)
    assert apply_strategic_merge_patch(current, patch, MODEL) == modified
    assert (patch == {}) == (current == modified)


@given(documents(), documents(), documents())
def test_a_three_way_patch_is_stable_once_applied(
    original: dict[str, Any], modified: dict[str, Any], current: dict[str, Any]
) -> None:
    patch = create_three_way_strategic_merge_patch(original, modified, current, MODEL)
    result = apply_strategic_merge_patch(current, patch, MODEL)
    again = create_three_way_strategic_merge_patch(modified, modified, result, MODEL)
    assert apply_strategic_merge_patch(result, again, MODEL) == result
