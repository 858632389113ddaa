"""Flow control for requests: which are subject to it, and how many seats each needs.

A seat is held while an answer is made: from the last byte of the request's body until there is an answer, or a stream,
to be sent. So who sends or reads slowly holds none.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/filters/priority-and-fairness.go, util/flowcontrol/request
Simplified: a write needs one seat, however many watch what it changes. Upstream holds seats until all is sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.types import Message, Scope, Send

from minikube_py.access.authentication.caller import Caller
from minikube_py.api.resource import Resource
from minikube_py.apiserver.api_request import ApiRequest
from minikube_py.flowcontrol.controller import Flow, FlowController
from minikube_py.watchcache.cacher import Cacher

T = TypeVar("T")

_FLOW = "flow"
"""Where the ASGI scope's state keeps how the request was classified."""
_LONG_RUNNING = ("attach", "exec", "log", "portforward", "proxy")
_OBJECTS_OF_A_SEAT, _MOST_SEATS = 100, 10


class FlowControl:
    def __init__(self, controller: FlowController, cacher: Cacher) -> None:
        self._controller = controller
        self._cacher = cacher

    def classified(self, scope: Scope, caller: Caller, send: Send) -> Send:
        """Find where a request belongs; an answer that is sent by the result says so."""
        flow = scope["state"][_FLOW] = self._controller.flow(caller.user, caller.action)

        def marked(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *flow.headers]
            return send(message)

        return marked

    async def turn(self, scope: Scope) -> None:
        """Wait until it is the turn of a request that is for no resource. Raises: TooManyRequests."""
        flow: Flow = scope["state"][_FLOW]
        await self._controller.run(flow, 1, _nothing)

    async def run(
        self, scope: Scope, resource: type[Resource], request: ApiRequest, work: Callable[[], Awaitable[T]]
    ) -> T:
        """Answer a request for a resource when it is its turn. Raises: TooManyRequests, and what `work` raises."""
        if request.info.subresource in _LONG_RUNNING:
            return await work()
        flow: Flow = scope["state"][_FLOW]
        return await self._controller.run(flow, self._seats(resource, request), work)

    def _seats(self, resource: type[Resource], request: ApiRequest) -> int:
        """A list needs one for each hundred of the objects that are looked at for it."""
        if request.method != "GET" or request.info.name or not resource.definition.verbs:
            return 1
        limit = request.query.get("limit", "")
        count = len(self._cacher.of(resource))
        if limit.isdecimal() and 0 < int(limit) < count:
            count = int(limit)
        return min(max(-(-count // _OBJECTS_OF_A_SEAT), 1), _MOST_SEATS)


async def _nothing() -> None:
    return None
