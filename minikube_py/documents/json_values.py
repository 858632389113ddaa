"""JSON values as plain Python objects: copying, comparing, measuring them, and Go's way to print them.

Invariant of every reader of this project: a document is not nested deeper than MAX_DEPTH, so that recursion over it is
safe and it can be written again.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

Json: TypeAlias = Any

MAX_DEPTH = 200
"""How many objects and lists may stand inside each other (Kubernetes: 10,000)."""


def json_depth(value: Json) -> int:
    """How many objects and lists stand inside each other; 0 for a scalar."""
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(json_depth, value.values() if isinstance(value, dict) else value), default=0)


def copy_json(value: Json) -> Json:
    """Copy objects and lists all the way down; several times faster than copy.deepcopy, which also finds cycles."""
    if isinstance(value, dict):
        return {key: copy_json(inner) if isinstance(inner, dict | list) else inner for key, inner in value.items()}
    if isinstance(value, list):
        return [copy_json(inner) if isinstance(inner, dict | list) else inner for inner in value]
    return value


def json_equal(left: Json, right: Json) -> bool:
    """Compare as JSON does: `true` is not 1, and 1 is not 1.0 (the API server compares how numbers are written)."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(json_equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    return bool(left == right)


def json_kind(value: Json) -> str:
    """The name that Go's JSON decoder has for a value's type."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def go_text(value: Json) -> str:
    """Print a value as Go's `%v` does, the way it stands in upstream's messages: `map[image:x name:one]`."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(inner)}' for key, inner in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _go_float(value)
    return "<nil>" if value is None else str(value)


def _go_float(value: float) -> str:
    number = Decimal(repr(value)).normalize()
    exponent = number.adjusted()
    if not value or -4 <= exponent < 6:
        return f"{number:f}"
    mantissa = number.scaleb(-exponent)
    return f"{mantissa:f}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
