"""The CEL rules of a schema (x-kubernetes-validations): compiled once, asked of every write.

A rule stands at a place of the schema and sees what is there as `self`; one that also names `oldSelf` judges the
change, and is asked only where there was something before.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel
Simplified: what is inside `self` has no declared type, so a field that the schema does not have is found when the rule
is asked, not when it is compiled; and there is no estimate of what a rule may cost.
"""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps, ValidationRule
from minikube_py.api.kinds.field_checks import Errors, go_struct
from minikube_py.api.model import Json
from minikube_py.api.validation import (
    FieldError,
    duplicate_value,
    forbidden_value,
    invalid_value,
    required,
    shown,
    unsupported_value,
)
from minikube_py.customresources.validation import json_type, member_path, old_element
from minikube_py.expressions.cel import (
    ANY,
    CompileError,
    Environment,
    EvaluationError,
    Program,
    TypeName,
    duration,
    timestamp,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to be asked."""

    source: ValidationRule
    program: Program
    message: Program | None
    is_transition: bool

    def errors(self, value: Json, schema: JSONSchemaProps, path: str, old: Json) -> Errors:
        before = None if old is None else cel_value(old, schema)
        variables = {"self": cel_value(value, schema), "oldSelf": before, "hadSelf": old is not None}
        try:
            if self.program.evaluate(variables) is True:
                return
        except EvaluationError as error:
            yield FieldError(path or _ROOT, f"Invalid value: {_shown(value)}: rule evaluation error: {error}")
            return
        where = path + self.source.field_path if self.source.field_path else path
        yield self._error(where.removeprefix(".") or _ROOT, self._message(variables), value)

    def _message(self, variables: dict[str, Json]) -> str:
        if self.message is not None:
            try:
                text = self.message.evaluate(variables)
            except EvaluationError:
                text = ""
            if isinstance(text, str) and text.strip() and "\n" not in text:
                return text
        return self.source.message.strip() or f"failed rule: {self.source.rule.strip()}"

    def _error(self, path: str, message: str, value: Json) -> FieldError:
        match self.source.reason:
            case "FieldValueForbidden":
                return forbidden_value(path, message)
            case "FieldValueRequired":
                return required(path, message)
            case "FieldValueDuplicate":
                return duplicate_value(path, value)
            case _:
                return FieldError(path, f"Invalid value: {message}")


_ROOT = "<nil>"


def _shown(value: Json) -> str:
    return f'"{json_type(value)}"' if isinstance(value, list | dict) else shown(value)


class Rules:
    """All rules of a schema, by where they stand."""

    def __init__(self, schema: JSONSchemaProps) -> None:
        self._schema = schema

    @functools.cached_property
    def _compiled(self) -> dict[int, tuple[Rule, ...]]:
        """By the identity of the schema that they stand at; made when they are first asked."""
        found: dict[int, tuple[Rule, ...]] = {}
        for each, _ in _with_rules(self._schema, ""):
            found[id(each)] = tuple(compiled(rule, each) for rule in each.validations)
        return found

    @functools.cached_property
    def exist(self) -> bool:
        return next(_with_rules(self._schema, ""), None) is not None

    def errors(self, value: Json, old: Json) -> Errors:
        """What the rules find wrong with an object, or with the change from `old` (None: it is new)."""
        if self.exist:
            yield from self._errors(value, self._schema, "", old)

    def _errors(self, value: Json, schema: JSONSchemaProps, path: str, old: Json) -> Errors:
        if value is None:
            return
        for rule in self._compiled.get(id(schema), ()):
            is_asked = old is not None or rule.source.optional_old_self if rule.is_transition else old != value
            if is_asked:
                yield from rule.errors(value, schema, path, old)
        if isinstance(value, dict):
            for name, member in value.items():
                inner = schema.properties.get(name, schema.additional_properties)
                if isinstance(inner, JSONSchemaProps):
                    before = old.get(name) if isinstance(old, dict) else None
                    yield from self._errors(member, inner, member_path(path, name), before)
        elif isinstance(value, list) and isinstance(schema.items, JSONSchemaProps):
            for index, item in enumerate(value):
                yield from self._errors(item, schema.items, f"{path}[{index}]", old_element(item, schema, old))


def _with_rules(schema: JSONSchemaProps, path: str) -> Iterator[tuple[JSONSchemaProps, str]]:
    """Every place of a schema that has rules."""
    if schema.validations:
        yield schema, path
    for name, inner in schema.properties.items():
        yield from _with_rules(inner, f"{path}.properties[{name}]")
    if isinstance(schema.items, JSONSchemaProps):
        yield from _with_rules(schema.items, f"{path}.items")
    if isinstance(schema.additional_properties, JSONSchemaProps):
        yield from _with_rules(schema.additional_properties, f"{path}.additionalProperties")


_OLD = re.compile(r"\boldSelf\b")
_TYPES: dict[str, TypeName] = {"boolean": "BOOL", "integer": "INT", "number": "DOUBLE", "string": "STRING"}
_FORMAT_TYPES: dict[str, TypeName] = {"date-time": "TIMESTAMP", "date": "TIMESTAMP", "duration": "DURATION"}


def compiled(rule: ValidationRule, schema: JSONSchemaProps) -> Rule:
    """Raises: CompileError."""
    message = _program(rule, rule.message_expression, schema, "STRING") if rule.message_expression else None
    return Rule(rule, _program(rule, rule.rule, schema, "BOOL"), message, bool(_OLD.search(rule.rule)))


def _program(rule: ValidationRule, source: str, schema: JSONSchemaProps, result: TypeName) -> Program:
    """Raises: CompileError."""
    self_type = _FORMAT_TYPES.get(schema.format) or _TYPES.get(schema.type, ANY)
    environment = _environment(ANY if schema.nullable or schema.format == "byte" else self_type)
    if rule.optional_old_self:
        old = "hadSelf ? optional.of(oldSelf) : optional.none()"
        source = f"cel.bind(oldSelf, {old}, {source})"
    return environment.compile(source, result)


@functools.cache
def _environment(self_type: TypeName) -> Environment:
    return Environment({"self": self_type, "oldSelf": ANY if self_type == ANY else self_type, "hadSelf": "BOOL"})


def rule_errors(schema: JSONSchemaProps, path: str) -> Errors:
    """What is wrong with the rules of a schema."""
    for each, where in _with_rules(schema, path):
        for index, rule in enumerate(each.validations):
            yield from _rule_errors(rule, each, f"{where}.x-kubernetes-validations[{index}]")


def _rule_errors(rule: ValidationRule, schema: JSONSchemaProps, path: str) -> Errors:
    if not rule.rule.strip():
        yield required(f"{path}.rule", "rule is not specified")
        return
    if rule.reason is not None and rule.reason not in _REASONS:
        yield unsupported_value(f"{path}.reason", rule.reason, _REASONS)
    if rule.field_path and not _has_field(schema, rule.field_path):
        yield invalid_value(f"{path}.fieldPath", rule.field_path, "must be a valid path")
    sources: tuple[tuple[str, str, TypeName, str], ...] = (
        ("rule", rule.rule, "BOOL", "cel expression"),
        ("messageExpression", rule.message_expression, "STRING", "messageExpression"),
    )
    for field, source, result, words in sources:
        try:
            if source:
                _program(rule, source, schema, result)
        except CompileError as error:
            text = f"{words} {error}" if str(error).startswith("must") else str(error)
            yield invalid_value(f"{path}.{field}", go_struct(rule), text)


_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_STEP = re.compile(r"\.(\w+)|\['([^']+)'\]")


def _has_field(schema: JSONSchemaProps, path: str) -> bool:
    """Whether a path such as `.spec.limit` or `.labels['a']` leads to something in the schema."""
    at: JSONSchemaProps | bool | None = schema
    steps = list(_STEP.finditer(path))
    for step in steps:
        if not isinstance(at, JSONSchemaProps):
            return False
        at = at.properties.get(step[1] or step[2], at.additional_properties)
    return isinstance(at, JSONSchemaProps) and "".join(step[0] for step in steps) == path


def cel_value(value: Json, schema: JSONSchemaProps) -> Json:
    """The value as rules see it: times and durations as such, names that CEL cannot write in its own spelling."""
    if isinstance(value, str):
        return _cel_text(value, schema.format)
    if isinstance(value, int) and schema.type == "number":
        return float(value)
    if isinstance(value, list) and isinstance(schema.items, JSONSchemaProps):
        return [cel_value(item, schema.items) for item in value]
    if not isinstance(value, dict):
        return value
    others = schema.additional_properties
    made = {}
    for name, member in value.items():
        if name in schema.properties:
            made[cel_name(name)] = cel_value(member, schema.properties[name])
        else:
            made[name] = cel_value(member, others) if isinstance(others, JSONSchemaProps) else member
    return made


def _cel_text(value: str, text_format: str) -> Json:
    """What was stored before its format was asked for may be none; it stays text."""
    read = _READ.get(text_format)
    try:
        return read(value) if read is not None else value
    except ValueError:
        return value


_READ: Mapping[str, Callable[[str], Json]] = {
    "date-time": timestamp,
    "date": lambda text: timestamp(f"{text}T00:00:00Z"),
    "duration": duration,
    "byte": base64.b64decode,
}
_RESERVED = frozenset(
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    }
)  # fmt: skip
_SPELLINGS = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))


@functools.lru_cache(maxsize=1024)
def cel_name(name: str) -> str:
    """A field's name as an expression writes it."""
    if name in _RESERVED:
        return f"__{name}__"
    for sign, spelling in _SPELLINGS:
        name = name.replace(sign, spelling)
    return name
