"""Sorts an object's owner references: which owners live, which are gone, which wait for this object to go. Async only
because who is not in the graph is asked for.

Kubernetes: pkg/controller/garbagecollector/garbagecollector.go (classifyReferences, isDangling)
"""

from __future__ import annotations

from dataclasses import dataclass

from minikube_py.api.meta import OwnerReference
from minikube_py.api.status import NotFound
from minikube_py.client.client import Client
from minikube_py.client.partial import partial_kind
from minikube_py.controllers.garbage_collector.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class Owners:
    solid: tuple[OwnerReference, ...] = ()
    """They exist and keep the object."""
    dangling: tuple[OwnerReference, ...] = ()
    """They do not exist."""
    waiting: tuple[OwnerReference, ...] = ()
    """They are being deleted in the foreground: the object goes first, and they wait for it if it blocks them."""


async def classify(client: Client, graph: Graph, node: Node) -> Owners:
    """Look at each owner. Raises: ApiError when the server cannot say whether one exists."""
    found: dict[str, list[OwnerReference]] = {"solid": [], "dangling": [], "waiting": []}
    for reference in node.metadata.owner_references:
        owner = await _find(client, graph, node, reference)
        if owner is None:
            found["dangling"].append(reference)
        elif owner.is_deleting_dependents:
            found["waiting"].append(reference)
        else:
            found["solid"].append(reference)
    return Owners(tuple(found["solid"]), tuple(found["dangling"]), tuple(found["waiting"]))


async def _find(client: Client, graph: Graph, node: Node, reference: OwnerReference) -> Node | None:
    known = graph.node(reference.uid)
    if known is not None and known.metadata.namespace in ("", node.metadata.namespace):
        return known
    definition = graph.definition(reference.api_version, reference.kind)
    if definition is None or (definition.namespaced and not node.metadata.namespace):
        # A kind that the server does not have now, or a namespaced owner of a cluster-scoped object: nobody can say
        # that this owner is gone, so it keeps the object.
        return node
    try:
        live = await client.get(
            partial_kind(definition), reference.name, namespace=node.metadata.namespace if definition.namespaced else ""
        )
    except NotFound:
        return None
    return Node(definition, live.metadata) if live.metadata.uid == reference.uid else None
