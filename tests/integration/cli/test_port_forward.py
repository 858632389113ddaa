"""port-forward as a process of its own, against a WebSocket server that speaks SPDY inside."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from websockets.sync.server import ServerConnection, serve

from minikube_py.client.spdy import Connection, DataReceived, StreamOpened
from tests.integration.cli.api import pod

PROTOCOL = "SPDY/3.1+portforward.k8s.io"


@contextmanager
def forwarding_pod() -> Iterator[str]:
    """A pod whose ports answer with what they were asked, in capitals."""

    def handle(socket: ServerConnection) -> None:
        spdy, kinds = Connection(), dict[int, str]()
        for message in socket:
            assert isinstance(message, bytes)
            for event in spdy.receive(message):
                if isinstance(event, StreamOpened):
                    kinds[event.stream_id] = event.headers["streamtype"]
                    socket.send(spdy.send_reply(event.stream_id))
                elif isinstance(event, DataReceived) and kinds[event.stream_id] == "data" and event.data:
                    answer = b"HTTP/1.0 200 OK\r\n\r\n" + event.data.split()[1].upper()
                    socket.send(spdy.send_data(event.stream_id, answer, is_finished=True))

    def answer(socket: ServerConnection, request: Any) -> Any:
        if request.headers.get("Upgrade"):
            assert request.headers["Sec-WebSocket-Protocol"] == PROTOCOL
            del request.headers["Sec-WebSocket-Protocol"]
            return None
        running = pod("web", 1, spec={"containers": [{"name": "c"}]}, status={"phase": "Running"})
        return socket.respond(200, json.dumps(running))

    def with_protocol(socket: ServerConnection, request: Any, response: Any) -> Any:
        if response.status_code == 101:
            response.headers["Sec-WebSocket-Protocol"] = PROTOCOL
        return response

    with serve(handle, "127.0.0.1", 0, process_request=answer, process_response=with_protocol) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_connections_to_a_local_port_end_in_the_pod_until_interrupted() -> None:
    program = [sys.executable, "-m", "minikube_py.cli"]
    with forwarding_pod() as url:
        # As under a shell that runs it in the background: the signal is ignored at first.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        process = subprocess.Popen([*program, "--server", url, "port-forward", "web", ":80"], stdout=subprocess.PIPE)
        signal.signal(signal.SIGINT, before)
        with process:
            assert process.stdout is not None
            first = process.stdout.readline().decode().strip()
            address = first.removeprefix("Forwarding from ").removesuffix(" -> 80")
            asked = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            answers = [asked.open(f"http://{address}/{name}", timeout=20).read() for name in ("one", "two")]
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=20)[0].decode()
    assert answers == [b"/ONE", b"/TWO"]
    assert rest.count(f"Handling connection for {address.rpartition(':')[2]}\n") == 2
    assert process.returncode == 0
