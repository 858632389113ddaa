"""The filter chain that every request passes, and the application that answers for resources.

    FilterChain: RequestInfo -> audit -> authentication -> impersonation -> authorization -> flow -> the application
    ResourceApp: size limit -> Resource -> its turn -> handler or subresource -> bytes
                      any ApiError on the way -> its Status, with its code

The resource API is one catch-all ASGI application: paths are understood by `request_info`, not by generated routes.
FastAPI serves the handful of fixed paths beside it.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/{config,handler}.go (DefaultBuildHandlerChain)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from urllib.parse import parse_qsl

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from minikube_py.access import remarks
from minikube_py.access.audit import Trail
from minikube_py.access.authentication.caller import CALLER, Caller
from minikube_py.access.authentication.impersonation import impersonated
from minikube_py.access.authorization.authorizer import Action, not_allowed
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from minikube_py.api.status import (
    ApiError,
    Expired,
    InsufficientStorage,
    InternalError,
    RequestEntityTooLarge,
    Unavailable,
)
from minikube_py.apiserver.access import Access
from minikube_py.apiserver.answers import Answer, Stream, object_answer, pieces, warning_header
from minikube_py.apiserver.api_request import ApiRequest, no_such_resource
from minikube_py.apiserver.compression import SMALLEST_BYTES, Compressor, takes_gzip
from minikube_py.apiserver.config import MAX_BODY_BYTES
from minikube_py.apiserver.connection import read_in_time
from minikube_py.apiserver.flow_control import FlowControl
from minikube_py.apiserver.handler import ResourceHandler
from minikube_py.apiserver.metrics import Measured, RequestMetrics, Subject
from minikube_py.apiserver.negotiation import JSON_TYPE, rendering, rendering_of_errors, wants_pretty
from minikube_py.apiserver.options import is_true
from minikube_py.apiserver.request_info import RequestInfo, parse_path, requested_action
from minikube_py.apiserver.reviews import Reviews
from minikube_py.apiserver.subresources.registry import Connectable, SubresourceRegistry
from minikube_py.discovery.discovery import Discovery
from minikube_py.flowcontrol.sending import Sending
from minikube_py.storage.interface import Compacted, StorageError, StorageFull, StorageUnavailable

log = logging.getLogger(__name__)

REQUEST_INFO = "request_info"
"""Where the ASGI scope's state keeps what the path means."""


class FilterChain:
    """ASGI application around all others: lets through who may, and says who it is."""

    def __init__(self, app: ASGIApp, access: Access, flows: FlowControl) -> None:
        self._app = app
        self._authentication = access.authentication
        self._authorizer = access.authorizer
        self._audit = access.audit
        self._flows = flows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        remarks.begin()
        info = scope["state"][REQUEST_INFO] = parse_path(scope["path"])
        action = requested_action(info, scope)
        if self._audit is None:
            await self._pass(scope, receive, send, action, None)
            return
        trail = Trail(self._audit, scope, action, info.version if info else "")
        try:
            await self._pass(scope, receive, trail.watching(send), action, trail)
        finally:
            trail.end()

    async def _pass(self, scope: Scope, receive: Receive, send: Send, action: Action, trail: Trail | None) -> None:
        try:
            caller = self._caller(scope, action, trail)
            send = self._flows.classified(scope, caller, send)
            if action.path:
                await self._flows.turn(scope)
        except ApiError as error:
            await _refuse(scope, send, error)
            return
        CALLER.set(caller)
        await self._app(scope, receive, send)

    def _caller(self, scope: Scope, action: Action, trail: Trail | None) -> Caller:
        """Raises: Unauthorized, BadRequest, Forbidden."""
        user = self._authentication.authenticate(scope)
        if trail is not None:
            trail.user(user)
        other = impersonated(user, scope["headers"], self._authorizer)
        if other is not None:
            user = other
            if trail is not None:
                trail.impersonated(user)
        decision = self._authorizer.decide(user, action)
        if trail is not None:
            trail.decided(allowed=decision.allowed, reason=decision.reason)
        if not decision.allowed:
            raise not_allowed(user, action, decision)
        return Caller(user, action)


