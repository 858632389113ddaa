"""What a schema makes of a document: fields that it does not have go, those left out get their defaults.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{pruning,defaulting,objectmeta}
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import orjson

from minikube_py.api.decoding import DecodeError
from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Json, decode

TYPE_FIELDS = frozenset({"apiVersion", "kind", "metadata"})
"""What every object has, and an embedded one too, whatever its schema says."""


class Pruner:
    """Takes what the schema does not have out of a document, and remembers where that was."""

    def __init__(self, *, is_lenient: bool = False) -> None:
        """`is_lenient`: metadata of embedded objects that is none is dropped, as nobody is there to be told."""
        self._is_lenient = is_lenient
        self.unknown: list[str] = []
        self._of_metadata: list[str] = []

    @property
    def found(self) -> tuple[str, ...]:
        """The paths of what was taken out: first of fields, then of metadata inside embedded objects."""
        return (*sorted(self.unknown), *self._of_metadata)

    def pruned(self, value: Json, schema: JSONSchemaProps, path: str = "", *, is_object: bool = False) -> Json:
        """`is_object`: an object of its own, whose type and metadata stay. Raises: DecodeError for bad metadata."""
        if isinstance(value, list):
            items = schema.items
            if not isinstance(items, JSONSchemaProps):
                return value
            return [self.pruned(item, items, f"{path}[{index}]") for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value
        is_embedded = schema.embedded_resource
        kept: dict[str, Json] = {}
        for name, member in value.items():
            where = f"{path}.{name}" if path else name
            inner = _schema_of(schema, name)
            if (is_object or is_embedded) and name in TYPE_FIELDS:
                kept[name] = self._metadata(member, where) if is_embedded and name == "metadata" else member
            elif isinstance(inner, JSONSchemaProps):
                kept[name] = self.pruned(member, inner, where)
            elif inner:
                kept[name] = member
            else:
                self.unknown.append(where)
        return kept

    def _metadata(self, given: Json, path: str) -> Json:
        if not isinstance(given, dict):
            return given
        try:
            decoded = decode(ObjectMeta, orjson.dumps(given))
        except DecodeError:
            if not self._is_lenient:
                raise
            return {}
        self._of_metadata += [f"{path}.{each}" for each in decoded.unknown_fields]
        return decoded.value.to_dict()


def _schema_of(schema: JSONSchemaProps, name: str) -> JSONSchemaProps | bool:
    """The schema of a member; else whether one that has none may stay."""
    if name in schema.properties:
        return schema.properties[name]
    if schema.additional_properties is not None:
        return schema.additional_properties
    return bool(schema.preserve_unknown_fields)


def defaulted(value: Json, schema: JSONSchemaProps) -> Json:
    """The value with its defaults; a null goes where the schema does not allow one. The same object if nothing does."""
    if isinstance(value, list) and isinstance(schema.items, JSONSchemaProps):
        items = [defaulted(item, schema.items) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    if not isinstance(value, dict):
        return value
    others = schema.additional_properties if isinstance(schema.additional_properties, JSONSchemaProps) else None
    made: dict[str, Json] = {}
    for name, member in value.items():
        inner = schema.properties.get(name, others)
        if inner is None:
            made[name] = member
        elif member is not None or inner.nullable:
            made[name] = defaulted(member, inner)
    for name, inner in schema.properties.items():
        if name not in made and inner.default is not None:
            made[name] = defaulted(copy.deepcopy(inner.default), inner)
    return value if _is_same(made, value) else made


def _is_same(made: Mapping[str, Json], value: Mapping[str, Json]) -> bool:
    return made.keys() == value.keys() and all(made[name] is value[name] for name in value)
