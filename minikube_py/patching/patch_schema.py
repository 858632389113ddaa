"""The strategic merge schema of a kind, read from the markers beside its fields.

Kubernetes: apimachinery/pkg/util/strategicpatch/meta.go (PatchMetaFromStruct)
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from minikube_py.api.decoding import nested_model
from minikube_py.api.markers import MergeBy, MergeSet, ReplacedByPatch, RetainKeys
from minikube_py.patching.strategic_merge import FieldPatch, PatchSchema


@dataclass(frozen=True, slots=True)
class ModelSchema:
    """The PatchSchema of a model; types that hold themselves are followed one level a call."""

    model: Any

    def field(self, name: str) -> FieldPatch:
        return _field_patches(self.model).get(name, FieldPatch())


def patch_schema(model: Any) -> PatchSchema:
    """How the fields of a model merge."""
    return ModelSchema(model)


@functools.cache
def _field_patches(model: Any) -> dict[str, FieldPatch]:
    return {field.alias: _field_patch(field.annotation, field.metadata) for field in model.model_fields.values()}


def _field_patch(annotation: Any, markers: Iterable[object]) -> FieldPatch:
    nested = nested_model(annotation)
    schema = patch_schema(nested) if nested is not None else None
    for marker in markers:
        if isinstance(marker, MergeBy):
            return FieldPatch("merge", marker.key, marker.retain_keys, schema)
        if isinstance(marker, MergeSet):
            return FieldPatch("merge", schema=schema)
        if isinstance(marker, ReplacedByPatch):
            return FieldPatch("replace", schema=schema)
        if isinstance(marker, RetainKeys):
            return FieldPatch(retains_keys=True, schema=schema)
    return FieldPatch(schema=schema)
