"""Parses kubectl's JSONPath templates into values; `jsonpath` evaluates them.

Kubernetes: client-go util/jsonpath/parser.go.
"""

import re
from dataclasses import dataclass

from minikube_py.errors import MinikubeError


class JsonPathError(MinikubeError):
    """A template that cannot be parsed or evaluated."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text that stands for itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """`.name` or `['name']`."""

    name: str


@dataclass(frozen=True, slots=True)
class Every:
    """`.*`, every value of a mapping."""


@dataclass(frozen=True, slots=True)
class Everywhere:
    """`..name`, a step taken at every depth."""

    inner: "Step"


@dataclass(frozen=True, slots=True)
class Slice:
    """`[1]`, `[0:2]`, `[*]`."""

    start: int | None = None
    end: int | None = None
    stride: int | None = None
    is_index: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, boolean or quoted string inside braces."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Path:
    """Steps taken one after the other."""

    steps: tuple["Step", ...]


@dataclass(frozen=True, slots=True)
class Union:
    """`['a','b']`, the results of several paths."""

    alternatives: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`[?(@.a=="b")]`; the operator `exists` has no right side."""

    left: Path
    operator: str
    right: Path | None = None


@dataclass(frozen=True, slots=True)
class RangeStart:
    """`{range .items[*]}`."""

    path: Path


@dataclass(frozen=True, slots=True)
class RangeEnd:
    """`{end}`."""


