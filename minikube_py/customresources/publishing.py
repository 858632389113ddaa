"""The schema of a custom kind as OpenAPI tells it: with what every object has; version 2 without what it cannot say.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder
"""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.api.definition import Definition, PublishedSchema
from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Json
from minikube_py.discovery.openapi_schemas import TYPE_NAMES, reference, schema_name


def published(schema: JSONSchemaProps, definition: Definition) -> PublishedSchema:
    name = ".".join((*reversed(definition.group.split(".")), definition.version, definition.kind))
    kind = {"group": definition.group, "kind": definition.kind, "version": definition.version}
    said: dict[str, Json] = {"x-kubernetes-group-version-kind": [kind]}
    if definition.selectable_fields:
        said["x-kubernetes-selectable-fields"] = [{"fieldPath": path} for path in definition.selectable_fields]
    document = _document(schema.to_dict(), is_object=True) | said
    version_2 = {"type": "object", **said} if schema.preserve_unknown_fields else as_version_2(document)
    return PublishedSchema(name, document, version_2)


def _document(schema: Mapping[str, Json], *, is_object: bool = False) -> dict[str, Json]:
    """The schema with type and metadata wherever an object stands."""
    made = dict(schema)
    if "properties" in made:
        made["properties"] = {name: _document(inner) for name, inner in made["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), dict):
            made[name] = _document(made[name])
    if is_object or made.get("x-kubernetes-embedded-resource"):
        metadata = {
            "description": "Standard object's metadata: name, labels and the like.",
            "allOf": [reference(schema_name(ObjectMeta))],
        }
        made["properties"] = {**made.get("properties", {}), **TYPE_NAMES, "metadata": metadata}
    return made


_NOT_IN_VERSION_2 = ("default", "nullable", "anyOf", "oneOf", "allOf", "not")
_OPEN_KEPT = ("description", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource")
_NULLABLE_DROPPED = ("type", "items", "properties", "additionalProperties")


def as_version_2(schema: Mapping[str, Json]) -> dict[str, Json]:
    """Without what clients of version 2 do not know, and more lenient where they would refuse what is allowed."""
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return {name: schema[name] for name in _OPEN_KEPT if name in schema}
    if "allOf" in schema and "$ref" in schema["allOf"][0]:
        return {"description": schema["description"], **schema["allOf"][0]}
    dropped = _NOT_IN_VERSION_2 + (_NULLABLE_DROPPED if schema.get("nullable") else ())
    made = {name: value for name, value in schema.items() if name not in dropped}
    if "properties" in made:
        made["properties"] = {name: as_version_2(inner) for name, inner in made["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), dict):
            made[name] = as_version_2(made[name])
    return made
