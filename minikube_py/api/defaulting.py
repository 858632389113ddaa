"""Defaulting: filling in what a client left out, without copying what is complete already.

Every function returns the very value that it was given when there is nothing to add, so that defaulting an object a
second time costs comparisons and no copies.

Kubernetes: pkg/apis/<group>/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any, TypeVar

from minikube_py.api.model import Model, replace

M = TypeVar("M", bound=Model)
T = TypeVar("T")


def filled(value: M, **defaults: object) -> M:
    """A copy in which the attributes that have nothing of their own take these values."""
    fields = value.__pydantic_fields__  # half the time of `model_fields`, and every write comes through here
    missing = None
    for attribute, default in defaults.items():
        if getattr(value, attribute) == fields[attribute].default:
            missing = missing or {}
            missing[attribute] = default
    return replace(value, **missing) if missing else value


def changed(value: M, **attributes: Any) -> M:
    """A copy with these attributes, or `value` itself when they are what it has."""
    for name, new in attributes.items():
        if new is not getattr(value, name):
            return replace(value, **attributes)
    return value


def each(items: tuple[T, ...], default: Callable[[T], T]) -> tuple[T, ...]:
    """The items defaulted one by one; the same tuple when none changed."""
    if not items:
        return items
    new = tuple([default(item) for item in items])
    return items if all(map(is_, items, new)) else new


def optional(value: T | None, default: Callable[[T], T]) -> T | None:
    return None if value is None else default(value)
