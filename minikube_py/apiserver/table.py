"""Table and PartialObjectMetadata: the two forms of an object that kubectl and metadata clients ask for.

Rows are made once a version of an object and kept beside it, as JSON text; only ages are filled in when somebody looks.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go, pkg/printers/internalversion
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Sequence
from typing import Literal

import orjson

from minikube_py.api.columns import age_text
from minikube_py.api.definition import Ago, Cell
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.apiserver.answers import ListText
from minikube_py.watchcache.watch_cache import CachedObject, Cells

IncludeObject = Literal["None", "Metadata", "Object"]


def partial_metadata(item: CachedObject) -> bytes:
    """The object without anything but its metadata."""
    if item.partial is None:
        metadata = orjson.loads(item.data)["metadata"]
        head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        item.partial = orjson.dumps({**head, "metadata": metadata})
    return item.partial


def partial_metadata_list(items: Iterable[CachedObject], list_metadata: Json) -> ListText:
    head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": list_metadata}
    return ListText(b'%b,"items":[' % orjson.dumps(head)[:-1], [partial_metadata(item) for item in items])


def table(
    resource: type[Resource],
    items: Iterable[CachedObject],
    *,
    include: IncludeObject = "Metadata",
    with_columns: bool = True,
    list_metadata: Json = None,
) -> ListText:
    """The rows that kubectl prints. A watch sends the column definitions only with its first event."""
    now_s = time.time()
    return table_of_rows(
        resource,
        [_row(resource, item, include, now_s) for item in items],
        with_columns=with_columns,
        list_metadata=list_metadata,
    )


def table_of_rows(
    resource: type[Resource], rows: Sequence[bytes], *, with_columns: bool = True, list_metadata: Json = None
) -> ListText:
    columns = _column_definitions(resource) if with_columns else b"null"
    head = b'{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":'
    return ListText(b'%b%b,"columnDefinitions":%b,"rows":[' % (head, orjson.dumps(list_metadata or {}), columns), rows)


@functools.lru_cache(maxsize=256)
def _column_definitions(resource: type[Resource]) -> bytes:
    return orjson.dumps(
        [
            {"name": c.name, "type": c.type, "format": c.format, "description": c.description, "priority": c.priority}
            for c in resource.definition.columns
        ]
    )


def _row(resource: type[Resource], item: CachedObject, include: IncludeObject, now_s: float) -> bytes:
    if item.cells is None:
        decoded = resource.from_json(item.data)
        item.cells = _encoded([column.cell(decoded) for column in resource.definition.columns])
    cells = b"".join([part if isinstance(part, bytes) else orjson.dumps(age_text(part, now_s)) for part in item.cells])
    if include == "None":
        return b'{"cells":[%b],"object":null}' % cells
    return b'{"cells":[%b],"object":%b}' % (cells, item.data if include == "Object" else partial_metadata(item))


def _encoded(cells: list[Cell]) -> Cells:
    """JSON text between ages, commas included: `"web","1/1",` age `,"<none>"`."""
    parts: list[bytes | Ago] = []
    text = b""
    for index, cell in enumerate(cells):
        text += b"," if index else b""
        if isinstance(cell, Ago):
            parts += [text, cell]
            text = b""
        else:
            text += orjson.dumps(cell)
    return (*parts, text)
