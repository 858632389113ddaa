"""Object{...} and JSONPatch{...}: what expressions of mutating policies write, made into maps that CEL's engine knows.

    Object{spec: Object.spec{replicas: 3}}   ->   {TYPE: "Object", "spec": {TYPE: "Object.spec", "replicas": 3}}

The engine knows no types that grow with the fields that somebody names. So the text is changed before it is compiled,
every map says which type it was, and `plain` looks whether each stood where its name says, and takes the names out.

Kubernetes: staging/src/k8s.io/apiserver/pkg/cel/mutation
"""

from __future__ import annotations

import base64
import bisect
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from minikube_py.api.model import Json
from minikube_py.expressions.cel import CompileError, Complaint, EvaluationError

_TYPE = "\0type"
_LITERAL = (
    r"""(?s:[rRbB]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}))|[rRbB]{0,2}(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|//[^\n]*"""
)
_TOKEN = re.compile(
    rf"(?P<literal>{_LITERAL})"
    r"|(?P<struct>(?<![\w.])(?P<type>(?:Object|JSONPatch)(?:\s*\.\s*\w+)*)\s*\{)"
    r"|(?P<name>[A-Za-z_]\w*|`[^`\n]*`)|(?P<mark>[{}()\[\],:?])|(?P<other>\s+|.)",
    re.DOTALL,
)
_PATCH_FIELDS = ("op", "path", "from", "value")


@dataclass(slots=True)
class MapText:
    """The changed text, and where its parts stood."""

    text: str = ""
    types: set[str] = field(default_factory=set)
    """The types that it names."""
    _starts: list[int] = field(default_factory=list)
    _origins: list[int] = field(default_factory=list)

    def add(self, text: str, origin: int) -> None:
        self._starts.append(len(self.text))
        self._origins.append(origin)
        self.text += text

    def origin(self, offset: int) -> int:
        """Where in the text that was written the place stands."""
        part = bisect.bisect_right(self._starts, offset) - 1
        return self._origins[part] + min(offset - self._starts[part], self._length(part)) if part >= 0 else 0

    def _length(self, part: int) -> int:
        """How far the parts of both texts run alongside."""
        return self._origins[part + 1] - self._origins[part] - 1 if part + 1 < len(self._origins) else len(self.text)


def as_maps(source: str) -> MapText:
    """Raises: CompileError for a field that a JSONPatch does not have."""
    made, inside = MapText(), ["("]
    for token in _TOKEN.finditer(source):
        text, at = token[0], token.start()
        is_name_of_field = inside[-1] in ("Object,", "JSONPatch,")
        if token["struct"]:
            type_name = re.sub(r"\s", "", token["type"])
            made.types.add(type_name)
            made.add(f'{{"{_TYPE_IN_SOURCE}": "{type_name}", ', at)
            inside.append("JSONPatch," if type_name == "JSONPatch" else "Object,")
        elif token["name"] and is_name_of_field:
            name = text.strip("`")
            if inside[-1] == "JSONPatch," and name not in _PATCH_FIELDS:
                raise CompileError.of(source, (Complaint(token.end(), f"undefined field '{name}'"),))
            made.add(f'"{name}"', at)
        else:
            made.add(text, at)
            if token["mark"]:
                _follow(text, inside)
    return made


_TYPE_IN_SOURCE = "\\u0000type"


def _follow(mark: str, inside: list[str]) -> None:
    """Keep count of the brackets around: a comma after the word says that the name of a field comes next."""
    if mark in "([{":
        inside.append(mark)
    elif mark in ")]}":
        if len(inside) > 1:
            inside.pop()
    elif mark == ":" and inside[-1].endswith(","):
        inside[-1] = inside[-1].removesuffix(",")
    elif mark == "," and inside[-1] in ("Object", "JSONPatch"):
        inside[-1] += ","


def without_texts(source: str) -> str:
    """The expression with its literals and comments blank, every other sign in its place."""
    return _TOKEN.sub(lambda token: " " * len(token[0]) if token["literal"] else token[0], source)


def type_of(value: Json) -> str:
    """The type that a value was written as; empty for plain JSON."""
    return str(value.get(_TYPE, "")) if isinstance(value, dict) else ""


def _json_scalar(value: Any) -> Json:
    """What an object can hold in place of the values that only expressions know."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case timedelta():
            return f"{value.total_seconds():g}s"
        case bytes() | bytearray():
            return base64.b64encode(value).decode()
        case str() | int() | float() | None:
            return value
        case _:
            raise EvaluationError("a value that cannot stand in an object")


def plain(value: Json, path: str = "") -> Json:
    """The value as JSON, without the names of types. Below an `Object` each must be that of its place.

    Raises: EvaluationError.
    """
    if isinstance(value, list):
        return [plain(item, path) for item in value]
    if not isinstance(value, dict):
        return _json_scalar(value)
    if not all(isinstance(key, str) for key in value):
        raise EvaluationError("a map whose keys are no strings cannot stand in an object")
    name = type_of(value)
    if name and path and name != path:
        why = f'unexpected type name "{name}", expected "{path}", which matches field name path from root Object type'
        raise EvaluationError(f"type mismatch: {why}")
    path = path or (name if name.startswith("Object") else "")
    return {key: plain(member, f"{path}.{key}" if path else "") for key, member in value.items() if key != _TYPE}
