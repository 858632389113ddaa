"""Fields by path, as kustomize writes paths: `spec/template/metadata/labels`, through the items of every list.

Kubernetes: kustomize api/filters/fieldspec, api/types/fieldspec.go.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from minikube_py.cli.kustomize.resource import ANY_KIND, Kind, Resource
from minikube_py.documents.json_values import Json

_PARTS = re.compile(r"(?<!\\)/")
Change = Callable[[Json], Json]
"""From the old value (None where there is none) to the new one; None again leaves things as they are."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the objects that `kind` selects; `creates` says whether it is made where it is missing."""

    path: str
    kind: Kind = ANY_KIND
    creates: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(part.replace("\\/", "/") for part in _PARTS.split(self.path))


def changed(resource: Resource, fields: Sequence[Field], change: Change) -> Resource:
    """Copy an object with what stands in those of the fields that are its kind's."""
    document = resource.document
    for field in fields:
        if resource.kind.is_selected(field.kind):
            document = change_at(document, field.parts, change, field.creates)
    return resource.with_document(document)


def change_at(value: Json, parts: tuple[str, ...], change: Change, creates: bool) -> Json:
    """Copy a value with what stands at the path, or at its end in every item of the lists on the way."""
    if isinstance(value, list) and parts:
        return [change_at(item, parts, change, creates) for item in value]
    if not parts:
        return change(value)
    if not isinstance(value, dict):
        return value
    name, rest = parts[0], parts[1:]
    is_list = name.endswith("[]")
    name = name.removesuffix("[]")
    inner = value.get(name)
    if inner is None:
        if not creates or is_list:
            return value
        inner = {} if rest else None
    new = change_at(inner, rest, change, creates)
    return value if new is None else {**value, name: new}
