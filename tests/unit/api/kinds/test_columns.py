"""What `kubectl get` prints of an object, cell for cell as the real API server has it.

data/tables.jsonl holds objects with their Table row; ages are those of the recording and are compared by their shape.
"""

from __future__ import annotations

import re
import time

import pytest

from minikube_py.api.columns import age_text, duration_text
from minikube_py.api.definition import Ago
from minikube_py.api.model import Json
from tests.unit.api.kinds.recordings import kind_of, recorded

_AGE = re.compile(r"\b(\d+[smhdy])+\b")


def _case(row: dict[str, Json]) -> str:
    document = row["object"]
    return f"{document['apiVersion']} {document['kind']} {document['metadata']['name']}"


@pytest.mark.parametrize("row", recorded("tables.jsonl"), ids=_case)
def test_a_row_has_the_columns_and_cells_of_the_real_server(row: dict[str, Json]) -> None:
    kind = kind_of(row["object"])
    columns = kind.definition.columns
    assert [[c.name, c.type, c.format, c.priority] for c in columns] == row["columns"]
    resource = kind.from_dict(row["object"])
    cells = [column.cell(resource) for column in columns]
    assert list(map(_without_age, cells)) == list(map(_without_age, row["cells"]))


def _without_age(cell: Json) -> Json:
    if isinstance(cell, Ago):
        cell = age_text(cell, time.time())
    return _AGE.sub("AGE", cell) if isinstance(cell, str) else cell


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0.9, "0s"),
        (119, "119s"),
        (120, "2m"),
        (130, "2m10s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600 + 60, "8h"),
        (48 * 3600 - 1, "47h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (8 * 86400 + 3600, "8d"),
        (729 * 86400, "729d"),
        (731 * 86400, "2y1d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_an_age_is_told_in_two_units_while_it_is_young(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize("row", recorded("tables.jsonl"), ids=_case)
def test_an_object_is_written_as_the_real_server_writes_it(row: dict[str, Json]) -> None:
    """Nulls and all; but for an empty EndpointSlice, whose lists are there or left out instead of being null."""
    written = kind_of(row["object"]).from_dict(row["object"]).to_dict()
    assert {key: value for key, value in written.items() if value != []} == {
        key: value for key, value in row["object"].items() if value is not None or key not in ("endpoints", "ports")
    }
