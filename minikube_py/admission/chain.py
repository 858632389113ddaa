"""The admission chain: plugins that may change or refuse a write after it was authorized and before it is stored.

What needs to look at other objects, or to keep something (an address), is admission; what needs only the object is a
hook of its kind.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/interfaces.go
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from minikube_py.api.resource import Resource

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]


@dataclass(frozen=True, slots=True)
class View:
    """What a request is about in place of the object that it writes: the Scale of a Deployment."""

    subresource: str
    of: Callable[[Resource], Resource]


@dataclass(frozen=True, slots=True)
class Attributes:
    """The write that is looked at. `old` is the object before it (None for a create)."""

    operation: Operation
    resource: type[Resource]
    namespace: str
    name: str
    old: Resource | None = None
    subresource: str = ""
    dry_run: bool = False
    view: View | None = None
    undo: list[Callable[[], None]] = field(default_factory=list)
    """What gives back a reservation; called when the write does not take place."""


class AdmissionPlugin(Protocol):
    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        """A changed copy, or the object as it is. Raises: ApiError to refuse the write."""
        ...

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        """Raises: ApiError to refuse the write. For a DELETE the object is the one that goes."""
        ...

    def updated(self, old: Resource, new: Resource) -> None:
        """Told of every change that was stored through this server."""
        ...

    def deleted(self, obj: Resource) -> None:
        """Told of every object that left the store through this server."""
        ...


class Plugin:
    """An AdmissionPlugin that does nothing: what the real ones derive from, to write only what they need."""

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        return obj

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        return None

    def updated(self, old: Resource, new: Resource) -> None:
        return None

    def deleted(self, obj: Resource) -> None:
        return None


class AdmissionChain:
    """The plugins in order; all mutate before any validates."""

    def __init__(self, plugins: Sequence[AdmissionPlugin]) -> None:
        self._plugins = tuple(plugins)

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        for plugin in self._plugins:
            obj = await plugin.mutate(obj, attributes)
        return obj

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        for plugin in self._plugins:
            await plugin.validate(obj, attributes)

    def updated(self, old: Resource, new: Resource) -> None:
        for plugin in self._plugins:
            plugin.updated(old, new)

    def deleted(self, obj: Resource) -> None:
        for plugin in self._plugins:
            plugin.deleted(obj)
