"""Selectors: which objects a list, a watch, a Service or a ReplicaSet means.

A label selector is a conjunction of requirements, written as text in URLs (`app=web,tier in (a,b),!canary`) or as a
document in objects (`matchLabels`, `matchExpressions`); both become the same `Selector`. A field selector compares
named fields of an object (`metadata.name=web,spec.nodeName!=`). Both are immutable, and `parse(str(s)) == s`.

`matches` is called for every watch event and every listed object, so a requirement decides with one look-up.

Kubernetes: apimachinery pkg/labels/selector.go, pkg/fields/selector.go, LabelSelectorAsSelector in meta/v1/helpers.go
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from minikube_py.api.meta import LabelSelector
from minikube_py.api.validation import FieldError, invalid_value, label_value_errors, qualified_name_errors, shown
from minikube_py.errors import MinikubeError


class SelectorError(MinikubeError):
    """A selector that cannot be understood; the text is the one that kubectl's users know."""


class Operator(StrEnum):
    IN = "in"
    NOT_IN = "notin"
    EQUALS = "="
    DOUBLE_EQUALS = "=="
    NOT_EQUALS = "!="
    GREATER_THAN = "gt"
    LESS_THAN = "lt"
    EXISTS = "exists"
    DOES_NOT_EXIST = "!"


_ANY_OF = frozenset({Operator.IN, Operator.EQUALS, Operator.DOUBLE_EQUALS})
_NONE_OF = frozenset({Operator.NOT_IN, Operator.NOT_EQUALS})
_BY_SIZE = frozenset({Operator.GREATER_THAN, Operator.LESS_THAN})
_SET_BASED = frozenset({Operator.IN, Operator.NOT_IN})
_OPERATOR_SIGNS = {Operator.GREATER_THAN: ">", Operator.LESS_THAN: "<"}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on the label `key`. Build it with `requirement`, which checks and sorts."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        if self.operator in _ANY_OF:
            return value in self.values
        if self.operator in _NONE_OF:
            return value not in self.values
        if self.operator is Operator.EXISTS:
            return value is not None
        if self.operator is Operator.DOES_NOT_EXIST:
            return value is None
        return self._matches_size(value)

    def _matches_size(self, value: str | None) -> bool:
        number, bound = _integer(value or ""), _integer(self.values[0])
        if number is None or bound is None:
            return False
        return number > bound if self.operator is Operator.GREATER_THAN else number < bound

    def __str__(self) -> str:
        if self.operator is Operator.EXISTS:
            return self.key
        if self.operator is Operator.DOES_NOT_EXIST:
            return f"!{self.key}"
        if self.operator in _SET_BASED:
            return f"{self.key} {self.operator} ({','.join(self.values)})"
        return f"{self.key}{_OPERATOR_SIGNS.get(self.operator, self.operator)}{self.values[0]}"


def requirement(key: str, operator: Operator, values: Iterable[str] = ()) -> Requirement:
    """Make a Requirement of checked parts, its values sorted and each once.

    Raises: SelectorError with every fault that was found.
    """
    checked = tuple(sorted(set(values)))
    errors = [invalid_value("key", key, "; ".join(faults)) for faults in [qualified_name_errors(key)] if faults]
    errors.extend(_value_errors(key, operator, checked))
    if errors:
        text = ", ".join(str(error) for error in errors)
        raise SelectorError(text if len(errors) == 1 else f"[{text}]")
    return Requirement(key, operator, checked)


def _value_errors(key: str, operator: Operator, values: tuple[str, ...]) -> Iterator[FieldError]:
    if operator in _SET_BASED and not values:
        yield invalid_value("values", list(values), "for 'in', 'notin' operators, values set can't be empty")
    elif operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST) and values:
        yield invalid_value("values", list(values), "values set must be empty for exists and does not exist")
    elif operator in _BY_SIZE:
        for index, value in enumerate(values):
            if _integer(value) is None:
                detail = "for 'Gt', 'Lt' operators, the value must be an integer"
                yield invalid_value(f"values[{index}]", value, detail)
    for index, value in enumerate(values):
        if faults := label_value_errors(value):
            yield invalid_value(f"values[{index}][{key}]", value, "; ".join(faults))


def _integer(text: str) -> int | None:
    """A decimal number of 64 bits, or None."""
    if not re.fullmatch(r"[+-]?[0-9]{1,40}", text):
        return None
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else None


