"""Strategic merge patch: a merge patch that knows which lists are sets of named things.

    {"spec": {"containers": [{"name": "web", "image": "nginx:2"}]}}     changes one container and keeps the others

The schema says how each field merges. Directives in the patch say what a plain value cannot:

- `$patch: replace | delete` inside an object, or inside an element of a list: take this as it stands, or remove it;
- `$retainKeys: [...]`: remove the members that are not named (a volume or a strategy changes its type);
- `$setElementOrder/FIELD: [...]`: the order wanted; elements that only the server has keep their place if they can;
- `$deleteFromPrimitiveList/FIELD: [...]`: scalars to take out of a merging list.

Invariant: a result holds no directives.

Kubernetes: apimachinery pkg/util/strategicpatch/patch.go;
contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import orjson

from minikube_py.documents.json_values import Json, go_text, json_kind
from minikube_py.patching.patch import BadDirective, Document, MalformedPatch

PATCH = "$patch"
RETAIN_KEYS = "$retainKeys"
SET_ORDER = "$setElementOrder/"
DELETE_FROM_LIST = "$deleteFromPrimitiveList/"


class PatchSchema(Protocol):
    """How the fields of one type merge."""

    def field(self, name: str) -> FieldPatch:
        """The strategy of the field with this JSON name; `FieldPatch()` for a field without one, known or not."""
        ...


@dataclass(frozen=True, slots=True)
class FieldPatch:
    """How one field merges. Without a strategy, objects merge and lists are replaced."""

    strategy: Literal["", "merge", "replace"] = ""
    merge_key: str = ""
    """The member that tells the elements of a merging list apart; empty for lists of scalars."""
    retains_keys: bool = False
    """A computed patch names all members of the object (or of each element), so that those of another type vanish."""
    schema: PatchSchema | None = None
    """The type of the object, or of the list's elements."""


@dataclass(frozen=True, slots=True)
class SchemaTable:
    """A PatchSchema made of plain data: JSON field name -> strategy."""

    fields: Mapping[str, FieldPatch]

    def field(self, name: str) -> FieldPatch:
        return self.fields.get(name, FieldPatch())


def field_patch(schema: PatchSchema | None, name: str) -> FieldPatch:
    return schema.field(name) if schema is not None else FieldPatch()


def apply_strategic_merge_patch(document: Document, patch: Json, schema: PatchSchema | None) -> Document:
    """Merge `patch`, a parsed body, into `document`; None as patch changes nothing.

    Raises: MalformedPatch, BadDirective
    """
    if patch is None:
        return document
    if not isinstance(patch, dict):
        kind = json_kind(patch)
        raise MalformedPatch(f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}")
    return _merge_object(document, patch, schema)


def _merge_object(original: Document, patch: Document, schema: PatchSchema | None) -> Document:
    if PATCH in patch:
        return _directed(patch)
    merged = _retained(original, patch)
    for name in _fields_named(patch):
        _merge_field(merged, patch, name, field_patch(schema, name))
    return merged


def _directed(patch: Document) -> Document:
    if patch[PATCH] == "replace":
        return _without_directives({name: value for name, value in patch.items() if name != PATCH})
    if patch[PATCH] == "delete":
        return {}
    raise _unknown_directive(patch)


def _unknown_directive(patch: Document) -> BadDirective:
    return BadDirective(f"unknown patch type: {go_text(patch[PATCH])} in map: {go_text(patch)}")


def _retained(original: Document, patch: Document) -> Document:
    """Copy `original`, without the members that the patch does not want to retain."""
    if RETAIN_KEYS not in patch:
        return dict(original)
    names = patch[RETAIN_KEYS]
    if not isinstance(names, list):
        raise MalformedPatch("invalid patch format of retainKeys")
    for name, value in patch.items():
        if value is not None and not name.startswith("$") and name not in names:
            raise MalformedPatch("invalid patch format of retainKeys")
    return {name: value for name, value in original.items() if name in names}


def _fields_named(patch: Document) -> Iterable[str]:
    """The fields that a patch is about, each once, be it by value or by a directive for a list."""
    plain = (name.removeprefix(SET_ORDER).removeprefix(DELETE_FROM_LIST) for name in patch if name != RETAIN_KEYS)
    return dict.fromkeys(plain)


def _merge_field(merged: Document, patch: Document, name: str, field: FieldPatch) -> None:
    """Bring the patch's value, order and deletions of one field into `merged`."""
    order = patch.get(SET_ORDER + name)
    if order is not None and not isinstance(order, list):
        received = {"object": "map[string]interface {}", "number": "float64"}.get(json_kind(order), json_kind(order))
        raise BadDirective(f"expected a []interface {{}}, but received a {received}")
    present, value = merged.get(name), patch.get(name)
    if value is None and name in patch:
        merged.pop(name, None)
    elif isinstance(value, dict) and isinstance(present, dict) and field.strategy != "replace":
        merged[name] = _merge_object(present, value, field.schema)
    elif isinstance(present, list) and (isinstance(value, list) or order) and field.strategy == "merge":
        merged[name] = _merge_list(present, value or [], order, field)
    elif name in patch and (new := _as_new(value)) is not None:
        merged[name] = new
    gone = patch.get(DELETE_FROM_LIST + name)
    if isinstance(gone, list) and isinstance(merged.get(name), list):
        identities = set(map(orjson.dumps, gone))
        merged[name] = [item for item in merged[name] if orjson.dumps(item) not in identities]