Step = Field | Every | Everywhere | Slice | Union | Comparison | Literal
_INDEX = re.compile(r"(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$")
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_NAME = re.compile(r"(?:\\.|[^\s.\[\](){}'\"|,=!<>?@$&*\\])+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_WORD = re.compile(r"[^\s.\[\](){}'\"]+")
_OPERATOR = re.compile(r"\s*(==|!=|<=|>=|<|>)\s*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


def relaxed(source: str) -> str:
    """Put in the braces and the first dot that columns and sort keys may leave out.

    Raises: JsonPathError for braces that do not match.
    """
    body = source.strip()
    if body.startswith("{") and body.endswith("}"):
        body = body[1:-1]
    return "{" + (body if body.startswith((".", "[")) or not body else f".{body}") + "}"


def parse_template(source: str) -> tuple[Text | Path | RangeStart | RangeEnd, ...]:
    """Parse a whole template.

    Raises: JsonPathError naming the mistake.
    """
    parts: list[Text | Path | RangeStart | RangeEnd] = []
    position = 0
    while position < len(source):
        opening = source.find("{", position)
        if opening < 0:
            parts.append(Text(source[position:]))
            break
        if opening > position:
            parts.append(Text(source[position:opening]))
        parser = _Action(source, opening + 1)
        parts += parser.parse()
        position = parser.position
    return tuple(parts)


class _Action:
    """The inside of one pair of braces, read from left to right."""

    def __init__(self, source: str, position: int) -> None:
        self.source = source
        self.position = position

    def parse(self) -> list[Text | Path | RangeStart | RangeEnd]:
        if self._take_word("end"):
            self._close()
            return [RangeEnd()]
        if self._take_word("range"):
            path = Path(self._steps())
            self._close()
            return [RangeStart(path)]
        path = Path(self._steps())
        self._close()
        return [path]

    def _close(self) -> None:
        self._skip_spaces()
        if self.position >= len(self.source):
            raise JsonPathError("unclosed action")
        if self.source[self.position] != "}":
            raise self._unrecognized()
        self.position += 1

    def _unrecognized(self) -> JsonPathError:
        letter = self.source[self.position]
        return JsonPathError(f"unrecognized character in action: U+{ord(letter):04X} '{letter}'")

    def _take_word(self, word: str) -> bool:
        self._skip_spaces()
        match = _WORD.match(self.source, self.position)
        if match and match.group() == word:
            self.position = match.end()
            return True
        return False

    def _skip_spaces(self) -> None:
        while self.position < len(self.source) and self.source[self.position].isspace():
            self.position += 1

    def _peek(self) -> str:
        return self.source[self.position] if self.position < len(self.source) else ""

    def _steps(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        while True:
            self._skip_spaces()
            step = self._step()
            if step is None:
                return tuple(steps)
            steps += step

    def _step(self) -> list[Step] | None:
        letter = self._peek()
        if letter in ("", "}", ")", "=", "!", "<", ">"):
            return None
        if letter in "@$":
            self.position += 1
            return []
        if letter == ".":
            return self._dotted()
        if letter == "[":
            return [self._bracketed()]
        if letter in "'\"":
            return [Literal(self._quoted())]
        return [self._literal()]

    def _dotted(self) -> list[Step]:
        if self.source.startswith("..", self.position):
            self.position += 2
            if self._peek() == "[":
                return [Everywhere(self._bracketed())]
            return [Everywhere(self._name())]
        self.position += 1
        if self._peek() in ("", "}"):
            return []
        if self._peek() == "[":
            return [self._bracketed()]
        return [self._name()]

    def _name(self) -> Step:
        if self._peek() == "*":
            self.position += 1
            return Every()
        match = _NAME.match(self.source, self.position)
        if match is None:
            if self._peek() == "":
                raise JsonPathError("unclosed action")
            raise self._unrecognized()
        self.position = match.end()
        return Field(re.sub(r"\\(.)", r"\1", match.group()))

    def _literal(self) -> Step:
        number = _NUMBER.match(self.source, self.position)
        if number:
            self.position = number.end()
            return Literal(float(number.group()) if "." in number.group() else int(number.group()))
        word = _WORD.match(self.source, self.position)
        if word and word.group() in ("true", "false"):
            self.position = word.end()
            return Literal(word.group() == "true")
        if word and (word.group()[0].isalpha() or word.group()[0] == "_"):
            raise JsonPathError(f"unrecognized identifier {word.group()}")
        raise self._unrecognized()

    def _quoted(self) -> str:
        match = _QUOTED.match(self.source, self.position)
        if match is None:
            raise JsonPathError("unterminated quoted string")
        self.position = match.end()
        body = match.group(1) if match.group(1) is not None else match.group(2)
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found.group(1), found.group(0)), body)

    def _bracketed(self) -> Step:
        self.position += 1
        if self.source.startswith("?(", self.position):
            return self._filter()
        end = self.position
        while end < len(self.source) and self.source[end] != "]":
            quoted = _QUOTED.match(self.source, end)
            end = quoted.end() if quoted else end + 1
        if end >= len(self.source):
            raise JsonPathError("unterminated array")
        content = self.source[self.position : end].strip()
        self.position = end + 1
        return _array(content)

    def _filter(self) -> Step:
        self.position += 2
        left = Path(self._steps())
        operator = _OPERATOR.match(self.source, self.position)
        comparison = Comparison(left, "exists")
        if operator:
            self.position = operator.end()
            comparison = Comparison(left, operator.group(1), Path(self._steps()))
        self._skip_spaces()
        if not self.source.startswith(")]", self.position):
            if not self._peek():
                raise JsonPathError("unterminated filter")
            raise self._unrecognized()
        self.position += 2
        return comparison


def _array(content: str) -> Step:
    if content == "*":
        return Slice()
    parts = _split_commas(content)
    if len(parts) > 1:
        return Union(tuple(Path((_array(part),)) for part in parts))
    quoted = re.fullmatch(r"'(.*)'", content)
    if quoted:
        return Field(re.sub(r"\\(.)", r"\1", quoted.group(1)))
    match = _INDEX.fullmatch(content) if content else None
    if match is None:
        raise JsonPathError(f"invalid array index {content}")
    numbers = [int(group) if group else None for group in match.groups()]
    return Slice(numbers[0], numbers[1], numbers[2], is_index=":" not in content)


def _split_commas(content: str) -> list[str]:
    return [part.strip() for part in re.findall(r"(?:'(?:[^'\\]|\\.)*'|[^,'])+", content)]
