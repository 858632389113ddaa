"""Store: an informer's local copy of the objects of one kind, with indexes.

Objects are frozen, so what is handed out may be kept. Every index is right at every moment: `put` and `remove` change
the objects and the indexes together, and nobody but the informer calls them.

Kubernetes: staging/src/k8s.io/client-go/tools/cache/thread_safe_store.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from minikube_py.api.resource import Resource

R = TypeVar("R", bound=Resource)

IndexFunction = Callable[[R], Iterable[str]]
"""The values under which an object is found."""


class Key(NamedTuple):
    """What a controller is told: where an object is, or was; never what happened to it."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def key_of(resource: Resource) -> Key:
    return Key(resource.metadata.namespace, resource.metadata.name)


def _by_namespace(resource: Resource) -> Iterable[str]:
    return (resource.metadata.namespace,)


def _by_controller(resource: Resource) -> Iterable[str]:
    return (owner.uid for owner in resource.metadata.owner_references if owner.controller)


class Store(Generic[R]):
    """Objects by key, by namespace, by the uid of their controller, and by whatever else was asked for."""

    def __init__(self) -> None:
        self._objects: dict[Key, R] = {}
        self._functions: dict[str, IndexFunction[R]] = {"namespace": _by_namespace, "controller": _by_controller}
        self._indexes: dict[str, dict[str, dict[Key, R]]] = {name: {} for name in self._functions}

    def add_index(self, name: str, function: IndexFunction[R]) -> None:
        """Keep one more index; a second call with the same name changes nothing."""
        if name in self._functions:
            return
        self._functions[name] = function
        self._indexes[name] = {}
        for key, resource in self._objects.items():
            self._enter(name, key, resource)

    def get(self, key: Key) -> R | None:
        return self._objects.get(key)

    def list(self, namespace: str = "") -> tuple[R, ...]:
        """All objects, or those of one namespace, in the order in which they came."""
        return self.by_index("namespace", namespace) if namespace else tuple(self._objects.values())

    def by_index(self, name: str, value: str) -> tuple[R, ...]:
        return tuple(self._indexes[name].get(value, {}).values())

    def controlled_by(self, uid: str) -> tuple[R, ...]:
        """The objects whose controller has this uid."""
        return self.by_index("controller", uid)

    def keys(self) -> tuple[Key, ...]:
        return tuple(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[R]:
        return iter(tuple(self._objects.values()))

    def put(self, resource: R) -> R | None:
        """Keep the object, and return the one that it replaces."""
        key = key_of(resource)
        old = self.remove(key)
        self._objects[key] = resource
        for name in self._functions:
            self._enter(name, key, resource)
        return old

    def remove(self, key: Key) -> R | None:
        """Forget the object, and return it."""
        old = self._objects.pop(key, None)
        if old is None:
            return None
        for name, function in self._functions.items():
            index = self._indexes[name]
            for value in function(old):
                found = index.get(value, {})
                found.pop(key, None)
                if not found:
                    index.pop(value, None)
        return old

    def _enter(self, name: str, key: Key, resource: R) -> None:
        for value in self._functions[name](resource):
            self._indexes[name].setdefault(value, {})[key] = resource
