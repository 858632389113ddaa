"""exec and attach over WebSocket: each message is one byte that names the channel, then data.

    0 stdin   1 stdout   2 stderr   3 how it ended (a Status)   4 terminal size   255 (v5): close that channel

Kubernetes: KEP-4006; staging/src/k8s.io/apimachinery/pkg/util/remotecommand, pkg/kubelet/server/remotecommand
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from minikube_py.errors import MinikubeError
from minikube_py.kubelet.pod_lookup import BadQuestion, Life
from minikube_py.runtime.abilities import Attach, Exec, Session

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
V1 = "channel.k8s.io"
"""The first one: failure is told in words only, success not at all."""
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io", V1)
_CHANNELS = {"stdout": STDOUT, "stderr": STDERR}
_TRUE = ("true", "1")
_CHUNK = 32 * 1024

FindLife = Callable[[], Awaitable[Life]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    command: tuple[str, ...]
    stdin: bool
    tty: bool


async def execute(websocket: WebSocket, find: FindLife) -> None:
    """Run a command for a user, from the handshake to the Status of its end."""
    query = websocket.query_params
    wanted = _Wanted(tuple(query.getlist("command")), query.get("stdin") in _TRUE, query.get("tty") in _TRUE)
    protocol = await _accept(websocket)
    if not protocol:
        return
    try:
        if not wanted.command:
            raise BadQuestion("you must specify at least 1 command for the container")
        life = await find()
        if not isinstance(life.runtime, Exec):
            raise BadQuestion(f"the {life.runtime.name} runtime cannot run commands in containers")
        session = await life.runtime.exec(life.record.id, wanted.command, tty=wanted.tty, stdin=wanted.stdin)
        try:
            await _converse(websocket, session, takes_input=wanted.stdin)
            status = ended_with(await session.exit_code())
        finally:
            await session.close()
    except MinikubeError as error:
        status = failure("InternalError", str(error))
    await _end(websocket, status, protocol)


async def attach(websocket: WebSocket, find: FindLife) -> None:
    """Join a user to a container's own streams, until it ends or the user leaves."""
    takes_input = websocket.query_params.get("stdin") in _TRUE
    protocol = await _accept(websocket)
    if not protocol:
        return
    try:
        life = await find()
        if not isinstance(life.runtime, Attach):
            raise BadQuestion(f"the {life.runtime.name} runtime cannot be attached to")
        session = await life.runtime.attach(life.record.id, stdin=takes_input)
        try:
            await _converse(websocket, session, takes_input=takes_input)
            status = success()
        finally:
            await session.close()
    except MinikubeError as error:
        status = failure("InternalError", str(error))
    await _end(websocket, status, protocol)


def success() -> dict[str, Any]:
    return {"metadata": {}, "status": "Success"}


def failure(reason: str, message: str) -> dict[str, Any]:
    return {"metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": 500}


def ended_with(exit_code: int) -> dict[str, Any]:
    """How a command's end is told: its exit code is a cause, which clients turn into their own exit code."""
    if exit_code == 0:
        return success()
    said = f"command terminated with non-zero exit code: exit status {exit_code}"
    causes = [{"reason": "ExitCode", "message": str(exit_code)}]
    return {
        "metadata": {},
        "status": "Failure",
        "message": said,
        "reason": "NonZeroExitCode",
        "details": {"causes": causes},
    }


async def _accept(websocket: WebSocket) -> str:
    """The protocol that is spoken from here on; empty if there is none."""
    offered = websocket.scope.get("subprotocols", [])
    chosen = next((protocol for protocol in PROTOCOLS if protocol in offered), None)
    if chosen is None:
        await websocket.close(1002, f"none of the protocols offered is spoken here: {', '.join(PROTOCOLS)}")
        return ""
    await websocket.accept(subprotocol=chosen)
    return chosen


async def _converse(websocket: WebSocket, session: Session, *, takes_input: bool) -> None:
    """Carry bytes both ways until the command has ended and all of its output is sent."""
    listening = asyncio.ensure_future(_listen(websocket, session, takes_input=takes_input))
    try:
        async for stream, data in session.output():
            for start in range(0, len(data), _CHUNK):
                await websocket.send_bytes(bytes([_CHANNELS[stream]]) + data[start : start + _CHUNK])
    except (WebSocketDisconnect, RuntimeError) as error:
        raise BadQuestion("the client has gone") from error
    finally:
        listening.cancel()
        await asyncio.wait({listening})


async def _listen(websocket: WebSocket, session: Session, *, takes_input: bool) -> None:
    """From the client to the command; a client that hangs up ends the command."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            await session.close()
            return
        data = message.get("bytes") or (message.get("text") or "").encode()
        if not data:
            continue
        channel, payload = data[0], data[1:]
        if channel == STDIN and takes_input and payload:
            await session.write(payload)
        elif channel == CLOSE and payload[:1] == bytes([STDIN]) and takes_input:
            await session.close_stdin()
        elif channel == RESIZE:
            await _resize(session, payload)


async def _resize(session: Session, payload: bytes) -> None:
    try:
        size = json.loads(payload)
        width, height = int(size["Width"]), int(size["Height"])
    except (ValueError, KeyError, TypeError):
        return
    await session.resize(width, height)


async def _end(websocket: WebSocket, status: dict[str, Any], protocol: str) -> None:
    try:
        if protocol != V1:
            await websocket.send_bytes(bytes([ERROR]) + json.dumps(status).encode())
        elif "message" in status:
            await websocket.send_bytes(bytes([ERROR]) + status["message"].encode())
        await websocket.close(1000)
    except (WebSocketDisconnect, RuntimeError):
        # The client has hung up: nobody is left to tell.
        return
