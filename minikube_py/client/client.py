"""Client: the verbs of the API, typed by the class of what they are about.

    async with Client.connect(load_kubeconfig().client_config()) as client:
        pod = await client.get(Pod, "web", namespace="default")
        await client.update_status(replace(pod, status=...))

Every method is one request; what fails raises the class of ApiError that the server raised. Nothing is cached and
nothing is retried here: informers cache, controllers retry.

Kubernetes: sigs.k8s.io/controller-runtime/pkg/client
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Generic, Literal, Self, TypeVar

import orjson

from minikube_py.api.kinds.authentication.token_request import TokenRequest
from minikube_py.api.kinds.core.binding import Binding
from minikube_py.api.kinds.core.common import ObjectReference
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.kinds.policy.eviction import Eviction
from minikube_py.api.meta import DeleteOptions, ObjectMeta, Preconditions
from minikube_py.api.model import Json, Model, replace, written
from minikube_py.api.resource import Resource
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.client.partial import accept_of
from minikube_py.client.request import Request, query, resource_path
from minikube_py.client.transport import Bearer, Response, Transport
from minikube_py.client.watch import R, WatchEvent, decode_events

WATCH_TIMEOUT_S = 300
IDLE_MARGIN_S = 30
"""A watch is given up when it outlives by this much the time after which the server should have ended it."""

PatchForm = Literal["strategic", "merge", "json"]
_PATCH_TYPES: dict[PatchForm, str] = {
    "strategic": "application/strategic-merge-patch+json",
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a collection a list asks for; all of it, as of now, unless said otherwise."""

    limit: int = 0
    continue_token: str = ""
    resource_version: str = ""


EVERYTHING_NOW = Page()


@dataclass(frozen=True, slots=True)
class ResourceList(Generic[R]):
    items: tuple[R, ...]
    resource_version: str
    """The revision that the items are of: a watch that starts here misses nothing."""
    continue_token: str = ""
    """Not empty: there is more; ask for it with this token."""


