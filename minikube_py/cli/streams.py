"""exec, attach and cp: bytes both ways over one WebSocket, and a terminal where there is one.

Each message starts with the number of its channel: 0 stdin, 1 stdout, 2 stderr, 3 the final Status, 4 the size of the
terminal, 255 closes a channel.

Kubernetes: client-go tools/remotecommand; KEP-4006 (v5.channel.k8s.io).
Simplified: no SPDY; the window's size is looked at when a signal says that it changed.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from minikube_py.cli.connection import Connection, Request, server_error
from minikube_py.cli.errors import CommandError
from minikube_py.cli.session import Session

PROTOCOL = "v5.channel.k8s.io"
_STDIN, _STDOUT, _STDERR, _STATUS, _RESIZE, _CLOSE = b"\x00", 1, 2, 3, b"\x04", b"\xff"
_PIECE = 32768


@dataclass(frozen=True, slots=True)
class Streams:
    """What a remote command is joined to; `read` gives its input piece by piece, b"" at the end."""

    read: Callable[[], bytes] | None = None
    out: BinaryIO | None = None
    err: BinaryIO | None = None
    is_terminal: bool = False


class Terminated(CommandError):
    """The command ran and failed: its exit code is ours."""

    prefix = ""

    def __init__(self, code: int) -> None:
        super().__init__(f"command terminated with exit code {code}", code)


def own_streams(*, stdin: bool, tty: bool) -> Streams:
    """This process's own standard streams."""
    read = (lambda: os.read(sys.stdin.fileno(), _PIECE)) if stdin else None
    return Streams(read, sys.stdout.buffer, None if tty else sys.stderr.buffer, tty)


def is_terminal_usable(session: Session, *, stdin: bool, tty: bool, quiet: bool = False) -> bool:
    """Whether --tty can be had; says so when it cannot."""
    if not tty:
        return False
    if stdin and sys.stdin.isatty():
        return True
    if not quiet:
        session.warn("Unable to use a TTY - input is not a terminal or the right kind of file")
    return False


def converse(session: Session, request: Request, streams: Streams) -> int:
    """Join the streams to a remote command until it ends, and return its exit code, which is 0.

    Raises: Terminated for another exit code; CommandError when the command could not be run.
    """
    with open_socket(session.connection, request, PROTOCOL) as socket, _terminal(socket, streams):
        if streams.read is not None:
            threading.Thread(target=_pump, args=(socket, streams.read), daemon=True).start()
        return _relay(socket, streams)


def exit_code_of(status: dict[str, Any]) -> int:
    """Read the command's exit code out of the final Status.

    Raises: CommandError when the command could not be run at all.
    """
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or []:
        if cause.get("reason") == "ExitCode":
            return int(cause.get("message") or 1)
    raise CommandError(str(status.get("message") or "the command could not be run"))


@contextmanager
def open_socket(connection: Connection, request: Request, protocol: str) -> Iterator[Any]:
    """A WebSocket to the API server that speaks `protocol`, open until the block ends.

    Raises: ServerError when the server refuses, CommandError when it cannot be reached.
    """
    from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
    from websockets.sync.client import connect

    parts = urlsplit(connection.config.server)
    scheme = "wss" if parts.scheme == "https" else "ws"
    try:
        with connect(
            f"{scheme}://{parts.netloc}{connection.base_path}{request.target}",
            additional_headers={**connection.headers, "Sec-WebSocket-Protocol": protocol},
            ssl=connection.tls_context,
            server_hostname=connection.config.tls_server_name or None,
            compression=None,
            max_size=None,
            proxy=None,
            create_connection=cast(Any, _tolerant),
        ) as socket:
            yield socket
    except InvalidStatus as error:
        response = error.response
        raise server_error(response.status_code, bytes(response.body or b"")) from error
    except (InvalidHandshake, WebSocketException) as error:
        raise CommandError(f"error sending request: {error}") from error
    except OSError as error:
        raise CommandError(f"error dialing backend: {(error.strerror or str(error)).lower()}") from error


def _tolerant(socket: Any, protocol: Any, **keywords: Any) -> Any:
    """Leave the subprotocol, which a header of ours asks for, to us: one of kubectl's has a slash in its name."""
    from websockets.sync.client import ClientConnection

    protocol.process_subprotocol = lambda headers: headers.get("Sec-WebSocket-Protocol")
    return ClientConnection(socket, protocol, **keywords)


def _relay(socket: Any, streams: Streams) -> int:
    """Write what comes until the Status does.

    Raises: CommandError when the stream ends without one.
    """
    outputs = {_STDOUT: streams.out, _STDERR: streams.err}
    for message in socket:
        data = message.encode() if isinstance(message, str) else message
        if not data:
            continue
        channel, body = data[0], data[1:]
        output = outputs.get(channel)
        if output is not None:
            output.write(body)
            output.flush()
        elif channel == _STATUS and body:
            code = exit_code_of(json.loads(body))
            if code:
                raise Terminated(code)
            return code
    raise CommandError("the connection was closed before the command ended")


def _pump(socket: Any, read: Callable[[], bytes]) -> None:
    """Send the input until it ends; runs in a thread of its own, which ends with the process."""
    from websockets.exceptions import ConnectionClosed

    try:
        while piece := read():
            socket.send(_STDIN + piece)
        socket.send(_CLOSE + _STDIN)
    except ConnectionClosed:
        # The command ended before its input did.
        return


@contextmanager
def _terminal(socket: Any, streams: Streams) -> Iterator[None]:
    """While the block runs, keys go to the command as they are pressed, and it learns the window's size."""
    if not streams.is_terminal:
        yield
        return
    import termios
    import tty

    def tell_size(*_: object) -> None:
        size = os.get_terminal_size(sys.stdin.fileno())
        socket.send(_RESIZE + json.dumps({"Width": size.columns, "Height": size.lines}).encode())

    before = termios.tcgetattr(sys.stdin)
    previous = signal.signal(signal.SIGWINCH, tell_size)
    try:
        tty.setraw(sys.stdin)
        tell_size()
        yield
    finally:
        signal.signal(signal.SIGWINCH, previous)
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
