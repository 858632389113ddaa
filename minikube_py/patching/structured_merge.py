"""Documents and field sets: which fields a document has, how two differ, and how one is merged into another.

The three-line model: what `config` says replaces what `live` says, field by field; an element that both have is merged;
all else of `live` stays. Documents are plain JSON; a Shape says what counts as a field.

Kubernetes: sigs.k8s.io/structured-merge-diff/typed/{tofieldset,compare,merge,remove}.go
"""

from __future__ import annotations

from typing import TypeAlias

from minikube_py.api.model import Json
from minikube_py.api.shapes import FREE, Form, Shape
from minikube_py.errors import MinikubeError
from minikube_py.patching.field_sets import EMPTY, LEAF, SELF, FieldSet, key_step, means_itself, step_text, value_step

_NOWHERE = Shape(Form.LEAF)


class StructureError(MinikubeError):
    """A document that does not have the structure of its kind; the text begins with the place."""


Member: TypeAlias = tuple[str, Json, Shape]
"""One part of an object or a list that can be owned: its step, its value, and the shape of that."""


def _members(value: Json, shape: Shape) -> list[Member] | None:
    """The parts of a value that are owned apart; None when it is owned as one. Raises: StructureError."""
    form = shape.form
    if form is Form.LEAF:
        return None
    if form is Form.KEYED_LIST or form is Form.SET:
        return _elements(value, shape) if isinstance(value, list) else []
    if not isinstance(value, dict):
        return None if form is Form.FREE else []
    if form is not Form.STRUCT:
        inner = shape.element or FREE
        return [("f:" + name, member, inner) for name, member in value.items()]
    fields = shape.fields()
    if (other := shape.element) is not None:
        return [(f"f:{name}", member, fields.get(name, ("", other))[1]) for name, member in value.items()]
    try:
        return [(fields[name][0], member, fields[name][1]) for name, member in value.items()]
    except KeyError as error:
        raise StructureError(f".{error.args[0]}: field not declared in schema") from error


def _elements(items: list[Json], shape: Shape) -> list[Member]:
    element = shape.element or FREE
    if shape.form is Form.SET:
        return [(value_step(item), item, element) for item in items]
    return [(_key_step(item, shape, index), item, element) for index, item in enumerate(items)]


def _key_step(item: Json, shape: Shape, index: int) -> str:
    if not isinstance(item, dict):
        raise StructureError(f"[{index}]: an element of an associative list must be an object")
    values = {key: item.get(key, default) for key, default in shape.keys}
    return key_step({key: value for key, value in values.items() if value is not None})


def everything(value: Json, shape: Shape) -> FieldSet:
    """The value and all that is in it: what somebody owns who made it."""
    members = _members(value, shape)
    if not members:
        return LEAF
    found: dict[str, FieldSet] = {SELF: LEAF}
    for step, member, inner in members:
        found[step] = LEAF if inner.form is Form.LEAF else everything(member, inner)
    return found


def field_set(value: Json, shape: Shape) -> FieldSet:
    """The fields that a document names: leaves, elements, members of maps, and what is empty.

    Raises: StructureError for fields that the kind does not have, and elements that stand twice.
    """
    found: dict[str, FieldSet] = {}
    for step, member, inner in _members(value, shape) or ():
        if step in found:
            raise StructureError(f": duplicate entries for key {step_text(step)}")
        is_leaf = member is None or member == {} or _is_owned_as_one(member, inner)
        try:
            below = EMPTY if is_leaf else field_set(member, inner)
        except StructureError as error:
            raise StructureError(f"{step_text(step)}{error}") from error
        if is_leaf:
            found[step] = LEAF
        elif shape.form is not Form.STRUCT or inner is shape.element:
            found[step] = {SELF: LEAF, **below} if below else LEAF
        elif below:
            found[step] = below
    return found


def _is_owned_as_one(value: Json, shape: Shape) -> bool:
    return shape.form is Form.LEAF or (shape.form is Form.FREE and not isinstance(value, dict))


def compare(old: Json, new: Json, shape: Shape) -> tuple[FieldSet | None, FieldSet | None]:
    """What `new` has more than `old` or otherwise, and what it lacks; None for nothing.

    Of a whole document either is a set. Raises: StructureError.
    """
    if old == new:
        return None, None
    before, after = _members(old, shape), _members(new, shape)
    if before is None or after is None:
        return LEAF, None
    known = {step: value for step, value, _ in before}
    changed: dict[str, FieldSet] = {}
    removed: dict[str, FieldSet] = {}
    for step, value, inner in after:
        if step not in known:
            changed[step] = everything(value, inner)
            continue
        more, less = compare(known.pop(step), value, inner)
        if more is not None:
            changed[step] = more
        if less is not None:
            removed[step] = less
    for step, value, inner in before if known else ():
        if step in known:
            removed[step] = everything(value, inner)
    return changed or None, removed or None


def merge(live: Json, config: Json, shape: Shape) -> Json:
    """`live` with what `config` says."""
    form = shape.form
    if isinstance(live, dict) and isinstance(config, dict) and form is not Form.LEAF:
        merged = dict(live)
        for name, value in config.items():
            merged[name] = merge(live[name], value, shape.child(name) or _NOWHERE) if name in live else value
        return merged
    if isinstance(live, list) and isinstance(config, list) and form in (Form.KEYED_LIST, Form.SET):
        return _merged_elements(_elements(live, shape), _elements(config, shape))
    return config


def _merged_elements(old: list[Member], new: list[Member]) -> list[Json]:
    """The order is that of `new`; elements that only `old` has stay before what they stood before."""
    known = {step: value for step, value, _ in old}
    wanted = {step for step, _, _ in new}
    shared = [step for step, _, _ in new if step in known]
    taken: set[str] = set()
    merged: list[Json] = []
    left = right = 0
    while left < len(old) or right < len(new):
        if left < len(old):
            step = old[left][0]
            if step not in wanted:
                merged.append(old[left][1])
                left += 1
                continue
            if step in taken or (shared and shared[0] != step):
                left += 1
                continue
        if right < len(new):
            step, value, inner = new[right]
            right += 1
            merged.append(merge(known[step], value, inner) if step in known else value)
            taken.add(step)
            if shared and shared[0] == step:
                shared.pop(0)
    return merged


def without(value: Json, gone: FieldSet, shape: Shape) -> Json:
    """The document without the fields of a set."""
    members = _members(value, shape)
    if not members or not gone:
        return value
    kept: list[tuple[str, Json]] = []
    for step, member, inner in members:
        if step not in gone:
            kept.append((step, member))
        elif not means_itself(gone[step]):
            kept.append((step, without(member, gone[step], inner)))
    return [member for _, member in kept] if isinstance(value, list) else {step[2:]: member for step, member in kept}


def with_named_fields(found: FieldSet, shape: Shape) -> FieldSet:
    """The set with every struct field on the way to a member as a member itself."""
    result: dict[str, FieldSet] = {}
    for step, node in found.items():
        if not node:
            result[step] = node
            continue
        inner = shape.child(step[2:]) if step.startswith("f:") else shape.element
        below = with_named_fields(node, inner or _NOWHERE)
        is_named = shape.form is Form.STRUCT and inner is not shape.element
        result[step] = {SELF: LEAF, **below} if is_named else below
    return result
