"""Bad objects are refused with the paths, texts and order of the real API server, odd ones draw its warnings.

data/errors.jsonl holds objects that were POSTed, and the causes and warnings that came back.
"""

from __future__ import annotations

import pytest

from minikube_py.api.model import Json
from tests.unit.api.kinds.recordings import new_object, recorded

_OF_THE_KIND = ("metadata.taints", "metadata.annotations[kubernetes.io/")

ROWS = recorded("errors.jsonl")


def _case(row: dict[str, Json]) -> str:
    return f"{row['given']['kind']} {row['case']}"


@pytest.mark.parametrize("row", ROWS, ids=_case)
def test_a_bad_object_is_refused_as_by_the_real_server(row: dict[str, Json]) -> None:
    resource = new_object(row["given"])
    errors = [[error.path, error.message, error.reason] for error in resource.field_errors(None)]
    assert errors == [cause for cause in row["causes"] if not _is_about_metadata(cause)]


@pytest.mark.parametrize("row", [row for row in ROWS if row["warnings"] is not None], ids=_case)
def test_an_odd_object_draws_the_warnings_of_the_real_server(row: dict[str, Json]) -> None:
    resource = new_object(row["given"])
    assert list(resource.warnings()) == row["warnings"]


def _is_about_metadata(cause: list[str]) -> bool:
    """Names, labels and the like are checked by the writer, the same for all kinds."""
    return cause[0].startswith("metadata.") and not cause[0].startswith(_OF_THE_KIND)
