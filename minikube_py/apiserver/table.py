"""Table and PartialObjectMetadata: the two forms of an object that kubectl and metadata clients ask for.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go, pkg/printers/internalversion
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import orjson

from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.apiserver.watch_cache import CachedObject

IncludeObject = Literal["None", "Metadata", "Object"]


def partial_metadata(item: CachedObject) -> dict[str, Json]:
    """The object without anything but its metadata."""
    metadata = orjson.loads(item.data)["metadata"]
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}


def table(
    resource: type[Resource],
    items: Iterable[CachedObject],
    *,
    include: IncludeObject = "Metadata",
    with_columns: bool = True,
    list_metadata: Json = None,
) -> dict[str, Json]:
    """The rows that kubectl prints. A watch sends the column definitions only with its first event."""
    definition = resource.definition
    document: dict[str, Json] = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": list_metadata or {}}
    columns = [
        {"name": c.name, "type": c.type, "format": c.format, "description": "", "priority": c.priority}
        for c in definition.columns
    ]
    document["columnDefinitions"] = columns if with_columns else []
    document["rows"] = [_row(resource, item, include) for item in items]
    return document


def _row(resource: type[Resource], item: CachedObject, include: IncludeObject) -> dict[str, Json]:
    decoded = resource.from_json(item.data)
    row: dict[str, Json] = {"cells": [column.cell(decoded) for column in resource.definition.columns]}
    if include == "Metadata":
        row["object"] = partial_metadata(item)
    elif include == "Object":
        row["object"] = orjson.Fragment(item.data)
    return row
