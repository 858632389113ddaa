"""-o kyaml: YAML in braces, which means the same wherever it is indented, and which every YAML parser reads.

Kubernetes: sigs.k8s.io/yaml/kyaml, KEP-5295.
Simplified: fields are sorted, kubectl writes what it has just made in the order of its definition.
"""

import json
import re
from typing import Any

_WORDS = frozenset(
    ("null", "t", "true", "f", "false", "y", "yes", "n", "no", "on", "off", ".inf", "-.inf", "+.inf", ".nan")
)
_PLAIN = re.compile(r"[\w]([\w./-]*[\w])?")
_NUMBER = re.compile(
    r"[+-]?(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf(inity)?|nan)", re.IGNORECASE
)
_SEXAGESIMAL = re.compile(r"[+-]?[1-9][\d_]*(:[0-5]?\d)+(\.[\d_]*)?")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([Tt ]\d\d?:\d\d?:\d\d?(\.\d+)?(Z|[+-]\d\d:\d\d)?)?")
_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\r": "\\r",
    "\v": "\\v",
    "\0": "\\0",
    "\x1b": "\\e",
    "\x85": "\\N",
    "\xa0": "\\_",
    "\u2028": "\\L",
    "\u2029": "\\P",
    '"': '\\"',
    "\\": "\\\\",
}


def kyaml_text(document: Any) -> str:
    """Write one document, with the line that separates documents in front."""
    return f"---\n{_value(document, 0)}\n"


def _value(value: Any, depth: int) -> str:
    if isinstance(value, dict):
        return _mapping(value, depth)
    if isinstance(value, list):
        return _sequence(value, depth)
    if isinstance(value, str):
        return _string(value, depth)
    return _number(value) if isinstance(value, float) else json.dumps(value)


def _mapping(mapping: dict[str, Any], depth: int) -> str:
    if not mapping:
        return "{}"
    margin = "  " * (depth + 1)
    lines = (f"{margin}{_key(name)}: {_value(mapping[name], depth + 1)},\n" for name in sorted(mapping))
    return f"{{\n{''.join(lines)}{'  ' * depth}}}"


def _sequence(items: list[Any], depth: int) -> str:
    if all(isinstance(item, dict | list) for item in items):
        return f"[{', '.join(_value(item, depth) for item in items)}]"
    margin = "  " * (depth + 1)
    return "[\n" + "".join(f"{margin}{_value(item, depth + 1)},\n" for item in items) + "  " * depth + "]"


def _number(value: float) -> str:
    """As Go writes a float in JSON."""
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    mantissa, exponent, power = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}{exponent}{power}"


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and not _is_guessed(name) else _quoted(name)


def _is_guessed(text: str) -> bool:
    """Whether a parser might take the text for something other than a string."""
    return text.lower() in _WORDS or any(
        pattern.fullmatch(tried)
        for pattern, tried in ((_NUMBER, text.replace("_", "")), (_SEXAGESIMAL, text), (_DATE, text))
    )


def _quoted(text: str) -> str:
    return '"' + "".join(map(_character, text)) + '"'


def _string(text: str, depth: int) -> str:
    """Several lines stand one below the other, each ended by what YAML folds away."""
    if "\n" not in text:
        return _quoted(text)
    margin = "  " * (depth + 1)
    lines = text.split("\n")
    whole, rest = lines[:-1], lines[-1]
    shown = [*(f"{_line(line, margin)}\\n\\\n" for line in whole), *([f"{_line(rest, margin)}\\\n"] if rest else [])]
    return f'"\\\n{"".join(shown)}{margin}"'


def _line(line: str, margin: str) -> str:
    """White space in front is escaped, or the parser would drop it."""
    start = "\\" if line[:1].isspace() else " "
    return margin + start + "".join(_character(one) for one in line)


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable() or character == "\t":
        return character
    code = ord(character)
    if code < 0x80:
        return "\\n" if character == "\n" else f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
