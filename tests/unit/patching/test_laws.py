"""Laws of the patches: a strategic merge is what a few lines say, and JSON patch operations explain one another."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from minikube_py.patching.json_patch import apply_json_patch
from minikube_py.patching.merge_patch import apply_merge_patch
from minikube_py.patching.strategic_merge import (
    FieldPatch,
    SchemaTable,
    apply_strategic_merge_patch,
    field_patch,
)

ELEMENT = SchemaTable({"tags": FieldPatch("merge")})
MERGING = SchemaTable({"tags": FieldPatch("merge"), "items": FieldPatch("merge", "name", schema=ELEMENT)})

scalars = st.one_of(st.booleans(), st.integers(-2, 2), st.text("ab", max_size=2))


def documents(*, depth: int = 1, leaves: st.SearchStrategy[Any] = scalars) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with a merging list of objects, a merging list of scalars, a list that is replaced, and objects."""
    inner = documents(depth=depth - 1, leaves=leaves) if depth else st.fixed_dictionaries({}, optional={"x": leaves})
    elements = st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(
        lambda by_name: [{**element, "name": name} for name, element in by_name.items()]
    )
    optional = {"x": leaves, "y": leaves | inner, "items": elements, "atomic": st.lists(scalars, max_size=2)}
    tags = st.lists(st.sampled_from("abcd"), unique=True, max_size=3)
    return st.fixed_dictionaries({}, optional={**optional, "tags": tags})


patches = documents(leaves=st.none() | scalars)


def merged(old: Any, new: Any, field: FieldPatch) -> Any:
    """The model: objects and keyed lists field by field, sets together, all else as the patch has it."""
    if isinstance(new, list) and field.strategy == "merge" and isinstance(old, list) and field.merge_key:
        before, after = ({each["name"]: each for each in elements} for elements in (old, new))
        table = SchemaTable({name: FieldPatch(schema=field.schema) for name in "abc"})
        return list(merged(before, after, FieldPatch(schema=table)).values())
    if isinstance(new, list):
        together = [*old, *(each for each in new if each not in old)] if field.strategy and old else new
        return [merged(None, each, FieldPatch()) for each in together]
    if not isinstance(new, dict):
        return new
    before = old if isinstance(old, dict) else {}
    after = {
        key: merged(before.get(key), value, field_patch(field.schema if old is not None else None, key))
        for key, value in new.items()
        if value is not None
    }
    return {key: value for key, value in before.items() if key not in new} | after


def unordered(value: Any, field: str = "") -> Any:
    """The order in which elements that merge come is said by other tests."""
    if isinstance(value, dict):
        return {key: unordered(each, key) for key, each in value.items()}
    if isinstance(value, list) and field in ("items", "tags"):
        return sorted(map(unordered, value), key=lambda each: str(each["name"] if isinstance(each, dict) else each))
    return value


@given(documents(), patches)
def test_a_strategic_merge_is_what_the_model_says(document: dict[str, Any], patch: dict[str, Any]) -> None:
    result = apply_strategic_merge_patch(document, patch, MERGING)
    assert unordered(result) == unordered(merged(document, patch, FieldPatch(schema=MERGING)))


@given(documents(), patches)
def test_merging_twice_is_merging_once(document: dict[str, Any], patch: dict[str, Any]) -> None:
    once = apply_strategic_merge_patch(document, patch, MERGING)
    assert apply_strategic_merge_patch(once, patch, MERGING) == once
    once = apply_merge_patch(document, patch)
    assert apply_merge_patch(once, patch) == once


names = st.sampled_from(["x", "y", "a/b", "m~n", ""])
flat = st.dictionaries(names, documents(depth=0) | st.lists(scalars, max_size=3) | scalars, min_size=1)


def pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


@given(flat, st.data())
def test_json_patch_operations_explain_one_another(document: dict[str, Any], data: st.DataObject) -> None:
    present = data.draw(st.sampled_from(sorted(document)))
    target, value = data.draw(names), data.draw(documents(depth=0))
    at, to = pointer(present), pointer(target)
    remove, add = {"op": "remove", "path": at}, {"op": "add", "path": at, "value": value}
    was = {"op": "add", "path": to, "value": document[present]}

    def result(*operations: dict[str, Any]) -> Any:
        return apply_json_patch(document, list(operations))

    assert result({"op": "replace", "path": at, "value": value}) == result(remove, add)
    assert result({"op": "move", "from": at, "path": to}) == result(remove, was)
    assert result({"op": "copy", "from": at, "path": to}) == result(was)
    assert result({"op": "test", "path": at, "value": document[present]}) == document
    assert result(remove, {"op": "add", "path": at, "value": document[present]}) == document


@given(st.lists(scalars, max_size=4), st.data())
def test_a_json_patch_inserts_and_removes_at_any_place_of_a_list(items: list[Any], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(items)))
    path = f"/l/{place}" if place < len(items) else data.draw(st.sampled_from(["/l/-", f"/l/{place}"]))
    longer = apply_json_patch({"l": items}, [{"op": "add", "path": path, "value": "new"}])
    assert longer == {"l": [*items[:place], "new", *items[place:]]}
    assert apply_json_patch(longer, [{"op": "remove", "path": f"/l/{place}"}]) == {"l": items}
