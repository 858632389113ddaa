"""The tree of a compiled expression: whether an optional value could get to where the engine cannot bear it.

The engine ends the whole process when an optional value (`optional.of(1)`, `a.?b`) is inside a list or a map that is
handed to Python, or is handed to a function that is written in Python. Such a value has a type of its own when it is
made, and loses that only as an element, as a value of a map, or as an argument. These are found here, before anything
is evaluated.

See cel/expr/{syntax,checked}.proto of github.com/google/cel-spec for the numbers of the fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

Message: TypeAlias = dict[int, list[int | bytes]]
"""A message of protobuf, by the numbers of its fields."""

_SELECT, _CALL, _LIST, _STRUCT, _COMPREHENSION = 5, 6, 7, 8, 9
_ANY_PLACE = frozenset({"_==_", "_!=_", "or", "type"})
_FIRST_PLACE = frozenset({"_?._", "_[?_]", "_[_]", "orValue", "hasValue", "value"})
_CHOICE, _INDEX = "_?_:_", "_[?_]"


def hides_optionals(serialized: bytes) -> bool:
    """Whether a checked expression, as the engine serializes it, lets an optional value become one of no known type."""
    checked = _message(_bytes(_message(serialized), 2))
    optional = {_number(entry, 1) for entry in _messages(checked, 3) if 14 in _message(_bytes(entry, 2))}
    return any(_loses_type(node, optional) for node in _nodes(_message(_bytes(checked, 4))))


def _loses_type(node: Message, optional: set[int]) -> bool:
    def is_optional(inner: Message) -> bool:
        """Of what has no known type, `a[?b]` has none either."""
        return _number(inner, 2) in optional or _function(inner) == _INDEX

    def is_unknown(inner: Message) -> bool:
        return _function(inner) == _INDEX and _number(inner, 2) not in optional

    if _CALL in node:
        call, function = _message(_bytes(node, _CALL)), _function(node)
        operands = [*_messages(call, 1), *_messages(call, 3)]
        if function == _CHOICE:
            return any(map(is_optional, operands)) and not is_optional(node)
        watched = () if function in _ANY_PLACE else operands[1:] if function in _FIRST_PLACE else operands
        return any(map(is_optional, watched))
    if _LIST in node:
        made = _message(_bytes(node, _LIST))
        marked = set(_packed(made, 2))
        return any(is_optional(item) for index, item in enumerate(_messages(made, 1)) if index not in marked)
    if _STRUCT in node:
        entries = _messages(_message(_bytes(node, _STRUCT)), 2)
        return any(is_optional(value) for entry in entries if not _number(entry, 5) for value in _messages(entry, 4))
    return any(map(is_unknown, _below(node)))


def _nodes(node: Message) -> Iterator[Message]:
    """The node and all below it."""
    yield node
    for inner in _below(node):
        yield from _nodes(inner)


def _below(node: Message) -> Iterator[Message]:
    for kind, fields in ((_SELECT, (1,)), (_CALL, (1, 3)), (_LIST, (1,)), (_COMPREHENSION, (2, 4, 5, 6, 7))):
        if kind in node:
            inner = _message(_bytes(node, kind))
            for number in fields:
                yield from _messages(inner, number)
    if _STRUCT in node:
        for entry in _messages(_message(_bytes(node, _STRUCT)), 2):
            yield from _messages(entry, 3)
            yield from _messages(entry, 4)


def _function(node: Message) -> str:
    """The name of the function that the node calls; empty for what is no call."""
    return _bytes(_message(_bytes(node, _CALL)), 2).decode()


def _bytes(message: Message, number: int) -> bytes:
    value = message.get(number, [b""])[0]
    return value if isinstance(value, bytes) else b""


def _number(message: Message, number: int) -> int:
    value = message.get(number, [0])[0]
    return value if isinstance(value, int) else 0


def _messages(message: Message, number: int) -> list[Message]:
    return [_message(value) for value in message.get(number, ()) if isinstance(value, bytes)]


def _packed(message: Message, number: int) -> Iterator[int]:
    for value in message.get(number, ()):
        if isinstance(value, int):
            yield value
            continue
        at = 0
        while at < len(value):
            each, at = _varint(value, at)
            yield each


def _message(data: bytes) -> Message:
    found: Message = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value: int | bytes
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
            case 2:
                length, at = _varint(data, at)
                value, at = data[at : at + length], at + length
            case wire_type:
                length = 8 if wire_type == 1 else 4
                value, at = data[at : at + length], at + length
        found.setdefault(tag >> 3, []).append(value)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return result, at
