"""Sources: which changes make a controller look at which keys.

    For(ReplicaSet)               the changed object itself
    Owns(Pod, ReplicaSet)         the ReplicaSet that controls the changed pod
    Watches(Node, pods_of_node)   whatever a function says

A source turns changes into keys and nothing else: what happened is forgotten on purpose, since the reconciler looks at
what is, not at what happened.

Kubernetes: sigs.k8s.io/controller-runtime/pkg/{source,handler}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from minikube_py.api.resource import Resource
from minikube_py.api.selectors import Selector
from minikube_py.machinery.informer import Change, Informer
from minikube_py.machinery.store import Key, R, Store, key_of

K = TypeVar("K")
OwnerT = TypeVar("OwnerT", bound=Resource)
K_co = TypeVar("K_co", covariant=True)


class Source(Protocol[K_co]):
    """Where a controller's keys come from."""

    def attach(self, enqueue: Callable[[K_co], None]) -> None:
        """Call `enqueue` for each key that is concerned, from now on."""

    async def synced(self) -> None:
        """Wait until the source has told of all that exists."""


class Watches(Generic[K]):
    """Keys that a function makes of each change."""

    def __init__(self, informer: Informer[R], keys: Callable[[Change[R]], Iterable[K]]) -> None:
        self._informer: Informer[Any] = informer
        self._keys: Callable[[Change[Any]], Iterable[K]] = keys

    def attach(self, enqueue: Callable[[K], None]) -> None:
        def handle(change: Change[Any]) -> None:
            for key in self._keys(change):
                enqueue(key)

        self._informer.add_handler(handle)

    async def synced(self) -> None:
        await self._informer.synced()


def For(informer: Informer[R]) -> Watches[Key]:  # reads as controller-runtime's word
    """The key of each changed object."""
    return Watches(informer, lambda change: (key_of(change.object),))


def Owns(informer: Informer[R], owner: type[Resource]) -> Watches[Key]:  # as above
    """The key of the `owner` that controls each changed object, and of the one that did before."""
    kind = (owner.definition.kind, owner.definition.group)

    def keys(change: Change[R]) -> Iterable[Key]:
        for resource in (change.old, change.new):
            if resource is None:
                continue
            for reference in resource.metadata.owner_references:
                if reference.controller and (reference.kind, reference.api_version.rpartition("/")[0]) == kind:
                    yield Key(resource.metadata.namespace if owner.definition.namespaced else "", reference.name)

    return Watches(informer, keys)


def Adopts(
    informer: Informer[R], owners: Store[OwnerT], selector: Callable[[OwnerT], Selector]
) -> Watches[Key]:  # as above
    """The keys of the owners whose selector names a changed object that belongs to nobody."""

    def keys(change: Change[R]) -> Iterable[Key]:
        orphan = change.new
        if orphan is None or any(owner.controller for owner in orphan.metadata.owner_references):
            return
        for owner in owners.list(orphan.metadata.namespace):
            if selector(owner).matches(orphan.metadata.labels):
                yield key_of(owner)

    return Watches(informer, keys)
