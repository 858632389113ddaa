"""Schemas of OpenAPI v3, made from the models and their markers: what `kubectl explain` and validation read.

A model becomes a schema of its fields; a type that many fields share (Time, Quantity, ...) has a schema of its own.
What people should know of a field is in `field_descriptions.tsv`, of a type in its docstring.

Kubernetes: staging/src/k8s.io/kube-openapi/pkg/schemamutation, pkg/generated/openapi
"""

from __future__ import annotations

import functools
import re
import sys
import types
from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from minikube_py.api.definition import PublishedSchema
from minikube_py.api.markers import (
    AtomicStruct,
    DefaultsTo,
    Format,
    GranularStruct,
    ListType,
    MergeBy,
    MergeSet,
    NoDefault,
    NotRequired,
    OneOf,
    ReplacedByPatch,
    Required,
    RetainKeys,
)
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import Json, Model
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Base64, IntOrString, MicroTime, Quantity, RawExtension, Time

META = "io.k8s.apimachinery.pkg.apis.meta.v1"
"""Upstream's package of the types that all kinds share; those of a kind are in `io.k8s.api.GROUP.v1`."""

_SCALARS: dict[Any, dict[str, Json]] = {
    str: {"type": "string", "default": ""},
    int: {"type": "integer", "format": "int32", "default": 0},
    float: {"type": "number", "format": "double", "default": 0},
    bool: {"type": "boolean", "default": False},
    Base64: {"type": "string", "format": "byte"},
}
_SHARED: dict[Any, tuple[str, dict[str, Json]]] = {
    Time: (f"{META}.Time", {"type": "string", "format": "date-time"}),
    MicroTime: (f"{META}.MicroTime", {"type": "string", "format": "date-time"}),
    Quantity: (
        "io.k8s.apimachinery.pkg.api.resource.Quantity",
        {"oneOf": [{"type": "string"}, {"type": "number"}]},
    ),
    RawExtension: ("io.k8s.apimachinery.pkg.runtime.RawExtension", {"type": "object"}),
    IntOrString: (
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    ),
}
_VERSION = re.compile(r"v\d+")
_FIELDS_V1 = (f"{META}.FieldsV1", {"type": "object"})

_PACKAGES = {
    "apiextensions": "io.k8s.apiextensions-apiserver.pkg.apis",
    "apiregistration": "io.k8s.kube-aggregator.pkg.apis",
}
"""Upstream's packages of the groups that are outside k8s.io/api."""

TYPE_NAMES: dict[str, Json] = {
    "apiVersion": {
        "type": "string",
        "description": "APIVersion defines the group and version that this document is written in.",
    },
    "kind": {"type": "string", "description": "What kind of object this is, in CamelCase."},
}


class Schemas:
    """The schemas that one document needs, by name; asking for a type adds it and all that it uses."""

    def __init__(self) -> None:
        self._found: dict[str, Json] = {}

    def document(self) -> dict[str, Json]:
        return dict(sorted(self._found.items()))

    def reference(self, model: type[Model]) -> dict[str, Json]:
        name = schema_name(model)
        if name not in self._found:
            self._found[name] = {}
            own = _own(model)
            self._found[name] = own.document if own is not None else self._schema(model)
        return reference(name)

    def add(self, name: str, schema: dict[str, Json]) -> dict[str, Json]:
        self._found[name] = schema
        return reference(name)

    def _schema(self, model: type[Model]) -> dict[str, Json]:
        schema: dict[str, Json] = {"type": "object"}
        if description := _description(model):
            schema["description"] = description
        if model.is_atomic:
            schema["x-kubernetes-map-type"] = "atomic"
        has_type = issubclass(model, Resource) or model is DeleteOptions
        properties: dict[str, Json] = dict(TYPE_NAMES) if has_type else {}
        required = []
        texts = {
            **(_OF_EVERY_KIND if issubclass(model, Resource) else {}),
            **field_descriptions().get(model.__name__, {}),
        }
        for field_name, field in model.model_fields.items():
            if field_name.startswith("wire_"):
                continue
            name = str(field.alias)
            properties[name] = self._property(field, texts.get(name, ""))
            if _is_required(field):
                required.append(name)
        schema["properties"] = properties
        if required:
            schema["required"] = required
        if issubclass(model, Resource):
            schema["x-kubernetes-group-version-kind"] = [group_version_kind(model)]
        return schema

    def _property(self, field: FieldInfo, text: str) -> dict[str, Json]:
        found = self._type(field.annotation, is_written=_is_written(field))
        if text:
            found = {"description": text, **found}
        for marker in field.metadata:
            found |= marker_extensions(marker)
        if get_origin(_plain(field.annotation)) is tuple and "x-kubernetes-list-type" not in found:
            found["x-kubernetes-list-type"] = "atomic"
        if any(isinstance(marker, NoDefault) for marker in field.metadata):
            found.pop("default", None)
        return found

    def _type(self, annotation: Any, *, is_written: bool) -> dict[str, Json]:
        """The schema of a type; `is_written`: with the value that it has when nothing was given."""
        if is_plain_scalar(annotation):
            scalar = _SCALARS[annotation]
            return dict(scalar) if is_written else {key: scalar[key] for key in scalar if key != "default"}
        if annotation in _SHARED:
            return {"allOf": [self.add(*_SHARED[annotation])]}
        if annotation is Any:
            return {}
        if is_model(annotation):
            default: dict[str, Json] = {"default": {}} if is_written else {}
            return default | {"allOf": [self.reference(annotation)]}
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin in (Union, types.UnionType):
            members = [argument for argument in arguments if argument is not type(None)]
            if any(is_model(member) for member in members[:-1]):
                return {}
            return self._type(IntOrString if len(members) > 1 else members[0], is_written=False)
        if origin is Annotated:
            formats = [{"format": marker.name} for marker in arguments[1:] if isinstance(marker, Format)]
            return self._type(arguments[0], is_written=is_written) | (formats[0] if formats else {})
        return self._container(origin, arguments)

    def _container(self, origin: Any, arguments: tuple[Any, ...]) -> dict[str, Json]:
        if origin is tuple:
            return {"type": "array", "items": self._type(arguments[0], is_written=True)}
        if arguments and arguments[-1] is not Any:
            return {"type": "object", "additionalProperties": self._type(arguments[-1], is_written=True)}
        return {"allOf": [self.add(*_FIELDS_V1)]}


