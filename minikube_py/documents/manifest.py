"""Manifests: JSON and YAML text to documents and back, exactly: nothing guessed, nothing dropped in silence.

JSON is what API bodies are made of. A field that stands twice is reported by its path, for field validation to judge.
YAML is JSON that is easier to write, read as Kubernetes reads it: `yes` and `on` are true, `014` is octal 12; dates and
`190:20:30` are text. An alias counts as much as what it stands for.

Invariants: a document that was read can be written again as JSON (no NaN, no integer beyond 64 bits, no half
characters, not nested deeper than MAX_DEPTH); `load_all_yaml(dump_yaml(d))` gives `d` again.

Kubernetes: sigs.k8s.io/yaml, apimachinery pkg/runtime/serializer/json (strict decoding), sigs.k8s.io/json
Simplified: nesting ends at 200 levels instead of 10,000.
"""

from __future__ import annotations

import json
import math
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from functools import cmp_to_key
from typing import Any, Self

import yaml

from minikube_py.documents.json_syntax import json_syntax_error
from minikube_py.documents.json_values import MAX_DEPTH, Json, go_text, json_depth
from minikube_py.errors import MinikubeError

MAX_ALIASED_NODES = 100_000
"""How many values the aliases of one YAML document may stand for, all together."""


class ManifestError(MinikubeError):
    """Text that is no JSON or YAML document, or one that is made to do harm."""