def _as_new(value: Json) -> Json:
    """A value for which there is nothing to merge with: without nulls and directives; None when it only removes."""
    if isinstance(value, list):
        return [new for item in value if (new := _as_new(item)) is not None or item is None]
    if not isinstance(value, dict):
        return value
    if PATCH in value:
        return None
    return _without_directives(value)


def _without_directives(value: Document) -> Document:
    directives = (RETAIN_KEYS, SET_ORDER, DELETE_FROM_LIST)
    members = {name: _as_new(inner) for name, inner in value.items() if not name.startswith(directives)}
    return {name: inner for name, inner in members.items() if inner is not None}


def _merge_list(original: list[Json], patch: list[Json], order: list[Json] | None, field: FieldPatch) -> list[Json]:
    kinds = {type(item) for item in (*original, *patch)}
    if len(kinds) > 1 or type(None) in kinds:
        raise BadDirective(f"list element types are not identical: {go_text([original, patch])}")
    if list in kinds:
        raise BadDirective("lists of lists are not supported")
    if dict in kinds:
        return _merge_elements(original, patch, order, field)
    merged = {orjson.dumps(item): item for item in (*original, *patch)}
    wanted = patch if order is None else order
    return _ordered(list(merged.values()), list(map(orjson.dumps, wanted)), original, "")


def _merge_elements(
    original: list[Document], patch: list[Document], order: list[Json] | None, field: FieldPatch
) -> list[Json]:
    """Merge objects that are told apart by the merge key."""
    key = field.merge_key
    if not key:
        raise BadDirective("cannot merge lists without merge key")
    kept, changes, replaces = _split(original, patch, key)
    if order is not None:
        _check_order(patch, changes, order, key)
    if replaces:
        kept = []
    merged = list(kept)
    places: dict[bytes, int] = {}
    for place, element in enumerate(kept):
        places.setdefault(_identity(element, key), place)
    for change in changes:
        place = places.setdefault(identity_of(change, key), len(merged))
        if place < len(merged):
            merged[place] = _merge_object(merged[place], change, field.schema)
        else:
            merged.append(_as_new(change))
    if replaces and order is None:
        return merged
    wanted = [identity_of(element, key) for element in (changes if order is None else order)]
    return _ordered(merged, wanted, original, key)


def _split(original: list[Document], patch: list[Document], key: str) -> tuple[list[Document], list[Document], bool]:
    """Part a patch: what its deletions leave of `original`, its changes, and whether it replaces the list."""
    gone, changes, replaces = set(), [], False
    for element in patch:
        directive = element.get(PATCH)
        if PATCH not in element:
            changes.append(element)
        elif directive == "delete":
            gone.add(identity_of(element, key))
        elif directive == "replace":
            replaces = True
        elif directive == "merge":
            raise BadDirective("merging lists cannot yet be specified in the patch")
        else:
            raise _unknown_directive(element)
    return [element for element in original if _identity(element, key) not in gone], changes, replaces


def _check_order(patch: list[Document], changes: list[Document], order: list[Json], key: str) -> None:
    """Every changed element must stand in the order list, in the same sequence."""
    rest = iter([identity_of(element, key) for element in order])
    if not all(identity_of(change, key) in rest for change in changes):  # `in` moves the iterator on to the match
        raise BadDirective(
            f"The order in patch list:\n{go_text(patch)}\n doesn't match $setElementOrder list:\n{go_text(order)}\n"
        )


def identity_of(element: Json, key: str) -> bytes:
    """The merge key's value of an element, in a form that can be looked up.

    Raises: BadDirective
    """
    if not isinstance(element, dict):
        raise BadDirective("value for key 0 is not a map")
    if key not in element:
        raise BadDirective(f"map: {go_text(element)} does not contain declared merge key: {key}")
    return orjson.dumps(element[key])


def _identity(item: Json, key: str) -> bytes:
    """Like `identity_of`, for what is already stored: an element without its key is like no other's."""
    return orjson.dumps(item.get(key) if key else item)


def _ordered(items: list[Json], wanted: list[bytes], original: list[Json], key: str) -> list[Json]:
    """Order the wanted items as wanted; each other one goes before the first that it stood before in `original`."""
    live: dict[bytes, int] = {}
    for place, item in enumerate(original):
        live.setdefault(_identity(item, key), place)
    ranks = {identity: rank for rank, identity in reversed(list(enumerate(wanted)))}
    named = deque(
        sorted((item for item in items if _identity(item, key) in ranks), key=lambda item: ranks[_identity(item, key)])
    )
    others = [item for item in items if _identity(item, key) not in ranks]
    result: list[Json] = []
    for other in others:
        place = live.get(_identity(other, key), len(original))
        while named and not place < live.get(_identity(named[0], key), -1):
            result.append(named.popleft())
        result.append(other)
    return [*result, *named]
