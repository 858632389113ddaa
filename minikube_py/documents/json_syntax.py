"""Why a text is no JSON, in the words of Go's decoder that kubectl's users see: `invalid character '}' looking for …`.

Looked at only after a parser has refused the text, so it is written for clarity, not for speed.

Kubernetes: Go's encoding/json/scanner.go
"""

from __future__ import annotations

import re

END_OF_INPUT = "unexpected end of JSON input"

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING_PART = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')
_HEX = re.compile(r"[0-9a-fA-F]*")
_FRACTION = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_NUMBER = re.compile(rf"{_FRACTION}(?:[eE][+-]?[0-9]+)?")
_NUMBER_CUT = re.compile(rf"(?P<exponent>{_FRACTION}[eE][+-]?)|(?P<point>-?(?:0|[1-9][0-9]*)\.)|(?P<start>-)")
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_AFTER = {"{": "after object key:value pair", "[": "after array element", "": "after top-level value"}


class _Refused(Exception):
    """Carries the finding out of the scanner."""


def json_syntax_error(text: str, max_depth: int) -> str:
    """Say what is wrong with `text`; empty when nothing is. Nesting beyond `max_depth` counts as wrong."""
    try:
        _Scanner(text + " ", max_depth).scan()  # Go ends every text with a space, and names it where it does not fit
    except _Refused as refused:
        return str(refused)
    return ""


class _Scanner:
    def __init__(self, text: str, max_depth: int) -> None:
        self._text = text
        self._at = 0
        self._max_depth = max_depth
        self._open: list[str] = []

    def scan(self) -> None:
        """Go through the text; `expecting` is what may stand at the next place."""
        expecting = "value"
        while True:
            self._at = self._match_end(_SPACE)
            if self._at == len(self._text):
                if expecting != "more" or self._open:
                    raise _Refused(END_OF_INPUT)
                return
            if expecting == "more":
                expecting = self._more()
            elif expecting == "colon":
                self._only(":", "after object key")
                expecting = "value"
            elif expecting in ("key", "key or }"):
                expecting = self._key(expecting)
            else:
                expecting = self._value(expecting)

    def _match_end(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        return match.end() if match else self._at

    def _only(self, wanted: str, context: str) -> None:
        if self._text[self._at] != wanted:
            raise self._invalid(self._at, context)
        self._at += 1

    def _invalid(self, at: int, context: str) -> _Refused:
        if at >= len(self._text):
            return _Refused(END_OF_INPUT)
        character = self._text[at]
        # Go looks at bytes, and shows one of several that make a character as if it were Latin-1.
        shown = character if character < "\x80" else chr(character.encode(errors="replace")[0])
        return _Refused(f"invalid character '{_quoted(shown)}' {context}")

    def _more(self) -> str:
        """After a value: a comma, or the end of what it stands in."""
        inside = self._open[-1] if self._open else ""
        character = self._text[self._at]
        if inside and character == ",":
            self._at += 1
            return "key" if inside == "{" else "value"
        if inside and character == {"{": "}", "[": "]"}[inside]:
            return self._close()
        raise self._invalid(self._at, _AFTER[inside])

    def _close(self) -> str:
        self._at += 1
        self._open.pop()
        return "more"

    def _key(self, expecting: str) -> str:
        if self._text[self._at] == "}" and expecting == "key or }":
            return self._close()
        if self._text[self._at] != '"':
            raise self._invalid(self._at, "looking for beginning of object key string")
        self._string()
        return "colon"

    def _value(self, expecting: str) -> str:
        character = self._text[self._at]
        if character in "{[":
            self._open.append(character)
            if len(self._open) > self._max_depth:
                raise self._invalid(self._at, "exceeded max depth")
            self._at += 1
            return "key or }" if character == "{" else "value or ]"
        if character == "]" and expecting == "value or ]":
            return self._close()
        if character == '"':
            self._string()
        elif character == "-" or (character.isascii() and character.isdigit()):
            self._number()
        elif character in _LITERALS:
            self._literal(_LITERALS[character])
        else:
            raise self._invalid(self._at, "looking for beginning of value")
        return "more"

    def _string(self) -> None:
        self._at = self._match_end(_STRING_PART)
        rest = self._text[self._at : self._at + 2]
        if rest.startswith("\\u"):
            self._at += 2
            raise self._invalid(self._match_end(_HEX), r"in \u hexadecimal character escape")
        if rest.startswith("\\"):
            raise self._invalid(self._at + 1, "in string escape code")
        if rest and not rest.startswith('"'):
            raise self._invalid(self._at, "in string literal")
        self._at += 1
        if not rest:
            raise _Refused(END_OF_INPUT)

    def _number(self) -> None:
        end = self._match_end(_NUMBER)
        cut = _NUMBER_CUT.match(self._text, self._at)
        if cut is not None and cut.end() > end:
            contexts = {
                "start": "in numeric literal",
                "point": "after decimal point in numeric literal",
                "exponent": "in exponent of numeric literal",
            }
            raise self._invalid(cut.end(), contexts[cut.lastgroup or "start"])
        self._at = end

    def _literal(self, word: str) -> None:
        for offset, wanted in enumerate(word):
            if self._text[self._at + offset : self._at + offset + 1] != wanted:
                raise self._invalid(self._at + offset, f"in literal {word} (expecting '{wanted}')")
        self._at += len(word)


def _quoted(character: str) -> str:
    """A character as Go quotes it."""
    known = {
        "'": "\\'",
        "\\": "\\\\",
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
    }
    if character in known:
        return known[character]
    if character.isprintable():
        return character
    return f"\\x{ord(character):02x}" if character < "\x80" else f"\\u{ord(character):04x}"
