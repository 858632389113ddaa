"""Computing a strategic merge patch: what `kubectl apply` (client side) and `kubectl edit` send.

Three documents meet: the one applied last (`original`), the one wanted now (`modified`) and the live one (`current`).
The patch brings the live one to what is wanted and removes what was applied before and is wanted no more; whatever
else others have put into the live object stays.

Invariant: applying the patch to `current` gives every value of `modified`; when `original` equals `current` it gives
exactly `modified`.

Kubernetes: apimachinery pkg/util/strategicpatch/patch.go (CreateThreeWayMergePatch)
Simplified: no conflict detection (`overwrite=false`), which no kubectl command uses by default.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from minikube_py.documents.json_values import Json, json_equal
from minikube_py.patching.patch import BadDirective, Document
from minikube_py.patching.strategic_merge import (
    DELETE_FROM_LIST,
    PATCH,
    RETAIN_KEYS,
    SET_ORDER,
    FieldPatch,
    PatchSchema,
    field_patch,
    identity_of,
)


def create_two_way_strategic_merge_patch(
    original: Document, modified: Document, schema: PatchSchema | None
) -> Document:
    """Compute the patch that turns `original` into `modified`; `{}` when they are equal."""
    return create_three_way_strategic_merge_patch(original, modified, original, schema)


def create_three_way_strategic_merge_patch(
    original: Document, modified: Document, current: Document, schema: PatchSchema | None
) -> Document:
    """Compute what to send so that `current` becomes as `modified` says; `{}` when there is nothing to do.

    `original` is what was applied last, `{}` when that is unknown. Without a schema every list is replaced whole.
    Raises: BadDirective when a merging list holds elements without their key.
    """
    return _object_patch(original, modified, current, schema, retains_keys=False)


def _object_patch(
    original: Document, modified: Document, current: Document, schema: PatchSchema | None, *, retains_keys: bool
) -> Document:
    patch: Document = {name: None for name in original if name not in modified}
    for name, wanted in modified.items():
        field = field_patch(schema, name)
        before, present = original.get(name), current.get(name)
        if name not in current:
            patch[name] = wanted
        elif isinstance(wanted, dict) and isinstance(present, dict) and field.strategy != "replace":
            before = before if isinstance(before, dict) else {}
            inner = _object_patch(before, wanted, present, field.schema, retains_keys=field.retains_keys)
            if inner:
                patch[name] = inner
        elif isinstance(wanted, list) and isinstance(present, list) and field.strategy == "merge":
            _patch_list(patch, name, (before if isinstance(before, list) else [], wanted, present), field)
        elif not json_equal(wanted, present):
            patch[name] = wanted
    if retains_keys and modified and (patch or current.keys() - modified.keys()):
        patch[RETAIN_KEYS] = sorted(name for name, wanted in modified.items() if wanted is not None)
    return patch


def _patch_list(
    patch: Document, name: str, lists: tuple[list[Json], list[Json], list[Json]], field: FieldPatch
) -> None:
    """Put into `patch` what a merging list needs: changed elements, deletions, and the order if any is due."""
    original, modified, current = lists
    is_of_objects = any(isinstance(item, dict) for item in (*original, *modified, *current))
    if is_of_objects:
        changes, deletions = _element_patches(original, modified, current, field), []
        order = [{field.merge_key: element[field.merge_key]} for element in modified]
    else:
        changes, deletions = _without(modified, current), _without(original, modified)
        order = modified
    if changes:
        patch[name] = changes
    if deletions:
        patch[DELETE_FROM_LIST + name] = deletions
    if order and (
        _is_reordered(original, modified, field.merge_key if is_of_objects else "")
        or _is_reordered(current, modified, field.merge_key if is_of_objects else "")
        or (changes and current)
    ):
        patch[SET_ORDER + name] = order


def _is_reordered(before: list[Json], after: list[Json], key: str) -> bool:
    """Whether a list that had elements has others now, or the same in another order."""
    return bool(before) and _identities(before, key) != _identities(after, key)


def _identities(items: Iterable[Json], key: str) -> list[bytes]:
    return [identity_of(item, key) if key else orjson.dumps(item) for item in items]


def _without(items: list[Json], others: list[Json]) -> list[Json]:
    """The items that are not among `others`, each once."""
    known = set(_identities(others, ""))
    missing = {identity: item for item in items if (identity := orjson.dumps(item)) not in known}
    return list(missing.values())


def _element_patches(
    original: list[Document], modified: list[Document], current: list[Document], field: FieldPatch
) -> list[Document]:
    key = field.merge_key
    if not key:
        raise BadDirective("cannot merge lists without merge key")
    before, present, wanted = _by_identity(original, key), _by_identity(current, key), _by_identity(modified, key)
    patches = []
    for identity, element in wanted.items():
        if identity not in present:
            patches.append(element)
            continue
        was, now = before.get(identity, {}), present[identity]
        inner = _object_patch(was, element, now, field.schema, retains_keys=field.retains_keys)
        if inner:
            patches.append({**inner, key: element[key]})
    patches.extend({PATCH: "delete", key: was[key]} for identity, was in before.items() if identity not in wanted)
    return patches


def _by_identity(elements: list[Document], key: str) -> dict[bytes, Document]:
    return {identity_of(element, key): element for element in elements}