class Client:
    """Talks to one API server as one user."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @classmethod
    def connect(cls, config: ClientConfig, *, user_agent: str = "minikube-py") -> Client:
        """A client for a server that need not be there yet: connections are made when they are needed.

        Raises: ConfigError for certificates that cannot be used.
        """
        return cls(Transport(config, user_agent=user_agent))

    def with_bearer(self, bearer: Bearer) -> Client:
        """A client of the same server for whom a token names; `bearer` tells the token of the moment."""
        return Client(self._transport.with_bearer(bearer))

    @property
    def server(self) -> str:
        return self._transport.server

    async def get(self, kind: type[R], name: str, *, namespace: str = "") -> R:
        path = resource_path(kind.definition, namespace, name)
        return kind.from_json((await self.raw(Request("GET", path, accept=accept_of(kind)))).body)

    async def list(
        self,
        kind: type[R],
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        page: Page = EVERYTHING_NOW,
    ) -> ResourceList[R]:
        """The objects of a kind, in one namespace or in all."""
        parameters = query(
            labelSelector=label_selector,
            fieldSelector=field_selector,
            limit=page.limit or None,
            continue_=page.continue_token,
            resourceVersion=page.resource_version,
        )
        path = resource_path(kind.definition, namespace)
        answer = await self.raw(Request("GET", path, parameters, accept=accept_of(kind, is_list=True)))
        document = _list_document(kind).from_json(answer.body)
        return ResourceList(document.items, document.metadata.resource_version, document.metadata.continue_)

    async def pages(
        self,
        kind: type[R],
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 500,
    ) -> AsyncIterator[R]:
        """The same objects one by one, fetched `limit` at a time, all of one revision. Raises: Expired if too slow."""
        page = Page(limit)
        while True:
            part = await self.list(
                kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector, page=page
            )
            for item in part.items:
                yield item
            if not part.continue_token:
                return
            page = Page(limit, part.continue_token)

    @asynccontextmanager
    async def watch(
        self,
        kind: type[R],
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
        timeout_s: int = WATCH_TIMEOUT_S,
    ) -> AsyncIterator[AsyncIterator[WatchEvent[R]]]:
        """What happens to the objects after `resource_version`, until the server ends the stream.

            async with client.watch(Pod, resource_version=pods.resource_version) as events:
                async for event in events: ...

        Entering returns once the server has accepted the watch. Bookmarks are among the events.
        Raises: Expired when the history does not reach back so far; Unavailable when the connection breaks.
        """
        parameters = query(
            watch=True,
            allowWatchBookmarks=True,
            labelSelector=label_selector,
            fieldSelector=field_selector,
            resourceVersion=resource_version,
            timeoutSeconds=timeout_s,
        )
        request = Request("GET", resource_path(kind.definition, namespace), parameters, accept=accept_of(kind))
        async with self._transport.lines(request, idle_timeout_s=timeout_s + IDLE_MARGIN_S) as lines:
            yield decode_events(kind, lines)

    async def create(self, resource: R) -> R:
        """Store a new object; the answer has its uid, defaults and version. Raises: AlreadyExists, Invalid, ..."""
        path = resource_path(resource.definition, resource.metadata.namespace)
        return await self._write(Request("POST", path, body=resource.to_json()), type(resource))

    async def update(self, resource: R, *, subresource: str = "") -> R:
        """Replace an object as a whole. Raises: Conflict if it is no longer at `metadata.resource_version`."""
        path = resource_path(resource.definition, resource.metadata.namespace, resource.metadata.name, subresource)
        return await self._write(Request("PUT", path, body=resource.to_json()), type(resource))

    async def update_status(self, resource: R) -> R:
        """Replace an object's status and nothing else. Raises: Conflict, as `update`."""
        return await self.update(resource, subresource="status")

    async def patch(
        self,
        kind: type[R],
        name: str,
        patch: Json,
        *,
        namespace: str = "",
        form: PatchForm = "strategic",
        subresource: str = "",
    ) -> R:
        """Change the parts of an object that `patch` (a document, or a list of operations for "json") names."""
        path = resource_path(kind.definition, namespace, name, subresource)
        return await self._write(
            Request("PATCH", path, body=orjson.dumps(patch), content_type=_PATCH_TYPES[form], accept=accept_of(kind)),
            kind,
        )

    async def delete(
        self, kind: type[Resource], name: str, *, namespace: str = "", options: DeleteOptions | None = None
    ) -> None:
        """Ask for an object's end; with finalizers or a grace period it is still there when this returns."""
        path = resource_path(kind.definition, namespace, name)
        await self.raw(Request("DELETE", path, body=_delete_body(options)))

    async def delete_exactly(self, obj: Resource, options: DeleteOptions | None = None) -> None:
        """Ask for this object's end, not that of another which has its name by now (Conflict)."""
        this_one = replace(options or DeleteOptions(), preconditions=Preconditions(uid=obj.metadata.uid))
        await self.delete(type(obj), obj.metadata.name, namespace=obj.metadata.namespace, options=this_one)

    async def delete_collection(
        self,
        kind: type[Resource],
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        options: DeleteOptions | None = None,
    ) -> None:
        path = resource_path(kind.definition, namespace)
        parameters = query(labelSelector=label_selector, fieldSelector=field_selector)
        await self.raw(Request("DELETE", path, parameters, body=_delete_body(options)))

    async def bind(self, pod: Pod, node_name: str) -> None:
        """Place a pod on a node. Raises: Conflict if it has one already, or is another pod of the same name by now."""
        identity = ObjectMeta(name=pod.metadata.name, namespace=pod.metadata.namespace, uid=pod.metadata.uid)
        binding = Binding(metadata=identity, target=ObjectReference(kind="Node", name=node_name))
        path = resource_path(Pod.definition, pod.metadata.namespace, pod.metadata.name, "binding")
        await self.raw(Request("POST", path, body=binding.to_json()))

    async def evict(self, pod: Pod, *, options: DeleteOptions | None = None) -> None:
        """Delete a pod if its disruption budgets allow it. Raises: TooManyRequests if they do not."""
        identity = ObjectMeta(name=pod.metadata.name, namespace=pod.metadata.namespace)
        eviction = Eviction(metadata=identity, delete_options=options)
        path = resource_path(Pod.definition, pod.metadata.namespace, pod.metadata.name, "eviction")
        await self.raw(Request("POST", path, body=eviction.to_json()))

    async def create_token(self, service_account: str, request: TokenRequest, *, namespace: str) -> TokenRequest:
        """A signed token of a service account, in the answer's status."""
        path = resource_path(ServiceAccount.definition, namespace, service_account, "token")
        return await self._write(Request("POST", path, body=request.to_json()), TokenRequest)

    async def raw(self, request: Request) -> Response:
        """Any other request: discovery, /version, /healthz. Raises: ApiError."""
        return await self._transport.send(request)

    async def close(self) -> None:
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _write(self, request: Request, kind: type[R]) -> R:
        return kind.from_json((await self.raw(request)).body)


class ListMeta(Model):
    self_link: str = ""
    resource_version: str = ""
    continue_: str = ""
    remaining_item_count: int | None = None


Item = TypeVar("Item", bound=Resource)


class ListDocument(Model, Generic[Item]):
    """A list as it is on the wire."""

    kind: str = ""
    api_version: str = ""
    metadata: ListMeta = written(ListMeta)
    items: tuple[Item, ...] = ()


@cache
def _list_document(kind: type[R]) -> type[ListDocument[R]]:
    return ListDocument[kind]  # type: ignore[valid-type]  # a class per kind is what pydantic's generics make


def _delete_body(options: DeleteOptions | None) -> bytes:
    return b"" if options is None else b'{"kind":"DeleteOptions","apiVersion":"v1",' + options.to_json()[1:]
