"""The columns of a custom kind's table, from the JSON paths of its definition.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from minikube_py.api.columns import AGE, NAME, age
from minikube_py.api.definition import Cell, Column
from minikube_py.api.kinds.apiextensions.definition_spec import CustomResourceColumnDefinition
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.expressions.jsonpath import Part, evaluate, to_text
from minikube_py.expressions.jsonpath_parser import JsonPathError, parse_template

_AGE = replace(AGE, type="date")


def columns_of(declared: Iterable[CustomResourceColumnDefinition]) -> tuple[Column, ...]:
    """The name, then what is declared; else the age."""
    made = tuple(_column(each) for each in declared)
    return (NAME, *(made or (_AGE,)))


def _column(declared: CustomResourceColumnDefinition) -> Column:
    path = declared.json_path
    parts = parse_template(f"{{{path}}}")
    cell = functools.partial(_cell, parts, _READ[declared.type])
    description = declared.description or f"Custom resource definition column (in JSONPath format): {path}"
    return Column(declared.name, cell, declared.type, declared.format, declared.priority, description)


def _cell(parts: tuple[Part, ...], read: Callable[[Json], Cell], obj: Resource) -> Cell:
    """The first value that the path finds; nothing where there is none, or of another type than the column's."""
    try:
        found = [value for group in evaluate(parts, obj.to_dict()) for value in group]
    except JsonPathError:
        return None
    return read(found[0]) if found else None


def _date(value: Any) -> Cell:
    try:
        return age(Time(value)) if isinstance(value, str) else None
    except ValueError:
        return "<invalid>"


_READ: dict[str, Callable[[Any], Cell]] = {
    "string": lambda value: None if value is None else to_text(value),
    "integer": lambda value: int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None,
    "number": lambda value: value if isinstance(value, int | float) and not isinstance(value, bool) else None,
    "boolean": lambda value: value if isinstance(value, bool) else None,
    "date": _date,
}