def parse_json_strict(data: bytes) -> tuple[Json, tuple[str, ...]]:
    """Read one JSON document; with it the paths of fields that stand twice (the last one counts), in their order.

    Raises: ManifestError, in the words of Go's decoder.
    """
    text = data.decode(errors="replace")
    is_doubled = False

    def build(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        nonlocal is_doubled
        built = dict(pairs)
        is_doubled = is_doubled or len(built) != len(pairs)
        return built

    document = _parse_json(text, build)
    if "\\u" in text:
        document = _whole_characters(document)
    return document, tuple(_doubled_paths(_parse_json(text, _Pairs), "")) if is_doubled else ()


def _parse_json(text: str, build: Callable[[list[tuple[str, Json]]], Json]) -> Json:
    try:
        document = json.loads(
            text, object_pairs_hook=build, parse_int=_json_integer, parse_float=_json_float, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise ManifestError(json_syntax_error(text, MAX_DEPTH) or str(error)) from error
    if text.count("{") + text.count("[") > MAX_DEPTH and (finding := json_syntax_error(text, MAX_DEPTH)):
        raise ManifestError(finding)
    return document


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _json_integer(text: str) -> int | float:
    """An integer of 64 bits; a larger one becomes a float, as in Go."""
    if len(text) < 19:
        return int(text)
    return _int64_or_float(int(text)) if len(text) < 40 else _json_float(text)


def _json_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"json: cannot unmarshal number {text[:40]} into Go value of type float64")
    return number


def _int64_or_float(number: int) -> int | float:
    return number if -(1 << 63) <= number < 1 << 63 else float(number)


class _Pairs(list[tuple[str, Json]]):
    """The members of an object, those included that a later one replaces."""


def _doubled_paths(value: Json, at: str) -> Iterator[str]:
    if isinstance(value, _Pairs):
        seen = set()
        for name, inner in value:
            path = f"{at}.{name}" if at else name
            if name in seen:
                yield path
            seen.add(name)
            yield from _doubled_paths(inner, path)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _doubled_paths(inner, f"{at}[{index}]")


def _whole_characters(value: Json) -> Json:
    r"""Put the replacement character where an escape such as `\ud800` is half a character only, as Go does."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {_whole_characters(name): _whole_characters(inner) for name, inner in value.items()}
    return [_whole_characters(inner) for inner in value] if isinstance(value, list) else value


def load_yaml_strict(data: bytes) -> tuple[Json, tuple[DoubledField, ...]]:
    """Read the one document of a YAML text, with the paths of fields that stand twice.

    Raises: ManifestError, also when there are several documents or none.
    """
    documents = list(load_all_yaml(data))
    if len(documents) != 1:
        raise ManifestError(f"one document was expected, there are {len(documents)}")
    return documents[0]


def load_all_yaml(
    data: bytes | str, texts: frozenset[str] = frozenset()
) -> Iterator[tuple[Json, tuple[DoubledField, ...]]]:
    """Read every document of a YAML text, each with the paths of fields that stand twice; empty ones are skipped.

    `texts` are words that stay text, whatever they mean elsewhere.
    Raises: ManifestError
    """
    events = yaml.parse(data, Loader=yaml.CSafeLoader)
    try:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                builder = _YamlBuilder(events, texts)
                document = builder.build(next(events), "", 0)
                if document is not None:
                    yield document, tuple(builder.doubled)
    except yaml.YAMLError as error:
        raise ManifestError(f"yaml: {_one_line(error)}") from error


def _one_line(error: yaml.YAMLError) -> str:
    """The complaint with its line, counted as Go's reader does: it never names the first line."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is None or not mark.line:
        return str(problem)
    return f"line {mark.line if isinstance(error, yaml.parser.ParserError) else mark.line + 1}: {problem}"


class DoubledField(str):
    """The path of a field that stands twice, and the sentence in which Go's YAML reader says so."""

    __slots__ = ("sentence",)

    def __new__(cls, path: str, name: str, line: int) -> Self:
        made = super().__new__(cls, path)
        made.sentence = f'line {line}: key "{name}" already set in map'
        return made

    sentence: str


def doubled_text(doubled: Sequence[DoubledField]) -> str:
    """All of them, as Go's reader says it."""
    return "\n  ".join(("yaml: unmarshal errors:", *(each.sentence for each in doubled)))


class _YamlBuilder:
    """Builds the values of one document from the parser's events, without PyYAML's own ideas of what is a date."""

    def __init__(self, events: Iterator[Any], texts: frozenset[str]) -> None:
        self.doubled: list[DoubledField] = []
        self._events, self._texts = events, texts
        self._anchors: dict[str, tuple[Json, int] | None] = {}
        self._built = 0
        self._aliased = 0

    def build(self, event: Any, at: str, depth: int) -> Json:
        """Make the value that begins with `event`; `at` is its path."""
        if depth >= MAX_DEPTH and isinstance(event, yaml.CollectionStartEvent):
            raise ManifestError("exceeded max depth")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor or "", depth)
        before = self._built + self._aliased
        self._built += 1
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        value: Json
        if isinstance(event, yaml.MappingStartEvent):
            value = self._object(at, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._list(at, depth)
        else:
            value = event.value if event.value in self._texts else _scalar(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._built + self._aliased - before)
        return value

    def _alias(self, anchor: str, depth: int) -> Json:
        if anchor not in self._anchors:
            raise ManifestError(f"yaml: unknown anchor '{anchor}' referenced")
        known = self._anchors[anchor]
        if known is None:
            raise ManifestError(f"yaml: anchor '{anchor}' value contains itself")
        value, size = known
        self._aliased += size
        if self._aliased > MAX_ALIASED_NODES or depth + json_depth(value) > MAX_DEPTH:
            raise ManifestError("yaml: document contains excessive aliasing")
        return value

    def _list(self, at: str, depth: int) -> list[Json]:
        items: list[Json] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self.build(event, f"{at}[{len(items)}]", depth + 1))
        return items

    def _object(self, at: str, depth: int) -> dict[str, Json]:
        built: dict[str, Json] = {}
        inherited: list[Json] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]:
                merged = self.build(next(self._events), at, depth + 1)
                inherited.extend(merged if isinstance(merged, list) else [merged])
                continue
            name = self._name(event)
            path = f"{at}.{name}" if at else name
            if name in built:
                self.doubled.append(DoubledField(path, name, event.start_mark.line + 1))
            built[name] = self.build(next(self._events), path, depth + 1)
        for fields in inherited:
            if not isinstance(fields, dict):
                raise ManifestError("yaml: map merge requires map or sequence of maps as the value")
            built = {**fields, **built}
        return built

    def _name(self, event: Any) -> str:
        """A field's name; numbers and booleans become text."""
        key = self.build(event, "", 0) if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent) else event
        if isinstance(key, bool):
            return "true" if key else "false"
        if isinstance(key, str | int | float):
            return str(key)
        raise ManifestError("yaml: the name of a field must be text, a number or a boolean")


_BOOLEANS = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
OLD_BOOLEANS = frozenset(word for word in _BOOLEANS if word.lower() not in ("true", "false"))
"""What YAML 1.2 reads as text."""
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_YAML_TAG = "tag:yaml.org,2002:"


def _scalar(event: Any) -> Json:
    tag = (event.tag or "").removeprefix(_YAML_TAG)
    if tag == "binary":
        return _decoded(event.value)
    if tag in ("int", "float", "bool", "null"):
        return _plain(event.value)
    return _plain(event.value) if event.tag is None and event.implicit[0] else event.value


