"""CEL: expressions in which users say what holds, for custom kinds and for admission policies.

    environment = Environment({"self": ANY, "oldSelf": ANY})          declare the variables, once
    program = environment.compile("self.replicas <= self.limit")      check types and names, once; raises CompileError
    program.evaluate({"self": document, "oldSelf": before})           a JSON value; raises EvaluationError

Values are JSON, besides `timestamp` and `duration` of this module. What is declared as STRING, INT, ... is checked when
it is compiled; what is inside ANY only when it is evaluated. The bound: an evaluation that takes more than 10,000 steps
of a macro (`all`, `map`, ...) ends with an error, and patterns are matched in linear time, so none takes long.

The engine is Google's own, in C++; it is loaded with the first expression, because it takes 20 MB.
Kubernetes: staging/src/k8s.io/apiserver/pkg/cel (environment/base.go)
Simplified: a bound on steps instead of an estimate of the cost; no format, semver and regex (`find`) libraries, no
macros of two variables.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from minikube_py.api.model import Json
from minikube_py.errors import MinikubeError
from minikube_py.expressions.cel_tree import hides_optionals

if TYPE_CHECKING:
    from cel_expr_python import cel

    from minikube_py.expressions.cel_functions import Function

TypeName: TypeAlias = Literal["ANY", "BOOL", "DOUBLE", "DURATION", "INT", "LIST", "MAP", "STRING", "TIMESTAMP"]
ANY: TypeName = "ANY"
_ENGINE_NAMES = {"ANY": "DYN"}


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong at one place of an expression."""

    offset: int
    why: str

    def shown(self, source: str) -> str:
        """With the line that it is about, and a mark below the place."""
        before = source[: self.offset]
        line, column = before.count("\n"), self.offset - (before.rfind("\n") + 1)
        text = source.split("\n")[line].rstrip("\r")
        excerpt = f" | {text}\n | {'.' * column}^"
        return f"ERROR: <input>:{line + 1}:{column + 1}: {self.why}\n{excerpt}"


class CompileError(MinikubeError):
    """An expression that is none, or that cannot be of the right types; the text shows where."""

    complaints: tuple[Complaint, ...] = ()

    @classmethod
    def of(cls, source: str, complaints: Iterable[Complaint]) -> CompileError:
        found = tuple(complaints)
        error = cls("compilation failed: " + "\n".join(each.shown(source) for each in found))
        error.complaints = found
        return error

    def moved(self, source: str, place: Callable[[int], int]) -> CompileError:
        """The same said of the text from which the compiled one was made; `place` finds the old offset."""
        if not self.complaints:
            return self
        return CompileError.of(source, (Complaint(place(each.offset), each.why) for each in self.complaints))


class EvaluationError(MinikubeError):
    """An expression that has no value for these variables."""


class Environment:
    """The variables that expressions may use, by name. Making one takes 40 ms, so keep it."""

    def __init__(self, variables: Mapping[str, TypeName], functions: Iterable[Function] = ()) -> None:
        """`functions` are those that only expressions of this environment have."""
        from cel_expr_python import cel
        from cel_expr_python.ext import (
            ext_bindings,
            ext_encoders,
            ext_math,
            ext_optional,
            ext_strings,
        )

        from minikube_py.expressions.cel_functions import extension, of_kubernetes

        types = {name: getattr(cel.Type, _ENGINE_NAMES.get(each, each)) for name, each in variables.items()}
        extensions = [
            ext_strings.ExtStrings(),
            ext_bindings.ExtBindings(),
            ext_optional.ExtOptional(),
            ext_math.ExtMath(),
            ext_encoders.ExtEncoders(),
            extension("kubernetes", of_kubernetes()),
            extension("own", functions),
        ]
        self._environment = cel.NewEnv(variables=types, extensions=extensions)

    def compile(self, source: str, result: TypeName = ANY) -> Program:
        """Raises: CompileError, also when the expression cannot have a result of that type."""
        try:
            expression = self._environment.compile(source)
        except RuntimeError as error:
            found = tuple(_complaints(source, str(error)))
            text = re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", str(error))
            raise CompileError.of(source, found) if found else CompileError(f"compilation failed: {text}") from error
        if hides_optionals(expression.serialize()):
            why = "an optional value can be an element, or a value of a map, behind a ? only, and no argument"
            raise CompileError(f"compilation failed: {why}: say what it is without a value (orValue)")
        program = Program(expression)
        if not program.can_be(result):
            raise CompileError(f"must evaluate to {_WORDS.get(result, result.lower())}")
        return program


