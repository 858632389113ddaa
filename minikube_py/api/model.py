"""Model: the frozen value that every API type is, and its one mapping to JSON.

Attributes are snake_case, the wire is Kubernetes' camelCase. Three rules decide what is written:

- a field equal to its default is left out (Go's `omitempty`);
- a field declared with `written(T)` is always there, zero or not (Go without `omitempty`, or a plain struct);
- `T | None = None` tells an explicit zero from nothing (a pointer in Go).

Reading is exact: `decode` reports unknown fields, drops nulls, and turns a wrong type into the sentence that Go's
decoder uses. The happy path is one call into pydantic's core; only a document that it refuses is looked at twice.

Kubernetes: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json
Simplified: one version a kind, so there is no conversion between an internal and an external form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema

from minikube_py.api.decoding import DecodeError, path_text, remove, syntax_error, type_error

Json: TypeAlias = Any
"""A JSON document of a shape that this code does not fix (a patch, a CRD's object, managed fields)."""

M = TypeVar("M", bound="Model")

_WORDS_WRITTEN_WHOLE = {
    "ip": "IP", "ips": "IPs", "id": "ID", "cidr": "CIDR", "cidrs": "CIDRs", "uid": "UID", "url": "URL", "uuid": "UUID",
    "dns": "DNS", "pid": "PID", "ipc": "IPC", "fqdn": "FQDN", "os": "OS", "gb": "GB", "tls": "TLS", "api": "API",
}  # fmt: skip


def wire_name(attribute: str) -> str:
    """The JSON name of an attribute: `pod_ip` is podIP, `host_ips` hostIPs; the first word is always lower case."""
    first, *rest = attribute.rstrip("_").split("_")
    return first + "".join(_WORDS_WRITTEN_WHOLE.get(word, word.capitalize()) for word in rest)


def written(kind: type[Any], *, alias: str | None = None) -> Any:
    """A field that is on the wire even when it is empty; its default is `kind()`."""
    # A factory that takes the other fields cannot be asked for its value later, so `exclude_defaults` keeps the field.
    return Field(default_factory=lambda _fields: kind(), alias=alias)


def written_null() -> Any:
    """A field that is on the wire as null when it has no value (a time without `omitempty` in Go)."""
    return Field(default_factory=lambda _fields: None)


class _Nothing(dict[str, Any]):
    """The empty mapping that all objects share.

    Pydantic copies a default deeply, at every reading, if it has no hash; a model with such a field has none either.
    """

    def __hash__(self) -> int:  # type: ignore[override]
        return 0


_NOTHING = _Nothing()

_set_attributes, _set_names_given, _set_extra, _set_private = (
    vars(BaseModel)[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
"""What an instance of a model consists of, past the lock on frozen ones."""


def _limit_integers(schema: Any) -> None:
    """Give every whole number the range of 32 bits, unless its type says another; models inside have theirs."""
    if isinstance(schema, list):
        for inner in schema:
            _limit_integers(inner)
    elif isinstance(schema, dict) and schema.get("type") == "int":
        schema.setdefault("ge", -(1 << 31))
        schema.setdefault("le", (1 << 31) - 1)
    elif isinstance(schema, dict) and schema.get("type") not in ("model", "definition-ref"):
        for inner in schema.values():
            _limit_integers(inner)


class Model(BaseModel):
    """A frozen API value. Copy with `replace`, compare with `==`; never changed in place, so it can be shared."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=wire_name,
        populate_by_name=True,
        defer_build=True,
    )
    is_atomic: ClassVar[bool] = False
    """Whether such a value has one owner as a whole, wherever it stands (`x-kubernetes-map-type: atomic`)."""
    are_often_the_same: ClassVar[bool] = False
    """Whether many objects hold equal values of this type, so that it pays to look for one that is kept already."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for name in cls.__annotations__:
            if vars(cls).get(name) == {}:
                setattr(cls, name, _NOTHING)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _limit_integers(schema["schema"] if schema["type"] == "model" else schema)
        return schema

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """The value of a JSON text. Unknown fields are dropped.

        Raises: DecodeError.
        """
        return decode(cls, data).value

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> Self:
        """The value of a parsed document, which is not kept. Raises: DecodeError."""
        return decode(cls, orjson.dumps(document)).value

    def to_json(self) -> bytes:
        return self.__pydantic_serializer__.to_json(self, by_alias=True, exclude_defaults=True)

    def to_dict(self) -> dict[str, Json]:
        document: dict[str, Json] = orjson.loads(self.to_json())
        return document


def replace(value: M, **changes: object) -> M:
    """A copy with some attributes changed. The changes are not validated: they come from typed code."""
    if value.__pydantic_extra__ is not None:
        return value.model_copy(update=changes)
    # What pydantic's `model_copy` does, in half of its time: a write makes some thirty copies.
    made = object.__new__(type(value))
    _set_attributes(made, {**value.__dict__, **changes})
    _set_names_given(made, value.__pydantic_fields_set__ | changes.keys())
    _set_extra(made, None)
    _set_private(made, None)
    return made


_names_given: dict[frozenset[str], set[str]] = {}
_empty: dict[type[Model], Model] = {}
_same: dict[tuple[type[Model], bytes], Model] = {}
_MOST_SAME = 1024


def compact(value: M) -> M:
    """The very value, sharing with all others what is the same in each; for one that was just read and will be kept.

    A pod that was read takes 15 KB: 6 are the sets that say which fields were in the text, alike in all pods, and 4 are
    the volume with the account's token.
    """
    names = value.__pydantic_fields_set__
    _set_names_given(value, _names_given.setdefault(frozenset(names), names))
    attributes = value.__dict__
    for name, inner in attributes.items():
        if isinstance(inner, Model):
            attributes[name] = _shared(inner)
        elif type(inner) is tuple and inner and isinstance(inner[0], Model):
            attributes[name] = tuple(map(_shared, inner))
    return value


def _shared(value: Model) -> Model:
    if not value.__pydantic_fields_set__:
        return _empty.setdefault(type(value), value)
    if not value.are_often_the_same:
        return compact(value)
    key = type(value), value.to_json()
    if key not in _same:
        if len(_same) == _MOST_SAME:
            _same.clear()
        _same[key] = compact(value)
    return _same[key]


@dataclass(frozen=True, slots=True)
class Decoded(Generic[M]):
    value: M
    unknown_fields: tuple[str, ...] = ()
    """Paths that the type does not have, such as `spec.containers[0].imagee`, sorted."""


def decode(model: type[M], data: bytes | str) -> Decoded[M]:
    """Read a JSON text as `model`, collecting unknown fields and ignoring nulls.

    Raises: DecodeError naming the first field of a wrong type.
    """
    try:
        return Decoded(model.model_validate_json(data))
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_context=False)
    if errors[0]["type"] == "json_invalid":
        raise DecodeError(syntax_error(errors[0]["msg"], data))
    document = orjson.loads(data)
    unknown = tuple(sorted(path_text(error["loc"]) for error in errors if error["type"] == "extra_forbidden"))
    for error in errors:
        if error["type"] == "extra_forbidden" or error["input"] is None:
            remove(document, error["loc"])
    try:
        return Decoded(model.model_validate_json(orjson.dumps(document)), unknown)
    except ValidationError as refused:
        raise DecodeError(type_error(model, refused.errors(include_url=False)[0])) from refused