def _description(model: type[Model]) -> str:
    """The docstring of the type; for a kind, else, the first paragraph of its file: `Node: a machine that …`."""
    text = model.__dict__.get("__doc__") or ""
    if not text and issubclass(model, Resource):
        text = (sys.modules[model.__module__].__doc__ or "").partition("\n\n")[0].partition(": ")[2]
        text = text[:1].upper() + text[1:]
    return " ".join(text.split())


def schema_name(model: type[Model]) -> str:
    """The name that upstream gives the schema of a type: `io.k8s.api.apps.v1.Deployment`."""
    if (own := _own(model)) is not None:
        return own.name
    package = model.__module__.removeprefix("minikube_py.api.").split(".")
    if package[0] != "kinds":
        return f"{META}.{model.__name__}"
    version = package[2] if _VERSION.fullmatch(package[2]) else "v1"
    return f"{_PACKAGES.get(package[1], 'io.k8s.api')}.{package[1]}.{version}.{model.__name__}"


def _own(model: type[Model]) -> PublishedSchema | None:
    return model.published_schema() if issubclass(model, Resource) else None


def reference(name: str) -> dict[str, Json]:
    return {"$ref": f"#/components/schemas/{name}"}


def group_version_kind(resource: type[Resource]) -> dict[str, Json]:
    definition = resource.definition
    return {"group": definition.group, "kind": definition.kind, "version": definition.version}


def marker_extensions(marker: object) -> dict[str, Json]:
    """What a marker says to clients."""
    match marker:
        case OneOf():
            return {"enum": list(marker)}
        case Format(name):
            return {"format": name}
        case DefaultsTo(value):
            return {"default": value}
        case MergeBy(key, map_keys, retain_keys):
            strategy = "merge,retainKeys" if retain_keys else "merge"
            kind: dict[str, Json] = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(map_keys)}
            merging = {"x-kubernetes-patch-strategy": strategy, "x-kubernetes-patch-merge-key": key}
            return merging | (kind if map_keys else {"x-kubernetes-list-type": "atomic"})
        case MergeSet():
            return {"x-kubernetes-patch-strategy": "merge", "x-kubernetes-list-type": "set"}
        case ListType(kind_name, map_keys):
            keys = {"x-kubernetes-list-map-keys": list(map_keys)} if map_keys else {}
            return {"x-kubernetes-list-type": kind_name, **keys}
        case _:
            return _PLAIN_EXTENSIONS.get(type(marker), {})


_PLAIN_EXTENSIONS: Mapping[type, dict[str, Json]] = {
    RetainKeys: {"x-kubernetes-patch-strategy": "retainKeys"},
    ReplacedByPatch: {"x-kubernetes-patch-strategy": "replace"},
    AtomicStruct: {"x-kubernetes-map-type": "atomic"},
    GranularStruct: {"x-kubernetes-map-type": "granular"},
}
"""What a marker without a value of its own says to clients."""


def is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Model)


def is_plain_scalar(annotation: Any) -> bool:
    try:
        return annotation in _SCALARS
    except TypeError:
        return False


def _plain(annotation: Any) -> Any:
    """The annotation without the None of an optional field."""
    if get_origin(annotation) in (Union, types.UnionType) and annotation != IntOrString:
        return next((a for a in get_args(annotation) if a is not type(None)), annotation)
    return annotation


def _is_written(field: FieldInfo) -> bool:
    return field.default is PydanticUndefined


def _is_required(field: FieldInfo) -> bool:
    """Always written and no struct that may be empty, unless a marker says otherwise."""
    if any(isinstance(marker, Required) for marker in field.metadata):
        return True
    if any(isinstance(marker, NotRequired) for marker in field.metadata) or not _is_written(field):
        return False
    annotation = field.annotation
    return not is_model(annotation)


_OF_EVERY_KIND = {
    "metadata": "Name, labels and the other data that every object has.",
    "spec": "What is wanted.",
    "status": "What was observed, by those who act on the object.",
}


@functools.cache
def field_descriptions() -> Mapping[str, Mapping[str, str]]:
    """Type -> field -> what it means, for the fields that people write."""
    texts: dict[str, dict[str, str]] = {}
    table = resources.files("minikube_py.api").joinpath("field_descriptions.tsv").read_text(encoding="utf-8")
    for line in table.splitlines()[1:]:
        model, field, text = line.split("\t")
        texts.setdefault(model, {})[field] = text
    return texts
