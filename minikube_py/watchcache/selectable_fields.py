"""SelectableFields: what a field selector compares, read from an object's document.

Kubernetes: pkg/registry/<group>/<kind>/strategy.go (GetAttrs, ToSelectableFields)
"""

from __future__ import annotations

import sys

from pydantic import BaseModel

from minikube_py.api.decoding import nested_model
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource


class SelectableFields:
    def __init__(self, resource: type[Resource]) -> None:
        self._paths = {
            label: ([path.split(".") for path in paths], _absent_value(resource, paths[0]))
            for label, paths in resource.definition.selectable_paths.items()
        }

    def of(self, document: dict[str, Json]) -> dict[str, str]:
        """Field label -> value."""
        metadata = document["metadata"]
        fields = {"metadata.name": metadata["name"], "metadata.namespace": metadata.get("namespace", "")}
        for label, (paths, absent) in self._paths.items():
            fields[label] = next((value for path in paths if (value := _field_value(document, path))), absent)
        return fields


def _field_value(document: Json, path: list[str]) -> str:
    """What a field selector compares; empty for what is not there."""
    value = document
    for part in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(part)
    if value is None:
        return ""
    # Interned, because thousands of objects have the same few values.
    return sys.intern(str(value).lower() if isinstance(value, bool) else str(value))


def _absent_value(resource: type[Resource], path: str) -> str:
    """What a selector compares where the field is left out: a flag that is not there is `false`."""
    model: type[BaseModel] = resource
    for part in path.split("."):
        field = next((f for f in model.model_fields.values() if f.alias == part), None)
        if field is None:
            return ""
        if field.annotation is bool:
            return "false"
        model = nested_model(field.annotation) or model
    return ""
