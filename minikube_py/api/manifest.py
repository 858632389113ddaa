"""Manifests: JSON and YAML text to documents and back, exactly: nothing guessed, nothing dropped in silence.

YAML is read as JSON that is easier to write: no dates, no base-60 numbers, no tags. An alias counts as much as what
it stands for.

Kubernetes: sigs.k8s.io/yaml, staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json (strict decoding)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from minikube_py.api.model import Json
from minikube_py.errors import MinikubeError

MAX_NODES = 100_000
"""A YAML document may not grow beyond this many values, aliases expanded."""
MAX_DEPTH = 200


class ManifestError(MinikubeError):
    """Text that is no JSON or YAML document, or one that is made to do harm."""


class _Doubled(dict[str, Any]):
    """An object in which a field was said more than once."""

    doubled: tuple[str, ...] = ()


def parse_json_strict(data: bytes) -> tuple[Json, tuple[str, ...]]:
    """The document, and the paths of fields that it says twice (the last one counts). Raises: ManifestError."""
    found: list[_Doubled] = []

    def build(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        built = dict(pairs)
        if len(built) == len(pairs):
            return built
        names = [name for name, _ in pairs]
        doubled = _Doubled(built)
        doubled.doubled = tuple(name for name in built if names.count(name) > 1)
        found.append(doubled)
        return doubled

    try:
        document = json.loads(data, object_pairs_hook=build, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        text = data.decode(errors="replace").rstrip()
        if not text or error.pos >= len(text):
            raise ManifestError("unexpected end of JSON input") from error
        raise ManifestError(f"invalid character {text[error.pos]!r} at position {error.pos}: {error.msg}") from error
    except RecursionError as error:
        raise ManifestError("exceeded max depth") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"the body is not UTF-8: {error.reason} at position {error.start}") from error
    return document, tuple(_paths(document, "")) if found else ()


def _no_constant(text: str) -> None:
    raise ManifestError(f"invalid character {text[0]!r} looking for beginning of value")


def _paths(value: Json, at: str) -> Iterator[str]:
    if isinstance(value, _Doubled):
        yield from (f"{at}.{name}" if at else name for name in value.doubled)
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _paths(inner, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, f"{at}[{index}]")


class _Loader(yaml.CSafeLoader):
    """YAML 1.1 without what JSON does not have."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in ("bool", "null", "merge")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[1-9][0-9]*(?=[eE]))([eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


def load_yaml_strict(data: bytes) -> tuple[Json, tuple[str, ...]]:
    """The one document of a YAML text, and the paths of fields that it says twice. Raises: ManifestError."""
    documents = list(load_all_yaml(data))
    if len(documents) != 1:
        raise ManifestError(f"one document was expected, there are {len(documents)}")
    return documents[0]


def load_all_yaml(data: bytes | str) -> Iterator[tuple[Json, tuple[str, ...]]]:
    """Every document of a YAML text with its doubled fields; empty documents are skipped. Raises: ManifestError."""
    loader = _Loader(data)
    try:
        while loader.check_node():
            node: Any = loader.get_node()
            doubled: list[str] = []
            document = _Builder(loader, doubled).build(node, "", 0)
            if document is not None:
                yield document, tuple(doubled)
    except yaml.YAMLError as error:
        raise ManifestError(f"error converting YAML to JSON: yaml: {_one_line(error)}") from error
    finally:
        loader.dispose()


class _Builder:
    """Values of YAML nodes; counts what it builds, so that aliases cannot make much out of little."""

    def __init__(self, loader: _Loader, doubled: list[str]) -> None:
        self._loader = loader
        self._doubled = doubled
        self._built = 0

    def build(self, node: Any, at: str, depth: int) -> Json:
        self._built += 1
        if self._built > MAX_NODES:
            raise ManifestError("document contains excessive aliasing")
        if depth > MAX_DEPTH:
            raise ManifestError("exceeded max depth")
        if isinstance(node, yaml.MappingNode):
            return self._object(node, at, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, f"{at}[{index}]", depth + 1) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _object(self, node: yaml.MappingNode, at: str, depth: int) -> dict[str, Json]:
        built: dict[str, Json] = {}
        for key_node, value_node in node.value:
            if key_node.tag.endswith(":merge"):
                raise ManifestError("merge keys (<<) are not supported: write the fields out")
            key = self._scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            name = key if isinstance(key, str) else json.dumps(key)
            path = f"{at}.{name}" if at else name
            if name in built:
                self._doubled.append(path)
            built[name] = self.build(value_node, path, depth + 1)
        return built

    def _scalar(self, node: Any) -> Json:
        kind = node.tag.rpartition(":")[2]
        if kind == "int":
            return int(node.value)
        if kind == "float":
            return float(node.value)
        if kind in ("bool", "null"):
            return self._loader.construct_object(node)
        return node.value


def _one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"line {mark.line + 1}: {problem}" if mark else problem.replace("\n", " ")


class _Dumper(yaml.CSafeDumper):
    """Block style, no aliases, text of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump_yaml(document: Json) -> str:
    """A document as YAML, keys sorted, as kubectl prints it."""
    text: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=True, default_flow_style=False, allow_unicode=True, width=10**9
    )
    return text
