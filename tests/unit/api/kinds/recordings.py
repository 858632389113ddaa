"""What the real API server stored and refused, for the kinds that are served here."""

from __future__ import annotations

import json
from pathlib import Path

from minikube_py.api.model import Json
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource

DATA = Path(__file__).parent / "data"
REGISTRY = Registry.of_all_kinds()


def recorded(name: str) -> list[dict[str, Json]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def kind_of(document: dict[str, Json]) -> type[Resource]:
    found = REGISTRY.find_kind(document["apiVersion"], document["kind"])
    assert found is not None, document["kind"]
    return found


def new_object(document: dict[str, Json]) -> Resource:
    """The object as the server would validate it after a POST of `document`."""
    kind = kind_of(document)
    if kind.definition.namespaced:
        document = document | {"metadata": {"namespace": "default"} | document["metadata"]}
    return kind.from_dict(document).defaulted().prepare_for_create()
