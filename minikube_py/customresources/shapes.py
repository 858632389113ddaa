"""The Shape of a custom kind, read from its schema: which of its fields can have owners of their own.

Kubernetes: staging/src/k8s.io/kube-openapi/pkg/schemaconv
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.shapes import FREE, LEAF, Form, Shape, shape_of

_IDENTITY = {"apiVersion": LEAF, "kind": LEAF}


def shape_of_schema(schema: JSONSchemaProps, *, is_object: bool = False) -> Shape:
    """`is_object`: an object of its own, with metadata."""
    if schema.map_type == "atomic":
        return LEAF
    if schema.type == "array":
        return _of_list(schema)
    if schema.type != "object":
        return FREE if schema.preserve_unknown_fields and not schema.type else LEAF
    others = schema.additional_properties
    if isinstance(others, JSONSchemaProps):
        return Shape(Form.MAP, element=shape_of_schema(others))
    is_object = is_object or schema.embedded_resource

    @functools.cache
    def fields() -> Mapping[str, tuple[str, Shape]]:
        shapes = {name: shape_of_schema(inner) for name, inner in schema.properties.items()}
        if is_object:
            shapes |= {**_IDENTITY, "metadata": shape_of(ObjectMeta)}
        return {name: (f"f:{name}", shape) for name, shape in shapes.items()}

    is_open = schema.preserve_unknown_fields or others is True
    if is_open and not schema.properties and not is_object:
        return FREE
    return Shape(Form.STRUCT, fields, element=FREE if is_open else None)


def _of_list(schema: JSONSchemaProps) -> Shape:
    items = schema.items
    if schema.list_type == "set":
        return Shape(Form.SET, element=LEAF)
    if schema.list_type == "map" and isinstance(items, JSONSchemaProps):
        properties = items.properties
        keys = tuple((key, properties[key].default if key in properties else None) for key in schema.list_map_keys)
        return Shape(Form.KEYED_LIST, element=shape_of_schema(items), keys=keys)
    return LEAF
