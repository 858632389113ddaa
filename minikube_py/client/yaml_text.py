"""Reads and writes YAML for people's files: kubeconfigs, manifests, `-o yaml`.

Writing looks as kubectl's: sorted keys, lists not indented below their key, a string that YAML 1.1 would read as
something else in double quotes, several lines as a literal block. Reading is restricted to what JSON can say: no
timestamps, no sexagesimal numbers, no octal without 0o, a bound on what aliases may expand to.

Invariant: `load_documents(dump(value)) == [value]` for every JSON value.

Kubernetes: sigs.k8s.io/yaml.
Simplified: kubectl reads YAML by way of Go's types, so its messages about types differ.
"""

import re
from collections.abc import Iterator
from functools import cmp_to_key
from typing import Any

import yaml

from minikube_py.errors import ConfigError

Document = dict[str, Any]
MAX_EXPANDED_NODES = 2_000_000
MAX_DEPTH = 200
_DIGITS = re.compile(r"\d+")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_MORE_AMBIGUOUS = re.compile(r"[yYnN]|[-+]?0x[0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+|[-+.]?\d[\d_]*(\.\d*)?([eE][-+]?\d+)?")


class _JsonLoader(_Loader):  # type: ignore[misc]  # the base is chosen at run time
    """Scalars as JSON knows them."""


class _TidyDumper(_Dumper):  # type: ignore[misc]  # the base is chosen at run time
    """Strings in the style that kubectl chooses."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[1] in ("bool", "null", "merge")]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_JsonLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(0|[1-9][0-9_]*)$|0x[0-9a-fA-F]+$|0o[0-7]+$"), list("-+0123456789")
)
_JsonLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\d[\d_]*)?\.\d+([eE][-+]?\d+)?$|[-+]?\d[\d_]*\.?([eE][-+]?\d+)$|[-+]?\d[\d_]*\.$"),
    list("-+.0123456789"),
)


def _construct_int(loader: Any, node: Any) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    return int(text, 8) if text.startswith("0o") else int(text, 16) if text.startswith("0x") else int(text)


def _represent_string(dumper: Any, text: str) -> Any:
    if "\n" in text:
        style = "|"
    elif _is_ambiguous(dumper, text):
        style = '"'
    else:
        style = None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_mapping(dumper: Any, mapping: Document) -> Any:
    return dumper.represent_mapping(
        "tag:yaml.org,2002:map", sorted(mapping.items(), key=lambda pair: natural_key(str(pair[0])))
    )


def _natural_order(one: str, other: str) -> int:
    """Compare keys as Go's YAML writer does: numbers inside them by value, letters after everything else."""
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return len(one) - len(other)
    left, right = one[start], other[start]
    if left.isalpha() != right.isalpha():
        inside_number = start > 0 and one[start - 1].isdigit()
        return 1 if left.isalpha() != inside_number else -1
    if left.isdigit() and right.isdigit():
        numbers = [int(_DIGITS.match(text, start).group()) for text in (one, other)]  # type: ignore[union-attr]  # digits
        return numbers[0] - numbers[1] or (1 if left > right else -1)
    return 1 if left > right else -1


natural_key = cmp_to_key(_natural_order)


def _is_ambiguous(dumper: Any, text: str) -> bool:
    resolved = dumper.resolve(yaml.ScalarNode, text, (True, False))
    return resolved != "tag:yaml.org,2002:str" or _MORE_AMBIGUOUS.fullmatch(text) is not None


_JsonLoader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_TidyDumper.add_representer(str, _represent_string)
_TidyDumper.add_representer(dict, _represent_mapping)


def load_documents(text: str, source: str = "input") -> Iterator[Any]:
    """Read every document of a YAML (or JSON) text, empty ones left out.

    Raises: ConfigError with the place of the mistake.
    """
    try:
        _bound_depth(text, source)
        for node in yaml.compose_all(text, Loader=_JsonLoader):
            if node is None:
                continue
            _bound_aliases(node, source)
            value = _construct(node)
            if value is not None:
                yield value
    except yaml.YAMLError as error:
        raise ConfigError(f"error parsing {source}: error converting YAML to JSON: {_complaint(error)}") from error


def dump(value: Any) -> str:
    """Write one value as YAML text that ends with a newline."""
    text = yaml.dump(value, Dumper=_TidyDumper, default_flow_style=False, allow_unicode=True, width=2**31 - 1)
    return str(text).removesuffix("...\n")


def _construct(node: Any) -> Any:
    loader = _JsonLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _complaint(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"yaml: line {mark.line + 1}: {problem}" if mark is not None else f"yaml: {problem}"


def _bound_depth(text: str, source: str) -> None:
    """Refuse nesting that no recursive reader survives; the parser's events come without recursion."""
    depth = 0
    for event in yaml.parse(text, Loader=_JsonLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise ConfigError(f"error parsing {source}: yaml: exceeded max depth of {MAX_DEPTH}")


def _bound_aliases(root: Any, source: str) -> None:
    """Refuse a document whose aliases would expand to more than MAX_EXPANDED_NODES."""
    sizes: dict[int, int] = {}

    def size_of(node: Any, above: frozenset[int]) -> int:
        known = sizes.get(id(node))
        if known is not None:
            return known
        if id(node) in above:
            raise ConfigError(f"error parsing {source}: yaml: an anchor contains itself")
        inside = above | {id(node)}
        if isinstance(node, yaml.SequenceNode):
            total = 1 + sum(size_of(item, inside) for item in node.value)
        elif isinstance(node, yaml.MappingNode):
            total = 1 + sum(size_of(key, inside) + size_of(item, inside) for key, item in node.value)
        else:
            total = 1
        if total > MAX_EXPANDED_NODES:
            raise ConfigError(f"error parsing {source}: yaml: document contains excessive aliasing")
        sizes[id(node)] = total
        return total

    size_of(root, frozenset())
