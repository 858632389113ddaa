"""Field markers: what a list or struct means to patch, apply and OpenAPI, said once beside the field.

    containers: Annotated[tuple[Container, ...], MergeBy("name")]

A list without a marker is atomic: a patch replaces it whole.

Kubernetes: the `patchStrategy`, `patchMergeKey`, `+listType`, `+listMapKey` and `+enum` tags of the API types
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class MergeBy:
    """A list of structs that strategic merge patch merges by `key`.

    `map_keys` are the keys that server-side apply tells the items apart by; empty where apply takes it as atomic.
    """

    key: str
    map_keys: tuple[str, ...] = ()
    retain_keys: bool = False


@dataclass(frozen=True, slots=True)
class MergeSet:
    """A list of scalars without order or duplicates, which a strategic merge patch adds to."""


@dataclass(frozen=True, slots=True)
class ListType:
    """How server-side apply sees a list that strategic merge patch replaces whole."""

    kind: Literal["set", "map", "atomic"]
    map_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RetainKeys:
    """A struct of which a strategic merge patch keeps only the fields that the patch names ($retainKeys)."""


@dataclass(frozen=True, slots=True)
class AtomicStruct:
    """A struct or mapping that server-side apply replaces whole."""


@dataclass(frozen=True, slots=True)
class GranularStruct:
    """A struct or mapping whose members server-side apply tells apart, which OpenAPI says in so many words."""


@dataclass(frozen=True, slots=True)
class ReplacedByPatch:
    """A struct that a strategic merge patch replaces whole."""


@dataclass(frozen=True, slots=True)
class Format:
    """What OpenAPI calls the format of a scalar, where its Python type does not say it."""

    name: str


@dataclass(frozen=True, slots=True)
class Required:
    """A field that OpenAPI calls required although it is left out when empty, or may be null."""


@dataclass(frozen=True, slots=True)
class NotRequired:
    """A field that OpenAPI does not call required although it is always written."""


@dataclass(frozen=True, slots=True)
class NoDefault:
    """A field that OpenAPI gives no default although it is always written."""


@dataclass(frozen=True, slots=True)
class DefaultsTo:
    """The value that defaulting gives a field, where apply has to know it: lists keyed by such a field."""

    value: str | bool | int


class OneOf(tuple[str, ...]):
    """The values that a text may have; checked by the kind's validation, shown by OpenAPI."""

    __slots__ = ()

    def __new__(cls, *values: str) -> OneOf:
        return super().__new__(cls, values)
