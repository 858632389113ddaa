"""OpenAPI v3 of a group, made from the models and their markers: what `kubectl explain` and its validation read.

Kubernetes: staging/src/k8s.io/kube-openapi/pkg/builder3
Simplified: the operations say what clients look for (action, kind, body, the fieldValidation parameter), no more.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterable, Mapping
from typing import Any, Union, get_args, get_origin

from pydantic_core import PydanticUndefined

from minikube_py.api.markers import AtomicStruct, ListType, MergeBy, MergeSet, OneOf, RetainKeys
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import Json, Model
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Base64, MicroTime, Quantity, Time

_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_FORMATS: dict[Any, dict[str, Json]] = {
    str: {"type": "string"},
    int: {"type": "integer", "format": "int32"},
    bool: {"type": "boolean"},
    float: {"type": "number", "format": "double"},
    Time: {"type": "string", "format": "date-time"},
    MicroTime: {"type": "string", "format": "date-time"},
    Quantity: {"oneOf": [{"type": "string"}, {"type": "number"}]},
}
_PATCH_TYPES = ("application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json")


def openapi_v3(group: str, version: str, resources: Iterable[type[Resource]]) -> dict[str, Json]:
    """The document of one group and version: the paths of its resources, and the schema of every type they use."""
    schemas: dict[str, Json] = {}
    paths: dict[str, Json] = {}
    for resource in resources:
        _add_schema(resource, schemas)
        paths.update(_paths(resource))
    _add_schema(DeleteOptions, schemas)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36"},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def schema_name(model: type[Model]) -> str:
    """The name that upstream gives the schema of a type: `io.k8s.api.apps.v1.Deployment`."""
    package = model.__module__.removeprefix("minikube_py.api.").split(".")
    if package[0] != "kinds":
        return f"{_META}.{model.__name__}"
    return f"io.k8s.api.{package[1]}.v1.{model.__name__}"


def _add_schema(model: type[Model], schemas: dict[str, Json]) -> None:
    name = schema_name(model)
    if name in schemas:
        return
    schema: dict[str, Json] = {"type": "object"}
    schemas[name] = schema
    description = inspect.cleandoc(model.__dict__.get("__doc__") or "")
    if description:
        schema["description"] = description
    properties: dict[str, Json] = {}
    required = []
    if issubclass(model, Resource):
        definition = model.definition
        properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
        kind = {"group": definition.group, "version": definition.version, "kind": definition.kind}
        schema["x-kubernetes-group-version-kind"] = [kind]
    for field_name, field in model.model_fields.items():
        if field_name.startswith("wire_"):
            continue
        properties[str(field.alias)] = _property(field.annotation, field.metadata, schemas)
        is_always_there = field.default is PydanticUndefined and field_name not in ("metadata", "spec", "status")
        if is_always_there and not _is_object(field.annotation):
            required.append(str(field.alias))
    schema["properties"] = properties
    if required:
        schema["required"] = required


def _is_object(annotation: Any) -> bool:
    return any(isinstance(t, type) and issubclass(t, Model) for t in (annotation, *get_args(annotation)))


def _property(annotation: Any, markers: Iterable[object], schemas: dict[str, Json]) -> dict[str, Json]:
    found = _type(annotation, schemas)
    for marker in markers:
        if isinstance(marker, OneOf):
            found["enum"] = list(marker)
        else:
            found |= _extensions(marker)
    if get_origin(annotation) is tuple and not any(key == "x-kubernetes-list-type" for key in found):
        found["x-kubernetes-list-type"] = "atomic"
    return found


def _extensions(marker: object) -> dict[str, Json]:
    """What a marker says to clients."""
    match marker:
        case MergeBy(key, map_keys, retain_keys):
            strategy = {"x-kubernetes-patch-strategy": "merge,retainKeys" if retain_keys else "merge"}
            found: dict[str, Json] = {**strategy, "x-kubernetes-patch-merge-key": key}
            if map_keys:
                found |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(map_keys)}
            return found
        case MergeSet():
            return {"x-kubernetes-patch-strategy": "merge", "x-kubernetes-list-type": "set"}
        case ListType(kind, map_keys):
            keys = {"x-kubernetes-list-map-keys": list(map_keys)} if map_keys else {}
            return {"x-kubernetes-list-type": kind, **keys}
        case RetainKeys():
            return {"x-kubernetes-patch-strategy": "retainKeys"}
        case AtomicStruct():
            return {"x-kubernetes-map-type": "atomic"}
        case _:
            return {}


def _type(annotation: Any, schemas: dict[str, Json]) -> dict[str, Json]:
    if annotation in _FORMATS:
        return dict(_FORMATS[annotation])
    if annotation == Base64:
        return {"type": "string", "format": "byte"}
    if isinstance(annotation, type) and issubclass(annotation, Model):
        _add_schema(annotation, schemas)
        return {"allOf": [{"$ref": f"#/components/schemas/{schema_name(annotation)}"}], "default": {}}
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0], schemas)}
    if origin in (Mapping, dict):
        return {"type": "object", "additionalProperties": _type(arguments[-1], schemas)}
    if origin in (Union, types.UnionType):
        members = [argument for argument in arguments if argument is not type(None)]
        if set(members) == {int, str}:
            return {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}
        found = _type(members[0], schemas)
        found.pop("default", None)
        return found
    if arguments:
        return _type(arguments[0], schemas)
    return {"type": "object"}


def _paths(resource: type[Resource]) -> dict[str, Json]:
    """The operations of a resource, by path."""
    definition = resource.definition
    collection = f"{definition.base_path}/{definition.plural}"
    paths: dict[str, Json] = {}
    if definition.namespaced and "list" in definition.verbs:
        paths[collection] = {"get": _operation(resource, "list")}
        collection = f"{definition.base_path}/namespaces/{{namespace}}/{definition.plural}"
    verbs = {"list": "get", "create": "post", "deletecollection": "delete"}
    on_collection = {method: _operation(resource, verb) for verb, method in verbs.items() if verb in definition.verbs}
    verbs = {"get": "get", "update": "put", "patch": "patch", "delete": "delete"}
    on_object = {method: _operation(resource, verb) for verb, method in verbs.items() if verb in definition.verbs}
    if on_collection:
        paths[collection] = on_collection
    if on_object:
        paths[f"{collection}/{{name}}"] = on_object
    if definition.has_status and "update" in definition.verbs:
        paths[f"{collection}/{{name}}/status"] = {m: on_object[m] for m in ("get", "put", "patch")}
    return paths


_ACTIONS = {"create": "post", "update": "put"}


def _operation(resource: type[Resource], verb: str) -> dict[str, Json]:
    definition = resource.definition
    reference = {"schema": {"$ref": f"#/components/schemas/{schema_name(resource)}"}}
    kind = {"group": definition.group, "version": definition.version, "kind": definition.kind}
    operation: dict[str, Json] = {
        "responses": {"200": {"description": "OK", "content": {"application/json": reference}}},
        "x-kubernetes-action": _ACTIONS.get(verb, verb),
        "x-kubernetes-group-version-kind": kind,
    }
    if verb in ("create", "update", "patch"):
        names = ("dryRun", "fieldManager", "fieldValidation")
        operation["parameters"] = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
        content = {"*/*": reference}
        if verb == "patch":
            content = {media_type: {"schema": {"type": "object"}} for media_type in _PATCH_TYPES}
        operation["requestBody"] = {"content": content, "required": True}
    return operation
