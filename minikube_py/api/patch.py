"""What the three kinds of patch share: the errors, exact equality of JSON values, and Go's way to print them.

A patch is applied to plain documents (what a JSON parser gives). Applying returns a new document and leaves both the
old document and the patch as they were; unchanged parts may be shared between old and new, so treat both as frozen.

Kubernetes: apiserver pkg/endpoints/handlers/patch.go
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

from minikube_py.errors import MinikubeError

Json: TypeAlias = Any
Document: TypeAlias = dict[str, Json]


class PatchError(MinikubeError):
    """A patch that cannot be applied."""


class MalformedPatch(PatchError):
    """The body is no patch of its kind at all (Kubernetes answers 400)."""


class PatchTooLarge(PatchError):
    """More operations, or more copying, than one request may ask for (413)."""


class PatchDoesNotApply(PatchError):
    """A JSON patch that does not fit the document (Kubernetes answers 422, without the cause given here)."""


class BadDirective(PatchError):
    """A strategic merge patch whose directives or lists make no sense (Kubernetes answers 500 with this text)."""


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