@dataclass(frozen=True, slots=True)
class Selector:
    """A conjunction of requirements in the order of their keys; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()
    is_nothing: bool = False
    """Matches no object at all: what an absent selector document means."""

    def matches(self, labels: Mapping[str, str]) -> bool:
        if self.is_nothing:
            return False
        for each in self.requirements:  # noqa: SIM110 - half the time of all(), and this runs per watcher and event
            if not each.matches(labels):
                return False
        return True

    @property
    def is_everything(self) -> bool:
        return not self.requirements and not self.is_nothing

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self.requirements)

    def __str__(self) -> str:
        return ",".join(str(each) for each in self.requirements)


EVERYTHING = Selector()
NOTHING = Selector(is_nothing=True)


def selector_from_labels(labels: Mapping[str, str]) -> Selector:
    """Select objects that carry all of `labels`, as a Service's `spec.selector` does. The labels are not checked."""
    return _ordered(Requirement(key, Operator.EQUALS, (value,)) for key, value in labels.items())


_DOCUMENT_OPERATORS = {
    "In": Operator.IN,
    "NotIn": Operator.NOT_IN,
    "Exists": Operator.EXISTS,
    "DoesNotExist": Operator.DOES_NOT_EXIST,
}


def label_selector_from_document(document: Mapping[str, Any] | None) -> Selector:
    """Read `{matchLabels: …, matchExpressions: […]}`; None selects nothing, `{}` everything.

    Raises: SelectorError
    """
    if document is None:
        return NOTHING
    found = [requirement(key, Operator.EQUALS, [value]) for key, value in (document.get("matchLabels") or {}).items()]
    expressions: Sequence[Mapping[str, Any]] = document.get("matchExpressions") or ()
    for expression in expressions:
        name = expression.get("operator", "")
        operator = _DOCUMENT_OPERATORS.get(name)
        if operator is None:
            raise SelectorError(f"{shown(name)} is not a valid label selector operator")
        found.append(requirement(expression.get("key", ""), operator, expression.get("values") or ()))
    return _ordered(found)


def selector_of(selector: LabelSelector | None) -> Selector:
    """What a selector in an object's spec means. Raises: SelectorError"""
    return label_selector_from_document(None if selector is None else selector.to_dict())


def _ordered(requirements: Iterable[Requirement]) -> Selector:
    return Selector(tuple(sorted(requirements, key=lambda each: each.key)))


def parse_label_selector(text: str) -> Selector:
    """Read the text form, as it stands in `?labelSelector=` and after `kubectl -l`.

    Raises: SelectorError
    """
    return _LabelSelectorParser(text).parse()


_TOKEN = re.compile(r"[ \t\r\n]*(==|!=|[=!(),><]|[^=!(),>< \t\r\n]+|$)")
_SIGNS = frozenset({"==", "!=", "=", "!", "(", ")", ",", ">", "<", ""})
_OPERATORS = {
    "in": Operator.IN,
    "notin": Operator.NOT_IN,
    "=": Operator.EQUALS,
    "==": Operator.DOUBLE_EQUALS,
    "!=": Operator.NOT_EQUALS,
    ">": Operator.GREATER_THAN,
    "<": Operator.LESS_THAN,
}
_OPERATORS_SHOWN = "in, notin, =, ==, !=, gt, lt"