class ResourceApp:
    """ASGI application for everything below /api and /apis."""

    def __init__(
        self,
        registry: Registry,
        handler: ResourceHandler,
        subresources: SubresourceRegistry,
        reviews: Reviews,
        discovery: Discovery,
        flows: FlowControl,
    ) -> None:
        self._registry = registry
        self._handler = handler
        self._subresources = subresources
        self._reviews = reviews
        self._discovery = discovery
        self._flows = flows
        self._metrics = RequestMetrics()
        self._compressor = Compressor()
        self._sending = Sending()

    @property
    def paths(self) -> list[str]:
        """What discovery can be asked for."""
        return self._discovery.paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
            return
        answer: Answer | Stream
        with self._metrics.measure(scope["method"]) as measured:
            try:
                answer = await self._answer(scope, receive, measured)
            except ApiError as error:
                answer = _status_answer(scope, error)
            except StorageError as error:
                answer = _status_answer(scope, _storage_error(error))
            if texts := remarks.warnings():
                warnings = (("Warning", warning_header(text)) for text in texts)
                answer = replace(answer, headers=(*answer.headers, *warnings))
            measured.code = answer.code
        if isinstance(answer, Answer):
            await self._send(scope, send, answer)
        else:
            with self._metrics.streaming(measured.subject), read_in_time(scope):
                await _send_stream(receive, send, answer, self._sending)

    async def _send(self, scope: Scope, send: Send, answer: Answer) -> None:
        body, length = answer.body, len(answer.body)
        chunks = (body,) if isinstance(body, bytes) else body.chunks()
        if length > SMALLEST_BYTES and takes_gzip(_header(scope, b"accept-encoding")):
            told = (*answer.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
            chunks = self._compressor.stream(body)
        elif isinstance(body, bytes) and length <= SMALLEST_BYTES:
            await _send(send, answer)
            return
        else:
            told = (*answer.headers, ("Content-Length", str(length)))
        await send({"type": "http.response.start", "status": answer.code, "headers": _headers(answer, told)})
        for chunk in chunks:
            await _send_pieces(send, chunk, self._sending)
        await send({"type": "http.response.body", "body": b""})

    async def _answer(self, scope: Scope, receive: Receive, measured: Measured) -> Answer | Stream:
        path: str = scope["path"]
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        info: RequestInfo | None = scope["state"][REQUEST_INFO]
        if info is None:
            found = self._discovery.find(path, headers.get("accept", ""))
            if found is None:
                return Answer(b"404 page not found\n", 404, "text/plain; charset=utf-8")
            if found.content_type != JSON_TYPE:
                return Answer(found.body, 200, found.content_type, found.headers)
            wanted = rendering(headers.get("accept", ""), ())
            return object_answer(found.body, replace(wanted, is_pretty=wants_pretty(_query(scope).get("pretty"))))
        resource = self._registry.find(info.group, info.version, info.plural)
        if resource is None:
            if info.group and info.group not in self._discovery.groups:
                return Answer(b"404 page not found\n", 404, "text/plain; charset=utf-8")
            raise no_such_resource()
        if not _is_address(resource, info):
            raise no_such_resource()
        request = ApiRequest(
            method=scope["method"],
            info=info,
            query=_query(scope),
            accept=headers.get("accept", ""),
            content_type=headers.get("content-type", ""),
            body=await _read_body(receive, headers.get("content-length", "")),
            headers=headers,
            target=f"{scope['raw_path'].decode('latin-1')}?{scope['query_string'].decode('latin-1')}".removesuffix("?"),
        )
        measured.subject = _subject(request)
        if resource.definition.deprecation:
            remarks.warn(resource.definition.deprecation)
        return await self._flows.run(scope, resource, request, lambda: self._dispatch(resource, request))

    async def _dispatch(self, resource: type[Resource], request: ApiRequest) -> Answer | Stream:
        info = request.info
        if self._reviews.serves(resource):
            return self._reviews.handle(resource, request)
        subresource = self._subresources.find(resource, info.subresource)
        if subresource is not None:
            return await subresource.handle(resource, request)
        if not info.subresource or (info.subresource == "status" and resource.definition.has_status):
            return await self._handler.handle(resource, request)
        raise no_such_resource()

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        try:
            info: RequestInfo | None = scope["state"][REQUEST_INFO]
            await self._find_connect(info).connect(websocket, info or RequestInfo("", "", ""))
        except ApiError as error:
            await _refuse(scope, send, error)

    def _find_connect(self, info: RequestInfo | None) -> Connectable:
        resource = self._registry.find(info.group, info.version, info.plural) if info else None
        found = self._subresources.find(resource, info.subresource) if resource and info else None
        if not isinstance(found, Connectable):
            raise no_such_resource()
        return found


def _subject(request: ApiRequest) -> Subject:
    """What the metrics count the request under."""
    info, verb = request.info, request.method
    if not info.name:
        verb = {"GET": "LIST", "DELETE": "DELETECOLLECTION"}.get(verb, verb)
    if request.method == "GET" and (info.watches or (not info.name and is_true(request.query, "watch"))):
        verb = "WATCH"
    scope = "resource" if info.name else "namespace" if info.namespace else "cluster"
    dry_run = request.query.get("dryRun", "")
    return Subject(verb, info.group, info.version, info.plural, info.subresource, scope, dry_run)


def _query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))


