"""exec against a WebSocket server that speaks v5.channel.k8s.io."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from minikube_py.cli.errors import CommandError
from minikube_py.cli.main import main
from minikube_py.cli.streams import exit_code_of
from tests.integration.cli.api import pod

FAILED = {"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}


@contextmanager
def executing(status: dict[str, Any], asked: list[str]) -> Iterator[str]:
    """Serve one pod and the stream of any command in it."""

    def handle(socket: ServerConnection) -> None:
        assert socket.request is not None
        assert socket.subprotocol == "v5.channel.k8s.io"
        asked.append(socket.request.path)
        socket.send(b"\x01out\n")
        socket.send(b"\x02err\n")
        socket.send(b"\x03" + json.dumps(status).encode())

    def answer(socket: ServerConnection, request: Any) -> Any:
        if request.headers.get("Upgrade"):
            return None
        body = json.dumps(pod("web", 1, spec={"containers": [{"name": "c"}]}))
        return socket.respond(200, body)

    server: Server
    with serve(
        handle, "127.0.0.1", 0, subprotocols=[Subprotocol("v5.channel.k8s.io")], process_request=answer
    ) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_exec_prints_both_streams_and_takes_the_exit_code(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    asked: list[str] = []
    with executing(FAILED, asked) as url:
        assert main(["--server", url, "exec", "web", "--", "sh", "-c", "exit 3"]) == 3
    captured = capfdbinary.readouterr()
    assert captured.out == b"out\n"
    assert captured.err == b"err\ncommand terminated with exit code 3\n"
    assert asked == [
        "/api/v1/namespaces/default/pods/web/exec"
        "?command=sh&command=-c&command=exit+3&container=c&stderr=true&stdout=true"
    ]
    with executing({"status": "Success"}, asked) as url:
        assert main(["--server", url, "exec", "web", "--", "true"]) == 0
        capfdbinary.readouterr()
        assert main(["--server", url, "exec", "-t", "web", "--", "true"]) == 0
    assert "tty" not in asked[-1]
    told = b"Unable to use a TTY - input is not a terminal or the right kind of file\n"
    assert capfdbinary.readouterr().err.startswith(told)


def test_a_command_that_could_not_start_has_no_exit_code() -> None:
    with pytest.raises(CommandError, match="no such file"):
        exit_code_of({"status": "Failure", "message": "no such file"})
