"""Subresources beside status: the paths below an object that do something of their own.

Each is one small class; `SUBRESOURCES` is the single list, and discovery reads it too.

Kubernetes: pkg/registry/core/pod/storage/storage.go, pkg/registry/apps/deployment/storage/storage.go (ScaleREST)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from starlette.websockets import WebSocket

from minikube_py.api.resource import Resource
from minikube_py.apiserver.answers import Answer, Stream
from minikube_py.apiserver.api_request import ApiRequest
from minikube_py.apiserver.request_info import RequestInfo
from minikube_py.discovery.discovery import SubresourceInfo


class Subresource(Protocol):
    info: SubresourceInfo

    def serves(self, resource: type[Resource]) -> bool: ...

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer | Stream: ...


@runtime_checkable
class Connectable(Subresource, Protocol):
    """A subresource that answers WebSockets too."""

    async def connect(self, websocket: WebSocket, info: RequestInfo) -> None:
        """Raises: ApiError before the client is accepted."""


class SubresourceRegistry:
    """`whole`: kinds of which nothing is stored, and who answers all requests for them."""

    def __init__(
        self, subresources: Iterable[Subresource], whole: Mapping[type[Resource], Subresource] = MappingProxyType({})
    ) -> None:
        self._all = tuple(subresources)
        self._whole = whole

    def of(self, resource: type[Resource]) -> list[Subresource]:
        return [subresource for subresource in self._all if subresource.serves(resource)]

    def infos(self, resource: type[Resource]) -> list[SubresourceInfo]:
        return [subresource.info for subresource in self.of(resource)]

    def find(self, resource: type[Resource], name: str) -> Subresource | None:
        if not name:
            return self._whole.get(resource)
        return next((found for found in self.of(resource) if found.info.name == name), None)
