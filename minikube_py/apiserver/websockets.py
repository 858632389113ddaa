"""WebSockets as kubectl opens them: with a subprotocol whose name the WebSocket standard does not allow.

`SPDY/3.1+portforward.k8s.io` has a slash, which strict libraries refuse to read. Towards clients it is read and
answered as it is; towards kubelets it is written `SPDY%2F3.1+portforward.k8s.io`.

Kubernetes: KEP-4006 (tunnelling port-forward), apimachinery/pkg/util/portforward/constants.go
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol


class _TolerantHandshake(ServerProtocol):
    """Leaves the subprotocol to the application, which sees every name that was offered."""

    def process_subprotocol(self, headers: Headers) -> Subprotocol | None:
        return None


class KubectlWebSockets(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol with the tolerant handshake."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.conn = _TolerantHandshake(max_size=self.config.ws_max_size, logger=self.logger)
