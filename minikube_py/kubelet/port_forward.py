"""port-forward: SPDY inside a WebSocket; each forwarded connection is an error stream and a data stream.

The client opens, for each connection, first a stream `streamtype: error`, then `streamtype: data`, both with the port
and a request id. What cannot be forwarded is said on the error stream.

Kubernetes: KEP-4006 (tunnelling), pkg/kubelet/server/portforward
Simplified: no plain SPDY upgrade (kubectl before 1.31), no old WebSocket port-forward protocol.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from minikube_py.client.spdy import (
    Connection,
    DataReceived,
    Event,
    GoAway,
    PingReceived,
    StreamOpened,
    StreamReset,
)
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.pod_lookup import BadQuestion
from minikube_py.runtime.abilities import PortForward
from minikube_py.runtime.interface import Runtime, RuntimeFault, SandboxStatus

log = logging.getLogger(__name__)

PROTOCOL = "SPDY/3.1+portforward.k8s.io"
_SPELLINGS = ("SPDY%2F3.1+portforward.k8s.io", PROTOCOL)
"""A slash has no place in a WebSocket subprotocol's name; strict libraries can only say it quoted."""
_CHUNK = 32 * 1024
_WAITING_CHUNKS = 64

FindSandbox = Callable[[], Awaitable[tuple[Runtime, SandboxStatus]]]


async def forward_ports(websocket: WebSocket, find: FindSandbox) -> None:
    """Forward connections for a user until they hang up."""
    offered = websocket.scope.get("subprotocols", [])
    protocol = next((spelling for spelling in _SPELLINGS if spelling in offered), None)
    if protocol is None:
        await websocket.close(1002, f"only the protocol {PROTOCOL} is spoken here")
        return
    try:
        runtime, sandbox = await find()
        if not isinstance(runtime, PortForward):
            raise BadQuestion(f"the {runtime.name} runtime has no ports to forward to")
    except MinikubeError as error:
        await websocket.accept(subprotocol=protocol)
        await websocket.close(1011, str(error)[:120])
        return
    await websocket.accept(subprotocol=protocol)
    await _Tunnel(websocket, runtime, sandbox).run()


class _Tunnel:
    """One user's session."""

    def __init__(self, websocket: WebSocket, runtime: PortForward, sandbox: SandboxStatus) -> None:
        self._websocket = websocket
        self._runtime = runtime
        self._sandbox = sandbox
        self._spdy = Connection()
        self._error_streams: dict[str, int] = {}
        self._inputs: dict[int, asyncio.Queue[bytes | None]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                await self._listen(group)
                for task in self._tasks.values():
                    task.cancel()
        except* (WebSocketDisconnect, RuntimeError):
            # The client has hung up in the middle of an answer.
            log.debug("port-forward ended by its client")

    async def _listen(self, group: asyncio.TaskGroup) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                for event in self._spdy.receive(message.get("bytes") or b""):
                    await self._handle(event, group)
            except MinikubeError as error:
                await self._websocket.close(1002, str(error)[:120])
                return

    async def _handle(self, event: Event, group: asyncio.TaskGroup) -> None:
        match event:
            case StreamOpened():
                await self._open(event, group)
            case DataReceived(stream_id, data, is_finished):
                queue = self._inputs.get(stream_id)
                if queue is not None:
                    if data:
                        await queue.put(data)
                    if is_finished:
                        await queue.put(None)
            case StreamReset(stream_id):
                task = self._tasks.pop(stream_id, None)
                if task is not None:
                    task.cancel()
            case PingReceived(ping_id):
                await self._send(self._spdy.send_ping(ping_id))
            case GoAway():
                return

    async def _open(self, opened: StreamOpened, group: asyncio.TaskGroup) -> None:
        kind, request = opened.headers.get("streamtype", ""), opened.headers.get("requestid", "")
        await self._send(self._spdy.send_reply(opened.stream_id))
        if kind == "error":
            self._error_streams[request] = opened.stream_id
            return
        self._inputs[opened.stream_id] = asyncio.Queue(_WAITING_CHUNKS)
        work = self._forward(opened.stream_id, opened.headers.get("port", ""), request)
        self._tasks[opened.stream_id] = group.create_task(work, name="port-forward")

    async def _forward(self, stream_id: int, port: str, request: str) -> None:
        try:
            reader, writer = await self._runtime.port_forward(self._sandbox.id, int(port))
        except (RuntimeFault, ValueError, OSError) as error:
            said = f"an error occurred forwarding {port} -> {port}: {error}"
            await self._close(stream_id, request, said)
            return
        sending = asyncio.ensure_future(self._feed(writer, self._inputs[stream_id]))
        try:
            while chunk := await reader.read(_CHUNK):
                await self._send(self._spdy.send_data(stream_id, chunk))
            await self._close(stream_id, request, "")
        except ConnectionError as error:
            await self._close(stream_id, request, f"error forwarding port {port}: {error}")
        finally:
            sending.cancel()
            writer.close()
            self._inputs.pop(stream_id, None)
            self._tasks.pop(stream_id, None)

    async def _close(self, stream_id: int, request: str, complaint: str) -> None:
        """End both streams of a connection; the complaint, if any, goes first."""
        error_stream = self._error_streams.pop(request, None)
        if error_stream is not None:
            await self._send(self._spdy.send_data(error_stream, complaint.encode(), is_finished=True))
        await self._send(self._spdy.send_data(stream_id, b"", is_finished=True))

    @staticmethod
    async def _feed(writer: asyncio.StreamWriter, chunks: "asyncio.Queue[bytes | None]") -> None:
        """From the client to the pod's port; its end of input is passed on."""
        try:
            while (chunk := await chunks.get()) is not None:
                writer.write(chunk)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except ConnectionError:
            # The port's side is gone; the reading half says so to the client.
            return

    async def _send(self, data: bytes) -> None:
        await self._websocket.send_bytes(data)
