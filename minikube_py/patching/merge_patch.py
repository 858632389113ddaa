"""JSON merge patch (RFC 7386): the wanted members, null for those to be removed; and how to compute one.

Lists and scalars are replaced whole. pykubectl sends these for kinds without a schema (custom resources).

Kubernetes: apimachinery pkg/util/jsonmergepatch
"""

from __future__ import annotations

from minikube_py.documents.json_values import Json, json_equal, json_kind
from minikube_py.patching.patch import Document, MalformedPatch


def apply_merge_patch(document: Document, patch: Json) -> Document:
    """Merge `patch`, a parsed body, into `document`.

    Raises: MalformedPatch when the patch is no object.
    """
    if patch is None:
        raise MalformedPatch("Invalid JSON Patch")
    if not isinstance(patch, dict):
        raise MalformedPatch(
            f"error decoding patch: json: cannot unmarshal {json_kind(patch)} into Go value of type "
            "map[string]interface {}"
        )
    return _merged(document, patch)


def _merged(document: Json, patch: Document) -> Document:
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value) if isinstance(value, dict) else value
    return merged


def create_merge_patch(original: Document, modified: Document) -> Document:
    """Compute the patch that turns `original` into `modified`; `{}` when they are equal."""
    return create_three_way_merge_patch(original, modified, original)


def create_three_way_merge_patch(original: Document, modified: Document, current: Document) -> Document:
    """Compute what `kubectl apply` sends: bring `current` to `modified`, and remove what only `original` had.

    `original` is what was applied last; what others have put into `current` since then stays.
    """
    patch: Document = {name: None for name in original if modified.get(name) is None}
    for name, value in modified.items():
        present, before = current.get(name), original.get(name)
        if isinstance(value, dict) and isinstance(present, dict):
            inner = create_three_way_merge_patch(before if isinstance(before, dict) else {}, value, present)
            if inner:
                patch[name] = inner
        elif value is not None and not json_equal(present, value):
            patch[name] = value
    return patch
