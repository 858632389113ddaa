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
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from minikube_py.api.model import Json
from minikube_py.errors import MinikubeError

if TYPE_CHECKING:
    from cel_expr_python import cel

TypeName: TypeAlias = Literal["ANY", "BOOL", "DOUBLE", "DURATION", "INT", "LIST", "MAP", "STRING", "TIMESTAMP"]
ANY: TypeName = "ANY"
_ENGINE_NAMES = {"ANY": "DYN"}


class CompileError(MinikubeError):
    """An expression that is none, or that cannot be of the right types; the text shows where."""


class EvaluationError(MinikubeError):
    """An expression that has no value for these variables."""


class Environment:
    """The variables that expressions may use, by name. Making one takes 40 ms, so keep it."""

    def __init__(self, variables: Mapping[str, TypeName]) -> None:
        from cel_expr_python import cel
        from cel_expr_python.ext import (
            ext_bindings,
            ext_encoders,
            ext_math,
            ext_optional,
            ext_strings,
        )

        from minikube_py.expressions.cel_functions import extension

        types = {name: getattr(cel.Type, _ENGINE_NAMES.get(each, each)) for name, each in variables.items()}
        extensions = [
            ext_strings.ExtStrings(),
            ext_bindings.ExtBindings(),
            ext_optional.ExtOptional(),
            ext_math.ExtMath(),
            ext_encoders.ExtEncoders(),
            extension(),
        ]
        self._environment = cel.NewEnv(variables=types, extensions=extensions)

    def compile(self, source: str, result: TypeName = ANY) -> Program:
        """Raises: CompileError, also when the expression cannot have a result of that type."""
        try:
            expression = self._environment.compile(source)
        except RuntimeError as error:
            text = str(error).removeprefix("INVALID_ARGUMENT: ").removesuffix(" [INVALID_ARGUMENT]")
            raise CompileError(f"compilation failed: {text}") from error
        found = expression.return_type().name()
        if result != ANY and found not in ("DYN", result):
            raise CompileError(f"must evaluate to {_WORDS.get(result, result.lower())}")
        return Program(expression)


_WORDS = {"BOOL": "a bool", "STRING": "a string"}


class Program:
    """A compiled expression."""

    def __init__(self, expression: cel.Expression) -> None:
        self._expression = expression

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
