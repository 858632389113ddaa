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

    async def begin(self, scope: Scope, caller: Caller, send: Send) -> Send:
        """Classify a request; what it sends by the result says so. What is no resource waits for its turn here.

        Raises: TooManyRequests.
        """
        action = caller.action
        flow = scope["state"][_FLOW] = self._controller.flow(caller.user, action)
        if action.path:
            await self._controller.run(flow, 1, _nothing)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *flow.headers]
            await send(message)

        return marked

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
