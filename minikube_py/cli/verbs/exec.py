"""pykubectl exec: a command in a running container, over one WebSocket.

Each message starts with the number of its channel: 0 stdin, 1 stdout, 2 stderr, 3 the final Status, 255 closes one.

Kubernetes: kubectl pkg/cmd/exec; KEP-4006 (v5.channel.k8s.io).
Simplified: terminals (-t) are refused by name.
"""

import json
import os
import sys
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request, server_error
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.pod_finding import choose_container, find_pod, pods_path

_PROTOCOL = "v5.channel.k8s.io"
_STDIN, _STDOUT, _STDERR, _STATUS, _CLOSE = b"\x00", 1, 2, 3, b"\xff"


@dataclass(frozen=True)
class ExecFlags:
    """What exec takes."""

    container: str = flag("", "c", "The container's name.")
    stdin: bool = flag(False, "i", "Pass standard input to the command.")
    tty: bool = flag(False, "t", "Refused: standard input is no terminal for the command.")
    quiet: bool = flag(False, "q", "Print only what the command prints.")


def execute(call: Invocation[ExecFlags]) -> int:
    """Run the command and return its exit code."""
    flags = call.flags
    if flags.tty:
        raise CommandError(f"exec --tty is not supported by {PROGRAM} yet; use kubectl")
    names, command = _split(call)
    if len(names) != 1:
        raise call.usage_error("pod, type/name or --filename must be specified")
    if not command:
        raise CommandError("you must specify at least one command for the container")
    session = call.session
    pod = find_pod(session, names[0])
    phase = (pod.get("status") or {}).get("phase", "")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(f"cannot exec into a container in a completed pod; current phase is {phase}")
    query: dict[str, str | bool | tuple[str, ...]] = {
        "command": tuple(command),
        "container": choose_container(session, pod, flags.container, flags.quiet),
        "stdin": flags.stdin,
        "stderr": True,
        "stdout": True,
    }
    path = f"{pods_path(session.namespace, pod['metadata']['name'])}/exec"
    return _run(call, Request("GET", path, query))


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


def _split(call: Invocation[ExecFlags]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Separate the pod from the command, which stands behind --."""
    at = call.dash_at
    if at is None:
        if len(call.words) > 1:
            raise CommandError(
                "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead"
                f"\nSee '{call.command_path} -h' for help and examples"
            )
        return call.words, ()
    return call.words[:at], call.words[at:]


def _run(call: Invocation[ExecFlags], request: Request) -> int:
    from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    connection = call.session.connection
    parts = urlsplit(connection.config.server)
    scheme = "wss" if parts.scheme == "https" else "ws"
    try:
        with connect(
            f"{scheme}://{parts.netloc}{connection.base_path}{request.target}",
            subprotocols=[Subprotocol(_PROTOCOL)],
            additional_headers=connection.headers,
            ssl=connection.tls_context,
            server_hostname=connection.config.tls_server_name or None,
            compression=None,
            max_size=None,
            proxy=None,
        ) as socket:
            if call.flags.stdin:
                threading.Thread(target=_pump_stdin, args=(socket,), daemon=True).start()
            return _relay(socket)
    except InvalidStatus as error:
        response = error.response
        raise server_error(response.status_code, bytes(response.body or b"")) from error
    except (InvalidHandshake, WebSocketException) as error:
        raise CommandError(f"error sending request: {error}") from error
    except OSError as error:
        raise CommandError(f"error dialing backend: {(error.strerror or str(error)).lower()}") from error


def _relay(socket: Any) -> int:
    """Write what comes until the Status does.

    Raises: CommandError when the stream ends without one.
    """
    outputs = {_STDOUT: sys.stdout, _STDERR: sys.stderr}
    for message in socket:
        data = message.encode() if isinstance(message, str) else message
        if not data:
            continue
        channel, body = data[0], data[1:]
        if channel in outputs:
            outputs[channel].buffer.write(body)
            outputs[channel].buffer.flush()
        elif channel == _STATUS and body:
            code = exit_code_of(json.loads(body))
            if code:
                sys.stdout.flush()
                raise _Terminated(code)
            return code
    raise CommandError("the connection was closed before the command ended")


class _Terminated(CommandError):
    """The command ran and failed: its exit code is ours."""

    prefix = ""

    def __init__(self, code: int) -> None:
        super().__init__(f"command terminated with exit code {code}", code)


def _pump_stdin(socket: Any) -> None:
    """Send standard input until it ends; runs in a thread of its own, which ends with the process."""
    from websockets.exceptions import ConnectionClosed

    try:
        while piece := os.read(sys.stdin.fileno(), 32768):
            socket.send(_STDIN + piece)
        socket.send(_CLOSE + _STDIN)
    except ConnectionClosed:
        # The command ended before its input did.
        return


COMMAND = Verb(
    "exec",
    execute,
    ExecFlags,
    summary="Run a command in a container",
    usage="exec [-i] (POD | TYPE/NAME) [-c CONTAINER] -- COMMAND [ARGUMENTS ...]",
    examples=f"""
# The date in a pod
{PROGRAM} exec web-0 -- date

# Standard input to a command in a pod of a deployment
{PROGRAM} exec -i deployment/web -- sh < script.sh
""",
)