def _is_address(resource: type[Resource], info: RequestInfo) -> bool:
    """Whether something can be there: namespaced objects lie in a namespace, others in none."""
    return bool(info.namespace) or not info.name if resource.definition.namespaced else not info.namespace


async def _refuse(scope: Scope, send: Send, error: ApiError) -> None:
    """Answer with the error's Status; also where a WebSocket was asked for and there will be none."""
    answer = _status_answer(scope, error)
    if scope["type"] == "http":
        await _send(send, answer)
        return
    headers = [(b"content-type", answer.content_type.encode())]
    await send({"type": "websocket.http.response.start", "status": answer.code, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": bytes(answer.body)})


def _status_answer(scope: Scope, error: ApiError) -> Answer:
    headers = (("Retry-After", str(error.retry_after_s)),) if error.retry_after_s else ()
    wanted = rendering_of_errors(_header(scope, b"accept"))
    if b"pretty=" in scope["query_string"]:
        wanted = replace(wanted, is_pretty=wants_pretty(_query(scope).get("pretty")))
    answer = object_answer(orjson.dumps(error.to_status()), wanted, code=error.status_code)
    return replace(answer, headers=headers)


def _storage_error(error: StorageError) -> ApiError:
    """What a failure of the store looks like from outside."""
    if isinstance(error, StorageUnavailable):
        return Unavailable(f"the store is not available: {error}", retry_after_s=1)
    if isinstance(error, StorageFull):
        return InsufficientStorage(f"the store is full: {error}")
    if isinstance(error, Compacted):
        return Expired("The resourceVersion for the provided list is too old.")
    return InternalError(f"Internal error occurred: {error}")


async def _read_body(receive: Receive, content_length: str) -> bytes:
    """Raises: RequestEntityTooLarge, before the rest of a body that is too long has been read."""
    if content_length.isdecimal() and int(content_length) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge(f"Request entity too large: limit is {MAX_BODY_BYTES}")
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ApiError("the client hung up")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise RequestEntityTooLarge(f"Request entity too large: limit is {MAX_BODY_BYTES}")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


def _headers(answer: Answer | Stream, others: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"cache-control", b"no-cache, private"),
        (b"content-type", answer.content_type.encode()),
        *((name.lower().encode(), value.encode()) for name, value in others),
    ]
    return headers[1:] if any(name == "Cache-Control" for name, _ in others) else headers


async def _send(send: Send, answer: Answer) -> None:
    headers = _headers(answer, (*answer.headers, ("Content-Length", str(len(answer.body)))))
    await send({"type": "http.response.start", "status": answer.code, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(answer.body)})


async def _send_pieces(send: Send, text: bytes, sending: Sending) -> None:
    """Each waits for its turn, and until the client has taken most of what was sent before."""
    user = CALLER.get().user.username
    for piece in pieces(text):
        await sending.turn(user, len(piece))
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _send_stream(receive: Receive, send: Send, stream: Stream, sending: Sending) -> None:
    """Send what comes until it ends or the client is gone."""
    await send({"type": "http.response.start", "status": stream.code, "headers": _headers(stream, stream.headers)})
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    pumping = asyncio.create_task(_pump(stream.chunks, send, sending))
    gone = asyncio.create_task(_until_gone(receive))
    try:
        await asyncio.wait((pumping, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (pumping, gone):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _pump(chunks: AsyncGenerator[bytes, None], send: Send, sending: Sending) -> None:
    async with aclosing(chunks) as opened:
        async for chunk in opened:
            await _send_pieces(send, chunk, sending)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
