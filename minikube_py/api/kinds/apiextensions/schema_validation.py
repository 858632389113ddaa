"""What is wrong with the schema of a custom kind: it has to be structural.

Every value has a type that is said outside of anyOf, oneOf, allOf and not; so what may be kept of an object, and where
defaults go, can be read off the schema alone.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/validation.go, KEP-693
"""

from __future__ import annotations

from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.validation import forbidden_value, invalid_value, required, unsupported_value

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_MAP_TYPES = ("atomic", "granular")
_LIST_TYPES = ("atomic", "map", "set")


def schema_errors(schema: JSONSchemaProps, path: str) -> Errors:
    """What is wrong with the schema of a whole object."""
    if schema.type != "object":
        why = "must be object at the root"
        yield required(f"{path}.type", why) if not schema.type else invalid_value(f"{path}.type", schema.type, why)
        return
    yield from _value_errors(schema, path)
    yield from _metadata_errors(schema, path)


def _metadata_errors(schema: JSONSchemaProps, path: str) -> Errors:
    metadata = schema.properties.get("metadata")
    if metadata is not None and not metadata.properties.keys() <= {"name", "generateName"}:
        why = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        yield forbidden_value(f"{path}.properties[metadata]", why)


def _value_errors(schema: JSONSchemaProps, path: str) -> Errors:
    if schema.type and schema.type not in _TYPES:
        yield unsupported_value(f"{path}.type", schema.type, _TYPES)
    if not schema.type and not (schema.int_or_string or schema.preserve_unknown_fields or schema.ref):
        yield required(f"{path}.type", "must not be empty for specified object fields")
    if schema.unique_items:
        yield forbidden_value(
            f"{path}.uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        )
    if schema.preserve_unknown_fields is False:
        where = f"{path}.x-kubernetes-preserve-unknown-fields"
        yield invalid_value(where, False, "must be true or undefined")
    for name, value in (
        ("$ref", schema.ref),
        ("definitions", schema.definitions),
        ("dependencies", schema.dependencies),
        ("patternProperties", schema.pattern_properties),
        ("additionalItems", schema.additional_items),
    ):
        if value:
            yield forbidden_value(f"{path}.{name}", f"{name} is not supported")
    yield from _list_errors(schema, path)
    yield from _object_errors(schema, path)
    yield from _combined_errors(schema, path)
    for name, member in schema.properties.items():
        yield from _value_errors(member, f"{path}.properties[{name}]")
    if isinstance(schema.additional_properties, JSONSchemaProps):
        yield from _value_errors(schema.additional_properties, f"{path}.additionalProperties")


def _object_errors(schema: JSONSchemaProps, path: str) -> Errors:
    if schema.additional_properties and schema.properties:
        why = "additionalProperties and properties are mutual exclusive"
        yield forbidden_value(f"{path}.additionalProperties", why)
    if schema.map_type is not None:
        if schema.map_type not in _MAP_TYPES:
            yield unsupported_value(f"{path}.x-kubernetes-map-type", schema.map_type, _MAP_TYPES)
        if schema.type != "object":
            yield invalid_value(f"{path}.type", schema.type, "must be object if x-kubernetes-map-type is specified")
    if schema.embedded_resource and not schema.preserve_unknown_fields and not schema.properties:
        why = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        yield required(f"{path}.properties", why)


def _list_errors(schema: JSONSchemaProps, path: str) -> Errors:
    items = schema.items
    if isinstance(items, tuple):
        yield forbidden_value(f"{path}.items", "items must be a schema object and not an array")
    elif items is not None:
        yield from _value_errors(items, f"{path}.items")
    elif schema.type == "array":
        yield required(f"{path}.items", "must be specified")
    if schema.list_type is not None and schema.list_type not in _LIST_TYPES:
        yield unsupported_value(f"{path}.x-kubernetes-list-type", schema.list_type, _LIST_TYPES)
    keys = f"{path}.x-kubernetes-list-map-keys"
    if schema.list_type == "map" and not schema.list_map_keys:
        yield required(keys, "must not be empty if x-kubernetes-list-type is map")
    elif schema.list_type != "map" and schema.list_map_keys:
        why = "must be map if x-kubernetes-list-map-keys is non-empty"
        yield required(f"{path}.x-kubernetes-list-type", why)
    if not isinstance(items, JSONSchemaProps):
        return
    if schema.list_type == "set" and (items.type == "object" and items.map_type != "atomic"):
        why = "must be atomic as item of a list with x-kubernetes-list-type=set"
        yield invalid_value(f"{path}.items.x-kubernetes-map-type", items.map_type, why)
    if schema.list_type == "map":
        yield from _key_errors(schema, items, path)


def _key_errors(schema: JSONSchemaProps, items: JSONSchemaProps, path: str) -> Errors:
    if not set(schema.list_map_keys) <= items.properties.keys():
        why = "entries must all be names of item properties"
        yield invalid_value(f"{path}.x-kubernetes-list-map-keys", schema.list_map_keys, why)
        return
    for key in schema.list_map_keys:
        if key not in items.required and items.properties[key].default is None:
            why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            yield required(f"{path}.items.properties[{key}].default", why)


def _combined_errors(schema: JSONSchemaProps, path: str) -> Errors:
    """Inside anyOf, oneOf, allOf and not there are no types, defaults or descriptions."""
    for name, inner in (("allOf", schema.all_of), ("anyOf", schema.any_of), ("oneOf", schema.one_of)):
        for index, each in enumerate(inner):
            is_choice = schema.int_or_string and each.type in ("integer", "string")
            yield from _bare_errors(each, f"{path}.{name}[{index}]", may_have_type=is_choice)
    if schema.not_ is not None:
        yield from _bare_errors(schema.not_, f"{path}.not")


def _bare_errors(schema: JSONSchemaProps, path: str, *, may_have_type: bool = False) -> Errors:
    why = "must be empty to be structural"
    for name, value in (
        ("type", "" if may_have_type else schema.type),
        ("description", schema.description),
        ("title", schema.title),
        ("default", schema.default),
        ("additionalProperties", schema.additional_properties),
        ("nullable", schema.nullable),
    ):
        if value not in ("", None, False):
            yield forbidden_value(f"{path}.{name}", why)
    for name, inner in schema.properties.items():
        yield from _bare_errors(inner, f"{path}.properties[{name}]")
    if isinstance(schema.items, JSONSchemaProps):
        yield from _bare_errors(schema.items, f"{path}.items")
    yield from _combined_errors(schema, path)
