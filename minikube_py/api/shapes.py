"""Shape: what server-side apply has to know of a type: which parts have an owner of their own.

Struct and map: each member has. A list: each element that its keys, or it itself, tell apart; else the list as one.
Shapes of built-in kinds come from the models and their markers; those of custom kinds from their schema.

Kubernetes: sigs.k8s.io/structured-merge-diff/schema/elements.go, kube-openapi/pkg/schemaconv
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from minikube_py.api.decoding import nested_model
from minikube_py.api.markers import AtomicStruct, DefaultsTo, GranularStruct, ListType, MergeBy, MergeSet
from minikube_py.api.model import Json


class Form(Enum):
    LEAF = "owned as one"
    STRUCT = "its named fields"
    MAP = "its members"
    KEYED_LIST = "its elements, by their keys"
    SET = "its elements, by what they are"
    FREE = "whatever it turns out to be: members of objects, all else as one"


@dataclass(frozen=True, slots=True)
class Shape:
    form: Form
    fields: Callable[[], Mapping[str, tuple[str, Shape]]] = field(default=dict, compare=False)
    """The fields of a struct: name -> step and shape; asked for late, because types hold themselves."""
    element: Shape | None = None
    """Of the members of a map, of the elements of a list; of the fields of a struct that are not among `fields`."""
    keys: tuple[tuple[str, Json], ...] = ()
    """What tells the elements of a keyed list apart, with what each is where it is left out."""

    def child(self, name: str) -> Shape | None:
        """The shape of a member; None for one that a struct does not have."""
        if self.form is Form.STRUCT:
            return self.fields().get(name, (name, self.element))[1]
        return self.element or FREE


LEAF = Shape(Form.LEAF)
FREE = Shape(Form.FREE)


@functools.cache
def shape_of(model: type[BaseModel]) -> Shape:
    """The shape of a kind, or of a type inside one."""
    return LEAF if getattr(model, "is_atomic", False) else _struct(model)


@functools.cache
def _struct(model: type[BaseModel]) -> Shape:
    @functools.cache
    def fields() -> Mapping[str, tuple[str, Shape]]:
        found = {str(field.alias): _field(field.annotation, field.metadata) for field in model.model_fields.values()}
        return {name: (f"f:{name}", shape) for name, shape in found.items()}

    return Shape(Form.STRUCT, fields)


def _field(annotation: Any, markers: Iterable[object]) -> Shape:
    origin, arguments = _plain(annotation)
    model = nested_model(annotation)
    for marker in markers:
        match marker:
            case AtomicStruct():
                return LEAF
            case GranularStruct() if origin is None and model is not None:
                return _struct(model)
            case MergeSet() | ListType("set"):
                return Shape(Form.SET, element=LEAF)
            case MergeBy(_, keys) | ListType("map", keys) if keys and model is not None:
                return Shape(Form.KEYED_LIST, element=_struct(model), keys=_with_defaults(model, keys))
    if origin is None:
        return LEAF if model is None else shape_of(model)
    if origin is tuple:
        return LEAF
    return Shape(Form.MAP, element=FREE if arguments[-1] is Any else _field(arguments[-1], ()))


def _with_defaults(model: type[BaseModel], keys: tuple[str, ...]) -> tuple[tuple[str, Json], ...]:
    defaults = {
        field.alias: marker.value
        for field in model.model_fields.values()
        for marker in field.metadata
        if isinstance(marker, DefaultsTo)
    }
    return tuple((key, defaults.get(key)) for key in keys)


def _plain(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The container type (tuple or mapping) of an annotation and its arguments, through `| None` and Annotated."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _plain(arguments[0])
    if origin is tuple or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return origin, arguments
    inner = [argument for argument in arguments if argument is not type(None)]
    return _plain(inner[0]) if len(inner) == 1 else (None, ())
