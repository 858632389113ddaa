"""JSONPath templates in kubectl's dialect: text with {expressions}, which is not RFC 9535.

    {.items[*].metadata.name}   {range .items[*]}{.kind}{"\\n"}{end}   {.metadata.labels.app\\.io/name}
    {..image}   {.items[0:2]}   {.items[-1:]}   {.c[?(@.type=="Ready")].status}   {.metadata['name','uid']}

A template is parsed into Steps (tuples of frozen values) and evaluated on plain documents. Several results of one
expression are joined by a space; mappings and lists print as JSON; a missing field prints nothing, while an index
outside a list is an error.

Kubernetes: client-go util/jsonpath (parser.go, jsonpath.go).
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from minikube_py.expressions.jsonpath_parser import (
    Comparison,
    Every,
    Everywhere,
    Field,
    JsonPathError,
    Literal,
    Path,
    RangeEnd,
    RangeStart,
    Slice,
    Step,
    Text,
    Union,
)

Part: TypeAlias = Text | Path | RangeStart | RangeEnd

_COMPARE = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def to_text(value: Any) -> str:
    """Write one value as templates print it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return str(value)


def evaluate(parts: Sequence[Part], document: Any) -> Iterator[list[Any]]:
    """The values that each part finds. Raises: JsonPathError."""
    position = 0
    while position < len(parts):
        part = parts[position]
        if isinstance(part, Text):
            yield [part.text]
        elif isinstance(part, Path):
            yield _walk(part.steps, [document])
        elif isinstance(part, RangeEnd):
            raise JsonPathError("not in range, nothing to end")
        else:
            end = _matching_end(parts, position)
            for item in _walk(part.path.steps, [document]):
                yield from evaluate(parts[position + 1 : end], item)
            position = end
        position += 1


def _matching_end(parts: Sequence[Part], start: int) -> int:
    depth = 0
    for position in range(start, len(parts)):
        if isinstance(parts[position], RangeStart):
            depth += 1
        elif isinstance(parts[position], RangeEnd):
            depth -= 1
            if depth == 0:
                return position
    return len(parts)


def _walk(steps: Sequence[Step], values: list[Any]) -> list[Any]:
    for step in steps:
        values = [found for value in values for found in _step(step, value)]
    return values


def _step(step: Step, value: Any) -> list[Any]:
    match step:
        case Field(name):
            return [value[name]] if isinstance(value, dict) and name in value else []
        case Every():
            return _children(value)
        case Everywhere(inner):
            return [found for inside in _descendants(value) for found in _step(inner, inside)]
        case Slice():
            return _slice(step, value)
        case Union(alternatives):
            return [found for alternative in alternatives for found in _walk(alternative.steps, [value])]
        case Comparison():
            return _filtered(step, value)
        case Literal(literal):
            return [literal]


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[name] for name in sorted(value)]
    return list(value) if isinstance(value, list) else []


def _descendants(value: Any) -> Iterator[Any]:
    yield value
    for child in _children(value):
        yield from _descendants(child)


def _slice(step: Slice, value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise JsonPathError(f"{_go_type(value)} is not array or slice")
    length = len(value)
    if step.is_index:
        index = (step.start or 0) + (length if (step.start or 0) < 0 else 0)
        if not 0 <= index < length:
            raise JsonPathError(f"array index out of bounds: index {index}, length {length}")
        return [value[index]]
    if step.stride is not None and step.stride <= 0:
        raise JsonPathError("step must be > 0")
    return value[step.start : step.end : step.stride]


def _filtered(step: Comparison, value: Any) -> list[Any]:
    items = value if isinstance(value, list) else _children(value)
    return [item for item in items if _holds(step, item)]


def _holds(step: Comparison, item: Any) -> bool:
    left = _operand(step.left, item)
    if step.operator == "exists":
        return bool(left)
    right = _operand(step.right, item) if step.right else []
    if not left or not right:
        return False
    if len(left) > 1 or len(right) > 1:
        raise JsonPathError("can only compare one element at a time")
    one, other = left[0], right[0]
    if isinstance(one, bool) or isinstance(other, bool) or type(one) is not type(other):
        both_numbers = isinstance(one, int | float) and isinstance(other, int | float)
        if not both_numbers and step.operator not in ("==", "!="):
            return False
    return bool(_COMPARE[step.operator](one, other))


def _operand(path: Path, item: Any) -> list[Any]:
    return _walk(path.steps, [item])


def _go_type(value: Any) -> str:
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "map[string]interface {}"
    return "bool" if isinstance(value, bool) else "int64"
