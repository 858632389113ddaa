"""What a refused document is told: pydantic's errors in the words of Go's JSON decoder, which kubectl shows.

Kubernetes: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json, encoding/json's UnmarshalTypeError
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, get_args, get_origin

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from minikube_py.errors import MinikubeError

Path: TypeAlias = Sequence[int | str]


class DecodeError(MinikubeError):
    """A document that is not of the type asked for; the text is the one Go's JSON decoder would print."""


def syntax_error(message: str, data: bytes | str) -> str:
    if not data or "EOF" in message:
        return "unexpected end of JSON input"
    return message.removeprefix("Invalid JSON: ")


def path_text(path: Path) -> str:
    """`("spec", "containers", 0, "image")` as `spec.containers[0].image`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def remove(document: Any, path: Path) -> None:
    """Take the value at `path` out, following the path as far as it goes.

    A path of pydantic's may end in names that are not in the document (the members of a union), and an earlier
    removal may have taken its end already. An item of a list becomes the empty string, as in Go.
    """
    parent, last = None, None
    for part in path:
        inside = (
            part in document if isinstance(document, dict) else isinstance(document, list) and part != len(document)
        )
        if not inside:
            break
        parent, last, document = document, part, document[part]
    if isinstance(parent, dict):
        parent.pop(last, None)
    elif isinstance(parent, list) and isinstance(last, int):
        parent[last] = ""


def type_error(model: type[BaseModel], error: ErrorDetails) -> str:
    """The sentence for a value of the wrong type: who holds the field, its path without indexes, what it wants."""
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    owner, holder, expected, names = model, model, "", []
    for part in error["loc"]:
        field = next((f for f in owner.model_fields.values() if f.alias == part), None)
        if field is None:
            continue
        names.append(str(part))
        holder = owner
        nested = nested_model(field.annotation)
        # Upstream's packages of types are called by their version, which is v1 for nearly all.
        expected = f"v1.{nested.__name__}" if nested else _go_scalar(field)
        if part == error["loc"][-1]:
            expected = _go_container(field.annotation) + expected
        if nested is None:
            break
        owner = nested
    given = _json_type(error["input"])
    if given == "number" and expected.startswith("int"):
        given = f"number {orjson.dumps(error['input']).decode()}"
    if not names:
        return f"json: cannot unmarshal {given} into Go value of type {model.__name__}"
    return f"json: cannot unmarshal {given} into Go struct field {holder.__name__}.{'.'.join(names)} of type {expected}"


def nested_model(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `tuple[Container, ...] | None`, or None for scalars."""
    return next((t for t in _leaves(annotation) if isinstance(t, type) and issubclass(t, BaseModel)), None)


def _leaves(annotation: Any) -> list[Any]:
    annotation = getattr(annotation, "__origin__", annotation) if hasattr(annotation, "__metadata__") else annotation
    arguments = getattr(annotation, "__args__", None)
    return [leaf for inner in arguments for leaf in _leaves(inner)] if arguments else [annotation]


_GO_SCALARS = {str: "string", int: "int32", bool: "bool", float: "float64"}


def _go_container(annotation: Any) -> str:
    """What stands before the name of what a list or a mapping holds."""
    origins = [get_origin(one) for one in (annotation, *get_args(annotation))]
    return "[]" if tuple in origins else "map[string]" if Mapping in origins else ""


def _go_scalar(field: FieldInfo) -> str:
    """The Go name of what a field holds; a mapping counts by its values (`Mapping[str, str]` is string)."""
    annotation = field.annotation
    if "int64" in repr((field.metadata, annotation)):
        return "int64"
    scalars = [leaf for leaf in _leaves(annotation) if isinstance(leaf, type) and leaf is not type(None)]
    for scalar in reversed(scalars):
        for python_type, name in _GO_SCALARS.items():
            if scalar is python_type or (issubclass(scalar, str) and python_type is str):
                return name
    return "object"


def _json_type(value: Any) -> str:
    names = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")
