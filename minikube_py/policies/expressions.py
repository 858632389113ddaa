"""The expressions of a policy: compiled once, evaluated for every request that the policy is for.

    declared = Declared(params=True, variables=("limit",))
    expression = declared.compile("variables.limit < 3", "BOOL")
    Evaluation(known, variables).value(expression)

A policy's variables are evaluated when an expression that names them is, and once a request at most.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/{compile,composition}.go
Simplified: what is inside `request`, `namespaceObject` and `variables` has no declared type, so what cannot be of the
right type is found when it is evaluated; unknown fields of these are found when it is compiled.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from minikube_py.api.model import Json
from minikube_py.expressions.cel import (
    ANY,
    CompileError,
    Complaint,
    Environment,
    EvaluationError,
    Program,
    TypeName,
)
from minikube_py.policies.objects import as_maps, without_texts

_OF_REQUEST = frozenset(
    {
        "kind", "resource", "subResource", "requestKind", "requestResource", "requestSubResource", "name", "namespace",
        "operation", "userInfo", "dryRun", "options",
    }
)  # fmt: skip
_LARGEST_VARIABLE = 1536 * 1024
"""As JSON, in bytes: an object is smaller, and a variable that doubles the one before it soon is not."""
_MEMBER = re.compile(r"(?<![\w.])(variables|request|namespaceObject)\s*(\.)\s*\??\s*(\w+)")
_TYPED = re.compile(r"(?<![\w.])(variables|request|namespaceObject)\b")


@dataclass(frozen=True, slots=True)
class Expression:
    source: str
    program: Program
    variables: tuple[str, ...] = ()
    """Those of the policy's variables that it names."""


@dataclass(frozen=True, slots=True)
class Declared:
    """The variables that an expression may use, besides `object`, `oldObject`, `request` and `namespaceObject`."""

    params: bool = False
    authorizer: bool = False
    variables: frozenset[str] | None = None
    """The policy's own; None where they may not be used."""
    makes_objects: bool = False
    """Whether `Object{...}` and `JSONPatch{...}` are known."""

    def compile(self, source: str, result: TypeName = ANY, words: str = "") -> Expression:
        """Raises: CompileError, also for a result that is not of the type, which `words` names."""
        made = as_maps(source) if self.makes_objects else None
        try:
            program = self._environment().compile(made.text if made else source)
        except CompileError as error:
            raise error.moved(source, made.origin) if made else error from error
        code = without_texts(source)
        members = [(found[1], found[3], found.start(2)) for found in _MEMBER.finditer(code)]
        if unknown := [(name, at) for owner, name, at in members if not self._has(owner, name)]:
            raise CompileError.of(source, (Complaint(at, f"undefined field '{name}'") for name, at in unknown))
        if made is not None and words and not made.types & {"Object", "JSONPatch"} and not _TYPED.search(code):
            raise CompileError(f"must evaluate to {words} but got {', '.join(made.types) or program.type_name}")
        is_unknown = result != ANY and program.type_name == "dyn" and not _TYPED.search(code)
        if is_unknown or not program.can_be(result):
            raise CompileError(f"must evaluate to {words or result.lower()} but got {program.type_name}")
        names = dict.fromkeys(name for owner, name, _ in members if owner == "variables")
        return Expression(source, program, tuple(names))

    def _has(self, owner: str, name: str) -> bool:
        match owner:
            case "variables":
                return name in (self.variables or ())
            case "request":
                return name in _OF_REQUEST
            case _:
                return name in ("metadata", "spec", "status")

    def _environment(self) -> Environment:
        names = ["object", "oldObject", "request", "namespaceObject"]
        names += ["params"] if self.params else []
        names += ["authorizer"] if self.authorizer else []
        return _environment((*names, "variables") if self.variables is not None else tuple(names))

    def with_variable(self, name: str) -> Declared:
        return Declared(self.params, self.authorizer, (self.variables or frozenset()) | {name}, self.makes_objects)


@functools.cache
def _environment(names: tuple[str, ...]) -> Environment:
    from minikube_py.policies.authorizer import functions

    return Environment(dict.fromkeys(names, ANY), functions())


@dataclass(slots=True)
class Evaluation:
    """One request's values: what is known of it, and the policy's variables as far as they were asked for."""

    known: Mapping[str, Any]
    variables: Mapping[str, Expression] = field(default_factory=dict)
    _values: dict[str, Json] = field(default_factory=dict)
    _failures: dict[str, str] = field(default_factory=dict)

    def value(self, expression: Expression) -> Json:
        """Raises: EvaluationError."""
        for name in expression.variables:
            self._find(name)
        named = {name: self._values[name] for name in expression.variables if name in self._values}
        try:
            return expression.program.evaluate({**self.known, "variables": named})
        except EvaluationError as error:
            missing = str(error).removeprefix("no such key: ")
            if missing in self._failures and missing in expression.variables:
                why = f'composited variable "{missing}" fails to evaluate: {self._failures[missing]}'
                raise EvaluationError(why) from error
            raise

    def _find(self, name: str) -> None:
        """One that has no value is left out, so that it matters only to an expression that gets as far as using it."""
        if name in self._values or name in self._failures:
            return
        try:
            value = self.value(self.variables[name])
            if len(orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)) > _LARGEST_VARIABLE:
                raise EvaluationError("operation cancelled: actual cost limit exceeded")
            self._values[name] = value
        except EvaluationError as error:
            self._failures[name] = str(error)
