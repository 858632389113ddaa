"""pykubectl port-forward: local ports whose connections end in a pod.

One WebSocket carries SPDY, and in it two streams for each local connection: one for data, one for what goes wrong.

Kubernetes: kubectl pkg/cmd/portforward, client-go tools/portforward; KEP-4006.
Simplified: listens on 127.0.0.1 or the addresses given, IPv4 names and literals of both families.
"""

import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.pod_finding import find_pod, pods_path
from minikube_py.cli.streams import open_socket
from minikube_py.client.spdy import Connection, DataReceived, PingReceived, StreamReset
from minikube_py.client.yaml_text import Document

_PROTOCOL = "SPDY/3.1+portforward.k8s.io"
_PIECE = 32768
_POLL_S = 0.5


@dataclass(frozen=True)
class ForwardFlags:
    """What port-forward takes."""

    address: tuple[str, ...] = flag(("localhost",), "", "The local addresses to listen on.")
    pod_running_timeout: float = flag(60.0, "", "How long to wait until the pod runs.")


@dataclass(frozen=True, slots=True)
class Ports:
    """A local port (0 = any) and the pod's."""

    local: int
    remote: int


def parse_ports(text: str, named: dict[str, int], of_service: dict[int, int]) -> Ports:
    """Read PORT, LOCAL:REMOTE or :REMOTE; a service's port stands for the pod's behind it.

    Raises: CommandError for ports that are none.
    """
    local, colon, remote = text.partition(":")
    if not colon:
        remote = local
    number = _number(remote, named)
    if number is None:
        raise CommandError(f"error parsing remote port: {_atoi(remote)}" if colon else _bad(text))
    local_number = (0 if not local else _number(local, {})) if colon else number
    if local_number is None:
        raise CommandError(f'error parsing local port "{local}": {_atoi(local)}')
    return Ports(local_number, of_service.get(number, number))


def _number(text: str, named: dict[str, int]) -> int | None:
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    return named.get(text)


def _atoi(text: str) -> str:
    return f'strconv.ParseUint: parsing "{text}": invalid syntax'


def _bad(text: str) -> str:
    return f'error parsing local port "{text}": {_atoi(text)}'


def forward(call: Invocation[ForwardFlags]) -> None:
    """Listen until interrupted, or until the pod is lost."""
    session = call.session
    if len(call.words) < 2:
        raise call.usage_error("TYPE/NAME and list of ports are required for port-forward")
    name, *texts = call.words
    pod = _running(call, find_pod(session, name, call.flags.pod_running_timeout))
    of_service = _service_ports(call, name, pod)
    ports = [parse_ports(text, _named_ports(call, name, pod), of_service) for text in texts]
    path = f"{pods_path(session.namespace, pod['metadata']['name'])}/portforward"
    with open_socket(session.connection, Request("GET", path), _PROTOCOL) as web, ExitStack() as stack:
        tunnel = Tunnel(web)
        listeners = [
            (stack.enter_context(listener), pair.remote)
            for pair in ports
            for listener in listen(pair, call.flags.address)
        ]
        for listener, remote in listeners:
            threading.Thread(target=_accept, args=(listener, remote, tunnel), daemon=True).start()
        # Also where a shell in the background had it ignored, as kubectl does.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            tunnel.run()
        except KeyboardInterrupt:
            return
    raise CommandError("lost connection to pod")


def listen(pair: Ports, addresses: tuple[str, ...]) -> Iterator[socket.socket]:
    """Open the local ports, and say which they are.

    Raises: CommandError when none can be opened.
    """
    failures: list[str] = []
    local, opened = pair.local, 0
    for name in addresses:
        for address in ("127.0.0.1", "::1") if name == "localhost" else (name,):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                listener = socket.create_server((address, local), family=family)
            except OSError as error:
                failures.append(f"unable to create listener: Error listen tcp{4 if family == socket.AF_INET else 6} "
                                f"{_spelled(address, local)}: bind: {(error.strerror or '').lower()}")  # fmt: skip
                continue
            local = listener.getsockname()[1]
            print(f"Forwarding from {_spelled(address, local)} -> {pair.remote}", flush=True)
            opened += 1
            yield listener
    if not opened:
        said = "; ".join(failures)
        raise CommandError(f"unable to listen on any of the requested ports: [{{{pair.local} {pair.remote}}}]: {said}")