def _decoded(text: str) -> str:
    try:
        return b64decode("".join(text.split()), validate=True).decode(errors="replace")
    except ValueError as error:
        raise ManifestError("yaml: !!binary value contains invalid base64 data") from error


def _plain(text: str) -> Json:
    """What a scalar without quotes means."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] not in "+-.0123456789":
        return text
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits) and len(digits) < 100:
        integer = _integer(digits)
        return _int64_or_float(integer) if abs(integer) < 1 << 64 or digits.lstrip("+-").isdigit() else text
    if _FLOAT.fullmatch(digits):
        number = float(digits)
        if math.isinf(number):
            return text
        return int(number) if number.is_integer() and abs(number) < 1 << 63 else number
    if _NOT_FINITE.fullmatch(text):
        raise ManifestError(f"json: unsupported value: {text}")
    return text


def _integer(digits: str) -> int:
    unsigned = digits.lstrip("+-").lower()
    if re.fullmatch("0[0-7]+", unsigned):
        unsigned = f"0o{unsigned}"
    return -int(unsigned, 0) if digits.startswith("-") else int(unsigned, 0)


def dump_yaml(document: Json) -> str:
    """Write a document as kubectl prints it: keys sorted, lists as far left as their key, blocks for several lines."""
    text: str = yaml.dump(document, Dumper=_Dumper, default_flow_style=False, allow_unicode=True)
    return text.removesuffix("...\n")


class _Dumper(yaml.CSafeDumper):
    """Block style without aliases. Every scalar is written as text, and we alone decide which text needs quotes."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_LIKE_TIME = re.compile(
    r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9:.]+.*)?"
)
"""Plain text that other readers take for a date, or for a number of base 60."""
_LINE_SEPARATOR = re.compile("[\x85\u2028\u2029]")


def _write_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None
    if "\n" in text:
        style = "|"
    elif _is_ambiguous(text):
        style = '"'
    return dumper.represent_scalar(f"{_YAML_TAG}str", text, style=style)


def _is_ambiguous(text: str) -> bool:
    """Whether the text without quotes would be read as something else, or could not be read."""
    if _LINE_SEPARATOR.search(text) or text == "<<" or _NOT_FINITE.fullmatch(text) or _LIKE_TIME.fullmatch(text):
        return True
    return not isinstance(_plain(text), str)


def _write_number(dumper: _Dumper, value: float | None) -> yaml.ScalarNode:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 63:
        value = int(value)
    return dumper.represent_scalar(f"{_YAML_TAG}str", "null" if value is None else go_text(value))


def _write_boolean(dumper: _Dumper, value: bool) -> yaml.ScalarNode:
    return dumper.represent_scalar(f"{_YAML_TAG}str", "true" if value else "false")


def _write_object(dumper: _Dumper, fields: dict[str, Json]) -> yaml.MappingNode:
    pairs = sorted(fields.items(), key=lambda pair: natural_key(pair[0]))
    return dumper.represent_mapping(f"{_YAML_TAG}map", pairs)


_Dumper.yaml_implicit_resolvers = {}
_Dumper.add_representer(str, _write_text)
_Dumper.add_representer(dict, _write_object)
_Dumper.add_representer(bool, _write_boolean)
for _type in (int, float, type(None)):
    _Dumper.add_representer(_type, _write_number)


def _natural_order(one: str, other: str) -> int:
    """Compare as Go's YAML writer does: numbers inside by value, signs before them, letters after everything else."""
    at = next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), None)
    if at is None:
        return len(one) - len(other)
    left, right = one[at], other[at]
    if left.isalpha() and right.isalpha():
        return 1 if left > right else -1
    if left.isalpha() != right.isalpha():
        is_inside_number = at > 0 and one[at - 1].isdigit()
        return 1 if left.isalpha() != is_inside_number else -1
    return -1 if (_number_at(one, at), left) < (_number_at(other, at), right) else 1


def _number_at(text: str, at: int) -> tuple[int, int]:
    """The number that goes on at this place, and how many digits it has left; both 0 where there is none."""
    digits = _DIGITS.match(text, at)
    before = _DIGITS_BEFORE.search(text, 0, at)
    rest = digits[0] if digits else ""
    return int(f"{1 if before and int(before[0]) else 0}{rest}"), len(rest)


_DIGITS = re.compile("[0-9]+")
_DIGITS_BEFORE = re.compile("[0-9]+$")
natural_key = cmp_to_key(_natural_order)
"""Sorts names as `kubectl get -o yaml` does: k9 before k10."""
