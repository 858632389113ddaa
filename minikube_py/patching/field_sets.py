"""FieldSet: which fields of an object are meant, in the very form of managedFields (`fieldsV1`).

    {"f:spec": {"f:replicas": {}, "f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:image": {}}}}}

A step is `f:` and a field, `k:` and the keys of a list's element, or `v:` and an element. What a step leads to is meant
itself when it is empty, or marked by `.`; else only what is below it. The set as a whole is empty when it is `{}`.
Sets are never changed in place.

Kubernetes: sigs.k8s.io/structured-merge-diff/fieldpath/{set,serialize,element}.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import orjson

FieldSet: TypeAlias = Mapping[str, Any]
"""Step -> what is meant there."""

SELF = "."
EMPTY: FieldSet = {}
LEAF: FieldSet = {}
"""Below a step: that alone is meant."""


_ITSELF: FieldSet = {SELF: LEAF}


def means_itself(node: FieldSet) -> bool:
    """Whether a step that leads to `node` is a member."""
    return not node or SELF in node


def union(one: FieldSet, other: FieldSet) -> FieldSet:
    if not one or not other:
        return one or other
    merged = dict(one)
    for step, node in other.items():
        merged[step] = _joined(merged[step], node) if step in merged else node
    return merged


def _joined(one: FieldSet, other: FieldSet) -> FieldSet:
    if not one and not other:
        return LEAF
    if not one or not other:
        return {SELF: LEAF, **one, **other}
    return union(one, other)


def difference(one: FieldSet, other: FieldSet) -> FieldSet:
    """What is in `one` only."""
    if not other:
        return one
    left: dict[str, Any] = {}
    for step, node in one.items():
        if step not in other:
            left[step] = node
        elif step != SELF and (rest := _less(node, other[step])) is not None:
            left[step] = rest
    return left


def _less(one: FieldSet, other: FieldSet) -> FieldSet | None:
    if not one:
        return None if means_itself(other) else LEAF
    return _normal(dict(difference(one, other or _ITSELF)))


def _normal(node: dict[str, Any]) -> FieldSet | None:
    """Nothing is None, and `.` alone is a leaf."""
    if len(node) == 1 and SELF in node:
        return LEAF
    return node or None


def intersection(one: FieldSet, other: FieldSet) -> FieldSet:
    found: dict[str, Any] = {}
    for step, node in one.items():
        if step in other:
            if step == SELF:
                found[step] = LEAF
            elif (both := _shared(node, other[step])) is not None:
                found[step] = both
    return found


def _shared(one: FieldSet, other: FieldSet) -> FieldSet | None:
    if not one or not other:
        return LEAF if means_itself(one) and means_itself(other) else None
    return _normal(dict(intersection(one, other)))


def without_steps(found: FieldSet, steps: frozenset[str]) -> FieldSet:
    """The set without all that begins with one of these steps."""
    return found if steps.isdisjoint(found) else {step: node for step, node in found.items() if step not in steps}


def only_steps(found: FieldSet, steps: frozenset[str]) -> FieldSet:
    return {step: node for step, node in found.items() if step in steps}


def has(found: FieldSet, path: Iterable[str]) -> bool:
    """Whether the field at `path`, the names of fields, is a member."""
    for name in path:
        if f"f:{name}" not in found:
            return False
        found = found[f"f:{name}"]
    return means_itself(found)


def in_order(found: FieldSet) -> FieldSet:
    """The same set with its steps sorted, so that equal sets are equal texts, too."""
    ordered: FieldSet = orjson.loads(orjson.dumps(found, option=orjson.OPT_SORT_KEYS))
    return ordered


def paths(found: FieldSet, prefix: str = "") -> Iterator[str]:
    """Every member as errors write it, `.spec.ports[port=80].name`; at each level what is meant itself comes first."""
    steps = [step for step in sorted(found) if step != SELF]
    yield from (prefix + step_text(step) for step in steps if means_itself(found[step]))
    for step in steps:
        yield from paths(found[step], prefix + step_text(step))


def step_text(step: str) -> str:
    kind, value = step[:2], step[2:]
    if kind == "f:":
        return f".{value}"
    if kind == "k:":
        return "[" + ",".join(f"{key}={orjson.dumps(v).decode()}" for key, v in orjson.loads(value).items()) + "]"
    return f"[={value}]"


def key_step(keys: Mapping[str, Any]) -> str:
    return "k:" + orjson.dumps(keys, option=orjson.OPT_SORT_KEYS).decode()


def value_step(value: Any) -> str:
    return "v:" + orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
