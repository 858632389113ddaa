"""Registry: finds Resources by address, by kind and by short name.

Importing a module below `api/kinds` is all that it takes to serve a kind: `Registry.of_all_kinds()` walks the folder.

Kubernetes: apimachinery/pkg/runtime/scheme.go and the RESTMapper, in one
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator

from minikube_py.api import kinds
from minikube_py.api.resource import Resource
from minikube_py.errors import ConfigError


class Registry:
    """The kinds that are served. Two kinds with one address, or one (apiVersion, kind), are refused by name."""

    def __init__(self, resources: Iterable[type[Resource]] = ()) -> None:
        self._by_address: dict[tuple[str, str, str], type[Resource]] = {}
        self._by_kind: dict[tuple[str, str], type[Resource]] = {}
        self.revision = 0
        """Rises with every change, so that what is made of all kinds is known to be old."""
        for resource in resources:
            self.add(resource)

    @classmethod
    def of_all_kinds(cls) -> Registry:
        """Every kind under `api/kinds`, in the order of discovery: the core group, then groups by name."""
        for module in pkgutil.walk_packages(kinds.__path__, kinds.__name__ + "."):
            importlib.import_module(module.name)
        found = [
            r for r in _subclasses(Resource) if "definition" in vars(r) and r.__module__.startswith(kinds.__name__)
        ]
        return cls(sorted(found, key=lambda r: (r.definition.group, r.definition.version, r.definition.plural)))

    def add(self, resource: type[Resource]) -> None:
        definition = resource.definition
        address = (definition.group, definition.version, definition.plural)
        kind = (definition.api_version, definition.kind)
        if address in self._by_address or kind in self._by_kind:
            raise ConfigError(f"{definition.group_kind} is declared twice: by {resource.__module__} and before")
        self._by_address[address] = resource
        self._by_kind[kind] = resource

        self.revision += 1

    def replace(self, old: Iterable[type[Resource]], new: Iterable[type[Resource]]) -> None:
        """Serve `new` instead of `old`."""
        for resource in old:
            definition = resource.definition
            del self._by_address[definition.group, definition.version, definition.plural]
            del self._by_kind[definition.api_version, definition.kind]
        for resource in new:
            self.add(resource)
        self.revision += 1

    def __iter__(self) -> Iterator[type[Resource]]:
        """The kinds of this moment: who makes a long document of them, in a thread, is not disturbed by a change."""
        return iter(tuple(self._by_address.values()))

    def find(self, group: str, version: str, plural: str) -> type[Resource] | None:
        return self._by_address.get((group, version, plural))

    def find_kind(self, api_version: str, kind: str) -> type[Resource] | None:
        return self._by_kind.get((api_version, kind))


def _subclasses(base: type[Resource]) -> Iterator[type[Resource]]:
    for subclass in base.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)
