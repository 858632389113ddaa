"""The OpenAPI v3 document of one group: the paths of its resources, and the schema of every type that they use.

Kubernetes: staging/src/k8s.io/kube-openapi/pkg/builder3
Simplified: the operations say what clients look for (action, kind, body, parameters), no more.
"""

from __future__ import annotations

from collections.abc import Iterable

from minikube_py.api.meta import DeleteOptions, ObjectMeta
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.discovery.openapi_schemas import META, Schemas, group_version_kind, reference, schema_name

_MEDIA_TYPES = ("application/json", "application/yaml")
_PATCH_TYPES = ("application/json-patch+json", "application/merge-patch+json")
_STRATEGIC = ("application/strategic-merge-patch+json",)
_ACTIONS = {"create": "post", "update": "put"}
_ON_COLLECTION = {"list": "get", "create": "post", "deletecollection": "delete"}
_ON_OBJECT = {"get": "get", "update": "put", "patch": "patch", "delete": "delete"}
_VERB_NAMES = {"get": "read", "update": "replace", "deletecollection": "deletecollection"}


def openapi_v3(group: str, version: str, resources: Iterable[type[Resource]]) -> dict[str, Json]:
    """The document of one group and version."""
    schemas = Schemas()
    schemas.reference(DeleteOptions)
    schemas.reference(ObjectMeta)
    schemas.add(f"{META}.Patch", {"type": "object", "description": "A change of an object, of whichever media type."})
    paths: dict[str, Json] = {}
    for resource in resources:
        schemas.reference(resource)
        if "list" in resource.definition.verbs:
            schemas.add(list_name(resource), _list_schema(resource, schemas))
        paths |= _paths(resource)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36"},
        "paths": paths,
        "components": {"schemas": schemas.document()},
    }


def _list_schema(resource: type[Resource], schemas: Schemas) -> dict[str, Json]:
    metadata = {"type": "object", "description": "The version of the collection, and where its next page begins."}
    texts = {name: {"type": "string"} for name in ("continue", "resourceVersion", "selfLink")}
    left = {"remainingItemCount": {"type": "integer", "format": "int64"}}
    listed = schemas.add(f"{META}.ListMeta", metadata | {"properties": texts | left})
    kind = group_version_kind(resource)
    return {
        "type": "object",
        "description": f"Several objects of kind {resource.definition.kind}.",
        "properties": {
            "apiVersion": {"type": "string"},
            "items": {"type": "array", "items": {"default": {}, "allOf": [schemas.reference(resource)]}},
            "kind": {"type": "string"},
            "metadata": {"default": {}, "allOf": [listed]},
        },
        "required": ["items"],
        "x-kubernetes-group-version-kind": [kind | {"kind": resource.definition.list_kind}],
    }


def list_name(resource: type[Resource]) -> str:
    """The name of the schema of a list."""
    return f"{schema_name(resource).rpartition('.')[0]}.{resource.definition.list_kind}"


def _paths(resource: type[Resource]) -> dict[str, Json]:
    """The operations of a resource, by path."""
    definition = resource.definition
    everywhere = f"{definition.base_path}/{definition.plural}"
    paths: dict[str, Json] = {}
    scope: list[Json] = []
    collection = everywhere
    if definition.namespaced:
        collection = f"{definition.base_path}/namespaces/{{namespace}}/{definition.plural}"
        scope = [_path_parameter("namespace")]
        if "list" in definition.verbs:
            paths[everywhere] = {"get": _operation(resource, "list")}
    on_collection = _operations(resource, _ON_COLLECTION)
    on_object = _operations(resource, _ON_OBJECT)
    if on_collection:
        paths[collection] = on_collection | ({"parameters": scope} if scope else {})
    if on_object:
        names = [_path_parameter("name"), *scope]
        paths[f"{collection}/{{name}}"] = on_object | {"parameters": names}
        if definition.has_status:
            of_status = {method: on_object[method] for method in ("get", "put", "patch")}
            paths[f"{collection}/{{name}}/status"] = of_status | {"parameters": names}
    return paths


def _operations(resource: type[Resource], methods: dict[str, str]) -> dict[str, Json]:
    verbs = resource.definition.verbs
    return {method: _operation(resource, verb) for verb, method in methods.items() if verb in verbs}


def _path_parameter(name: str) -> dict[str, Json]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "uniqueItems": True}}


def _operation(resource: type[Resource], verb: str) -> dict[str, Json]:
    definition = resource.definition
    scope = "Namespaced" if definition.namespaced else ""
    group = (definition.group.split(".")[0] or "core").capitalize()
    verb_name = _VERB_NAMES.get(verb, verb)
    answered = {"schema": reference(list_name(resource) if verb == "list" else schema_name(resource))}
    content = dict.fromkeys(_MEDIA_TYPES, answered)
    operation: dict[str, Json] = {
        "operationId": f"{verb_name}{group}{definition.version.capitalize()}{scope}{definition.kind}",
        "responses": {"200": {"description": "OK", "content": content}, "401": {"description": "Unauthorized"}},
        "x-kubernetes-action": _ACTIONS.get(verb, verb),
        "x-kubernetes-group-version-kind": group_version_kind(resource),
    }
    if verb in ("create", "update", "patch"):
        names = ("dryRun", "fieldManager", "fieldValidation")
        operation["parameters"] = [_query_parameter(name, "string") for name in names]
        bodies: dict[str, Json] = {"*/*": {"schema": reference(schema_name(resource))}}
        if verb == "patch":
            operation["parameters"].append(_query_parameter("force", "boolean"))
            types = _PATCH_TYPES + (_STRATEGIC if definition.merges_strategically else ())
            bodies = {media_type: {"schema": reference(f"{META}.Patch")} for media_type in types}
        operation["requestBody"] = {"content": bodies, "required": True}
    elif verb == "delete":
        operation["requestBody"] = {"content": {"*/*": {"schema": reference(schema_name(DeleteOptions))}}}
    return operation


def _query_parameter(name: str, kind: str) -> dict[str, Json]:
    return {"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": True}}