def _spelled(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _accept(listener: socket.socket, remote: int, tunnel: "Tunnel") -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            # The listener was closed: the command ends.
            return
        print(f"Handling connection for {listener.getsockname()[1]}", flush=True)
        tunnel.carry(connection, remote)


@dataclass(slots=True)
class _Carried:
    """One local connection and its two streams."""

    connection: socket.socket
    remote: int
    error_stream: int
    data_stream: int
    complaint: bytearray = field(default_factory=bytearray)


class Tunnel:
    """One session with a pod; `run` reads in the caller's thread, each local connection has a thread that sends."""

    def __init__(self, web: Any) -> None:
        self._web = web
        self._spdy = Connection()
        self._lock = threading.Lock()
        self._next_stream = 1
        self._next_request = 0
        self._carried: dict[int, _Carried] = {}

    def carry(self, connection: socket.socket, remote: int) -> None:
        """Open the streams of a local connection and begin to send what it says."""
        with self._lock:
            request, first = self._next_request, self._next_stream
            self._next_request += 1
            self._next_stream += 4
            carried = _Carried(connection, remote, first, first + 2)
            self._carried |= {carried.error_stream: carried, carried.data_stream: carried}
            headers = {"port": str(remote), "requestid": str(request)}
            # Frames share one compressor: they must leave in the order in which they were made.
            self._web.send(self._spdy.send_open(carried.error_stream, {"streamtype": "error", **headers}))
            self._web.send(self._spdy.send_data(carried.error_stream, b"", is_finished=True))
            self._web.send(self._spdy.send_open(carried.data_stream, {"streamtype": "data", **headers}))
        threading.Thread(target=self._send, args=(carried,), daemon=True).start()

    def run(self) -> None:
        """Hand out what the pod says until the session ends."""
        from websockets.exceptions import ConnectionClosed

        while True:
            try:
                message = self._web.recv(timeout=_POLL_S)
            except TimeoutError:
                continue
            except ConnectionClosed:
                return
            for event in self._spdy.receive(message if isinstance(message, bytes) else message.encode()):
                if isinstance(event, DataReceived):
                    self._receive(event)
                elif isinstance(event, StreamReset):
                    self._finish(event.stream_id)
                elif isinstance(event, PingReceived):
                    self._web.send(self._spdy.send_ping(event.ping_id))

    def _receive(self, event: DataReceived) -> None:
        carried = self._carried.get(event.stream_id)
        if carried is None:
            return
        if event.stream_id == carried.error_stream:
            carried.complaint += event.data
            if event.is_finished and carried.complaint:
                sys.stderr.write(f"error: {carried.complaint.decode(errors='replace')}\n")
                sys.stderr.flush()
                self._finish(carried.data_stream)
            return
        try:
            carried.connection.sendall(event.data)
        except OSError:
            self._finish(carried.data_stream)
            return
        if event.is_finished:
            self._finish(carried.data_stream)

    def _finish(self, stream: int) -> None:
        carried = self._carried.get(stream)
        if carried is not None:
            self._carried.pop(carried.error_stream, None)
            self._carried.pop(carried.data_stream, None)
            with suppress(OSError):  # the other side may have closed it already
                carried.connection.shutdown(socket.SHUT_RDWR)
            carried.connection.close()

    def _send(self, carried: _Carried) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            while piece := carried.connection.recv(_PIECE):
                self._web.send(self._spdy.send_data(carried.data_stream, piece))
            self._web.send(self._spdy.send_data(carried.data_stream, b"", is_finished=True))
        except (OSError, ConnectionClosed):
            # Either end has gone; the reading half sees it too.
            return


def _running(call: Invocation[ForwardFlags], pod: Document) -> Document:
    """Wait until the pod runs.

    Raises: CommandError when it does not in time, or has ended.
    """
    deadline = time.monotonic() + call.flags.pod_running_timeout
    metadata = pod["metadata"]
    while True:
        phase = (pod.get("status") or {}).get("phase", "")
        if phase == "Running":
            return pod
        if phase in ("Succeeded", "Failed") or time.monotonic() > deadline:
            raise CommandError(f"unable to forward port because pod is not running. Current status={phase}")
        time.sleep(_POLL_S)
        pod = call.session.connection.get(pods_path(metadata["namespace"], metadata["name"]))


def _service(call: Invocation[ForwardFlags], word: str) -> Document | None:
    type_word, slash, name = word.rpartition("/")
    if not slash:
        return None
    resource = call.session.discovery.find(type_word)
    if (resource.group, resource.plural) != ("", "services"):
        return None
    document: Document = call.session.connection.get(resource.path(call.session.namespace, name))
    return document


def _service_ports(call: Invocation[ForwardFlags], word: str, pod: Document) -> dict[int, int]:
    """For each port of a service, the port of its pod."""
    service = _service(call, word)
    if service is None:
        return {}
    named = _container_ports(pod)
    ports: dict[int, int] = {}
    for port in service["spec"].get("ports") or []:
        target = port.get("targetPort", port["port"])
        number = target if isinstance(target, int) else named.get(str(target))
        if number is None:
            raise CommandError(f"Pod '{pod['metadata']['name']}' does not have a named port '{target}'")
        ports[port["port"]] = number
    return ports


def _named_ports(call: Invocation[ForwardFlags], word: str, pod: Document) -> dict[str, int]:
    service = _service(call, word)
    if service is None:
        return _container_ports(pod)
    return {port["name"]: port["port"] for port in service["spec"].get("ports") or [] if port.get("name")}


def _container_ports(pod: Document) -> dict[str, int]:
    return {
        port["name"]: port["containerPort"]
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or []
        if port.get("name")
    }


COMMAND = Verb(
    "port-forward",
    forward,
    ForwardFlags,
    summary="Forward local ports to a pod",
    usage="port-forward TYPE/NAME [LOCAL:]REMOTE ...",
    examples=f"""
# Port 8080 here is port 80 of a pod of web
{PROGRAM} port-forward deployment/web 8080:80

# Any free port here, for a service
{PROGRAM} port-forward service/web :80
""",
)
