"""The strategic merge schema of a kind, read from the markers beside its fields.

Kubernetes: apimachinery/pkg/util/strategicpatch/meta.go (PatchMetaFromStruct)
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from minikube_py.api.decoding import nested_model
from minikube_py.api.markers import MergeBy, MergeSet, RetainKeys
from minikube_py.api.strategic_merge import FieldPatch, PatchSchema, SchemaTable


@functools.cache
def patch_schema(model: Any) -> PatchSchema:
    """How the fields of a model merge. Types that hold themselves are followed lazily, one level a call."""
    return SchemaTable(
        {field.alias: _field_patch(field.annotation, field.metadata) for field in model.model_fields.values()}
    )


def _field_patch(annotation: Any, markers: Iterable[object]) -> FieldPatch:
    nested = nested_model(annotation)
    schema = patch_schema(nested) if nested is not None else None
    for marker in markers:
        if isinstance(marker, MergeBy):
            return FieldPatch("merge", marker.key, marker.retain_keys, schema)
        if isinstance(marker, MergeSet):
            return FieldPatch("merge", schema=schema)
        if isinstance(marker, RetainKeys):
            return FieldPatch(retains_keys=True, schema=schema)
    return FieldPatch(schema=schema)