_WORDS = {"BOOL": "a bool", "STRING": "a string"}
_ERROR = re.compile(r"(?:^|: )ERROR: <input>:(\d+):(\d+): (.*)$", re.MULTILINE)
_UNDECLARED = re.compile(r"undeclared reference to '(\w+)((?:\.\w+)+)'")


def _complaints(source: str, text: str) -> Iterable[Complaint]:
    """What the engine says is wrong. Of `a.b`, that `a` is unknown, and where that stands, as the other engine says."""
    starts = [0, *(found.end() for found in re.finditer("\n", source))]
    for line, column, why in _ERROR.findall(text):
        offset = starts[min(int(line), len(starts)) - 1] + int(column) - 1
        if found := _UNDECLARED.match(why):
            yield Complaint(max(source.rfind(found[1], 0, offset), 0), why.replace(found[2], "", 1))
        else:
            yield Complaint(offset, why)


class Program:
    """A compiled expression."""

    def __init__(self, expression: cel.Expression) -> None:
        self._expression = expression

    @property
    def type_name(self) -> str:
        """The type of its result, `int`, `map(string, dyn)`; `dyn` where only the evaluation can tell."""
        name: str = self._expression.return_type().name()
        return name.lower().replace("<", "(").replace(">", ")")

    def can_be(self, wanted: TypeName) -> bool:
        return wanted == ANY or self.type_name.partition("(")[0] in ("dyn", wanted.lower())

    def evaluate(self, variables: Mapping[str, Any]) -> Json:
        """Raises: EvaluationError."""
        try:
            value = self._expression.eval(data=variables)
            plain: Json = value.plain_value()
        except (RuntimeError, TypeError, ValueError, OverflowError) as error:
            raise EvaluationError(_evaluation_text(str(error))) from error
        if value.type().name() == "ERROR":
            raise EvaluationError(_evaluation_text(str(plain)))
        return plain


_TEXTS = (
    (re.compile(r'Key not found in map : "?(.*?)"?$'), r"no such key: \1"),
    (re.compile(r"No matching overloads? found.*|Applying SELECT to non-message type"), "no such overload"),
    (re.compile(r"Index error: index=(-?\d+) size=\d+"), r"index out of bounds: \1"),
    (re.compile(r"divide by zero"), "division by zero"),
    (re.compile(r"Unable to convert function return value"), "an optional value is no result: use orValue"),
    (re.compile(r"Iteration budget exceeded"), "operation cancelled: actual cost limit exceeded"),
)


def _evaluation_text(text: str) -> str:
    """The engine's complaint in the words of the one that Kubernetes uses."""
    text = re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", text)
    for pattern, words in _TEXTS:
        if found := pattern.search(text):
            return found.expand(words)
    return text


@functools.lru_cache(maxsize=512)
def pattern(source: str) -> Program:
    """Whether `text` has the pattern in it: Go's syntax, linear time. Raises: CompileError."""
    program = _of_texts().compile(f"text.matches({json.dumps(source)})", "BOOL")
    try:
        program.evaluate({"text": ""})
    except EvaluationError as error:
        raise CompileError(str(error)) from error
    return program


@functools.cache
def _of_texts() -> Environment:
    return Environment({"text": "STRING"})


def timestamp(text: str) -> Any:
    """The value of an RFC 3339 time. Raises: ValueError."""
    from google.protobuf.timestamp_pb2 import Timestamp

    value = Timestamp()
    value.FromJsonString(text)
    return value


_DURATION = re.compile(r"([+-])?((?:\d+\.?\d*(?:ns|us|µs|ms|s|m|h))+)")
_UNITS = {"ns": 1, "us": 1000, "µs": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def duration(text: str) -> Any:
    """The value of a duration as Go writes it: `1h30m`. Raises: ValueError."""
    from google.protobuf.duration_pb2 import Duration

    value = Duration()
    value.FromNanoseconds(duration_ns(text))
    return value


@functools.lru_cache(maxsize=256)
def duration_ns(text: str) -> int:
    """Raises: ValueError."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f'time: invalid duration "{text}"')
    parts = re.findall(r"(\d+\.?\d*)(ns|us|µs|ms|s|m|h)", found[2])
    total = sum(float(number) * _UNITS[unit] if "." in number else int(number) * _UNITS[unit] for number, unit in parts)
    return -int(total) if found[1] == "-" else int(total)
