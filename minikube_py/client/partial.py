"""Partial objects: a kind of which only the metadata is asked for, so that it need not be known.

`partial_kind(definition)` makes a class for any resource that discovery lists; the client sees what it is and asks for
the server's PartialObjectMetadata form. What garbage collection and namespace deletion look at all kinds with.

Kubernetes: staging/src/k8s.io/client-go/metadata
"""

from __future__ import annotations

import functools

from minikube_py.api.definition import Definition
from minikube_py.api.resource import Resource
from minikube_py.client.request import JSON

_FORM = "application/json;as={};g=meta.k8s.io;v=v1"


class PartialObject(Resource):
    """Base of kinds that have metadata and nothing else."""


@functools.cache
def partial_kind(definition: Definition) -> type[PartialObject]:
    """The metadata-only class of a resource; one a resource, as making it takes longer than reading with it."""
    return type(f"Partial{definition.kind}", (PartialObject,), {"definition": definition})


def accept_of(kind: type[Resource], *, is_list: bool = False) -> str:
    """The Accept header with which `kind` is read."""
    if not issubclass(kind, PartialObject):
        return JSON
    form = _FORM.format("PartialObjectMetadataList" if is_list else "PartialObjectMetadata")
    return f"{form},{JSON}"
