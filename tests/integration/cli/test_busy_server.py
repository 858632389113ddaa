"""A server that has too much to do is asked again, by both programs as often."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.support.kubectls import program


class Busy(ThreadingHTTPServer):
    """Refuses `refusals` requests, then answers."""

    def __init__(self, refusals: int, code: int, retry_after: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.left, self.code, self.retry_after = refusals, code, retry_after
        self.asked = 0


class _Handler(BaseHTTPRequestHandler):
    server: Busy

    def do_GET(self) -> None:
        self.server.asked += 1
        self.server.left -= 1
        is_refused = self.server.left >= 0
        self.send_response(self.server.code if is_refused else 200)
        if is_refused and self.server.retry_after:
            self.send_header("Retry-After", self.server.retry_after)
        text = b"" if is_refused else b"done"
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Nothing: the test counts."""


@contextmanager
def serving(refusals: int, code: int, retry_after: str) -> Iterator[Busy]:
    with Busy(refusals, code, retry_after) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("refusals", "code", "retry_after"),
    [(2, 429, "0"), (1, 503, "0"), (10, 429, "0"), (11, 429, "0"), (1, 429, ""), (1, 404, "0"), (1, 429, "soon")],
)
def test_both_ask_a_busy_server_as_often(refusals: int, code: int, retry_after: str) -> None:
    told = []
    for cli in ("pykubectl", "kubectl"):
        with serving(refusals, code, retry_after) as server:
            address = f"http://127.0.0.1:{server.server_port}"
            command = [str(program(cli)), "--server", address, "get", "--raw", "/x"]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            told.append((server.asked, done.returncode, done.stdout, done.stderr))
    assert told[0] == told[1]