class _LabelSelectorParser:
    """Recursive descent over tokens; the token after the last is the empty string."""

    def __init__(self, text: str) -> None:
        self._tokens = [match[1] for match in _TOKEN.finditer(text)]
        self._tokens.append("")
        self._next = 0

    def parse(self) -> Selector:
        found: list[Requirement] = []
        while self._peek():
            if self._peek() != "!" and not self._at_word():
                raise SelectorError(f"found '{self._peek()}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except SelectorError as error:
                raise SelectorError(f"unable to parse requirement: {error}") from error
            end = self._take()
            if not end:
                break
            if end != ",":
                raise SelectorError(f"found '{end}', expected: ',' or 'end of string'")
            if self._peek() != "!" and not self._at_word():
                raise SelectorError(f"found '{self._peek()}', expected: identifier after ','")
        return _ordered(found)

    def _peek(self) -> str:
        return self._tokens[self._next]

    def _at_word(self) -> bool:
        return self._peek() not in _SIGNS

    def _take(self) -> str:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _requirement(self) -> Requirement:
        negated = self._peek() == "!"
        if negated:
            self._take()
        key = self._word("found '{}', expected: identifier")
        if faults := qualified_name_errors(key):
            raise SelectorError(f"<nil>: Invalid value: {shown(key)}: {'; '.join(faults)}")
        if negated:
            return requirement(key, Operator.DOES_NOT_EXIST)
        if self._peek() in ("", ","):
            return requirement(key, Operator.EXISTS)
        token = self._take()
        operator = _OPERATORS.get(token)
        if operator is None:
            raise SelectorError(f"found '{token}', expected: {_OPERATORS_SHOWN}")
        return requirement(key, operator, self._value_list() if operator in _SET_BASED else [self._value()])

    def _word(self, complaint: str) -> str:
        if not self._at_word():
            raise SelectorError(complaint.format(self._peek()))
        return self._take()

    def _value(self) -> str:
        if self._peek() in ("", ","):
            return ""
        return self._word("found '{}', expected: identifier")

    def _value_list(self) -> list[str]:
        """Read `(a,b)`; between two commas, and in `()`, stands the empty value."""
        if (token := self._take()) != "(":
            raise SelectorError(f"found '{token}' expected: '('")
        if self._peek() not in (",", ")") and not self._at_word():
            raise SelectorError(f"found '{self._peek()}', expected: ',', ')' or identifier")
        values = []
        while True:
            values.append("" if self._peek() in (",", ")") else self._word("found '{}', expected: ',', or identifier"))
            token = self._take()
            if token == ")":
                return values
            if token != ",":
                raise SelectorError(f"found '{token}', expected: ',' or ')'")


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    """One comparison of a field with a value."""

    field: str
    value: str
    is_negated: bool = False

    def matches(self, fields: Mapping[str, str]) -> bool:
        return (fields.get(self.field, "") == self.value) is not self.is_negated

    def __str__(self) -> str:
        return f"{self.field}{'!=' if self.is_negated else '='}{_escape(self.value)}"


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """A conjunction of comparisons; which fields a kind knows is checked by whoever holds the kind."""

    requirements: tuple[FieldRequirement, ...] = ()

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether an object with these field values is meant; an absent field counts as empty."""
        return all(each.matches(fields) for each in self.requirements)

    @property
    def is_everything(self) -> bool:
        return not self.requirements

    def required_value(self, field: str) -> str | None:
        """The only value of `field` that can match, if there is one: an index can be asked for it."""
        return next((r.value for r in self.requirements if r.field == field and not r.is_negated), None)

    def __iter__(self) -> Iterator[FieldRequirement]:
        return iter(self.requirements)

    def __str__(self) -> str:
        return ",".join(str(each) for each in self.requirements)


_FIELD_TERM = re.compile(r"(.*?)(!=|==|=)(.*)", re.DOTALL)
_UNESCAPED_COMMA = re.compile(r"((?:[^\\,]|\\.|\\$)*)(?:,|$)", re.DOTALL)


def parse_field_selector(text: str) -> FieldSelector:
    r"""Read the text form, as it stands in `?fieldSelector=`; `\` escapes `,`, `=` and itself in values.

    Raises: SelectorError
    """
    requirements = []
    for term in sorted(match[1] for match in _UNESCAPED_COMMA.finditer(text)):
        if not term:
            continue
        parts = _FIELD_TERM.fullmatch(term)
        if parts is None:
            raise SelectorError(f"invalid selector: '{text}'; can't understand '{term}'")
        requirements.append(FieldRequirement(parts[1], _unescape(parts[3]), is_negated=parts[2] == "!="))
    return FieldSelector(tuple(requirements))


def _escape(value: str) -> str:
    return re.sub(r"[\\,=]", r"\\\g<0>", value)


def _unescape(value: str) -> str:
    def plain(match: re.Match[str]) -> str:
        sequence = match[0]
        if sequence in (",", "="):
            raise SelectorError(f"invalid field selector: unescaped character in value: {ord(sequence)}")
        if sequence not in ("\\\\", "\\,", "\\="):
            raise SelectorError(f"invalid field selector: invalid escape sequence: {sequence}")
        return sequence[1]

    return re.sub(r"\\.|\\|[,=]", plain, value, flags=re.DOTALL)
