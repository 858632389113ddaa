"""What is wrong with the schema of a custom kind: it has to be structural.

Every value has a type that is said outside of anyOf, oneOf, allOf and not; so what may be kept of an object, and where
defaults go, can be read off the schema alone.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/validation.go, KEP-693
"""

from __future__ import annotations

from minikube_py.api.field_checks import Errors
from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.api.validation import forbidden_value, required, unsupported_value

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_LIST_TYPES = ("atomic", "map", "set")


def schema_errors(schema: JSONSchemaProps, path: str) -> Errors:
    """What is wrong with the schema of a whole object."""
    if schema.type != "object":
        yield (
            required(f"{path}.type", "must be object at the root")
            if not schema.type
            else unsupported_value(f"{path}.type", schema.type, ("object",))
        )
        return
    yield from _value_errors(schema, path)


def _value_errors(schema: JSONSchemaProps, path: str) -> Errors:
    if schema.type and schema.type not in _TYPES:
        yield unsupported_value(f"{path}.type", schema.type, _TYPES)
    if not schema.type and not schema.int_or_string and not schema.preserve_unknown_fields:
        yield required(f"{path}.type", "must not be empty for specified object fields")
    if schema.unique_items:
        yield forbidden_value(
            f"{path}.uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        )
    if schema.preserve_unknown_fields is False:
        yield forbidden_value(f"{path}.x-kubernetes-preserve-unknown-fields", "must be true or undefined")
    for name, value in (
        ("$ref", schema.ref),
        ("definitions", schema.definitions),
        ("dependencies", schema.dependencies),
    ):
        if value:
            yield forbidden_value(f"{path}.{name}", f"{name} is not supported")
    yield from _list_errors(schema, path)
    for name, member in schema.properties.items():
        yield from _value_errors(member, f"{path}.properties[{name}]")
    if isinstance(schema.additional_properties, JSONSchemaProps):
        if schema.properties:
            why = "additionalProperties and properties are mutual exclusive"
            yield forbidden_value(f"{path}.additionalProperties", why)
        yield from _value_errors(schema.additional_properties, f"{path}.additionalProperties")


def _list_errors(schema: JSONSchemaProps, path: str) -> Errors:
    if isinstance(schema.items, tuple):
        yield forbidden_value(f"{path}.items", "items must be a schema object and not an array")
    elif schema.items is not None:
        yield from _value_errors(schema.items, f"{path}.items")
    elif schema.type == "array":
        yield required(f"{path}.items", "must be specified")
    if schema.list_type is not None and schema.list_type not in _LIST_TYPES:
        yield unsupported_value(f"{path}.x-kubernetes-list-type", schema.list_type, _LIST_TYPES)
    if schema.list_type == "map" and not schema.list_map_keys:
        why = "must not be empty if x-kubernetes-list-type is map"
        yield required(f"{path}.x-kubernetes-list-map-keys", why)
