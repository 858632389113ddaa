"""The transport against servers that refuse, break and vanish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from minikube_py.api.status import NotFound, TooManyRequests, Unavailable
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.client.request import Request
from minikube_py.client.transport import BUSY_ATTEMPTS, READ_ATTEMPTS, Transport
from minikube_py.errors import ConfigError
from tests.support.loopback_server import listening
from tests.support.processes import free_port

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Answers each connection with the next script; an empty one closes it without a word."""

    def __init__(self, *scripts: bytes) -> None:
        self._scripts = list(scripts)
        self.requests: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self._scripts.pop(0) if self._scripts else b"")
        await writer.drain()


@asynccontextmanager
async def transport_to(server: Server, token_file: Path | None = None) -> AsyncIterator[Transport]:
    async with listening(server) as port:
        config = ClientConfig(server=f"http://127.0.0.1:{port}", token="secret", token_file=str(token_file or ""))
        async with Transport(config, user_agent="test") as transport:
            yield transport


async def test_read_is_repeated_when_the_connection_breaks() -> None:
    server = Server(b"", b"HTTP/1.1 200 OK\r\nContent-Le", OK)
    async with transport_to(server) as transport:
        assert (await transport.send(Request("GET", "/x"))).json() == {}
    assert len(server.requests) == READ_ATTEMPTS == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_write_is_never_sent_twice(method: str) -> None:
    server = Server(b"", OK)
    async with transport_to(server) as transport:
        with pytest.raises(Unavailable, match=r"cannot reach the API server at http://127\.0\.0\.1:\d+"):
            await transport.send(Request(method, "/x", body=b"{}"))
    assert len(server.requests) == 1


async def test_server_that_is_not_there_is_named() -> None:
    port = free_port()
    async with Transport(ClientConfig(server=f"http://127.0.0.1:{port}"), user_agent="test") as transport:
        with pytest.raises(
            Unavailable, match=f"cannot reach the API server at http://127.0.0.1:{port}: connection refused"
        ):
            await transport.send(Request("GET", "/x"))


async def test_status_document_becomes_the_error_that_it_names() -> None:
    body = b'{"kind":"Status","reason":"NotFound","message":"pods \\"web\\" not found","code":404}'
    server = Server(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    async with transport_to(server) as transport:
        with pytest.raises(NotFound, match='pods "web" not found'):
            await transport.send(Request("GET", "/x"))


async def test_plain_refusal_keeps_its_text_and_its_retry_time() -> None:
    server = Server(b"HTTP/1.1 503 Gone\r\nRetry-After: 7\r\nContent-Length: 8\r\n\r\nlater on")
    async with transport_to(server) as transport:
        with pytest.raises(Unavailable, match="later on") as refused:
            await transport.send(Request("POST", "/x", body=b"{}"))
    assert refused.value.retry_after_s == 7
    assert len(server.requests) == 1


BUSY = b"HTTP/1.1 429 Too Many\r\nRetry-After: 0\r\nContent-Length: 4\r\n\r\nbusy"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_busy_server_is_asked_again_after_the_pause_that_it_names(method: str) -> None:
    server = Server(*[BUSY] * (BUSY_ATTEMPTS - 1), OK)
    async with transport_to(server) as transport:
        assert (await transport.send(Request(method, "/x"))).json() == {}
    server = Server(*[BUSY] * BUSY_ATTEMPTS, OK)
    async with transport_to(server) as transport:
        with pytest.raises(TooManyRequests, match="busy"):
            await transport.send(Request(method, "/x"))


async def test_a_refusal_that_names_no_pause_is_final() -> None:
    server = Server(BUSY.replace(b"Retry-After: 0\r\n", b""), OK)
    async with transport_to(server) as transport:
        with pytest.raises(TooManyRequests, match="busy"):
            await transport.send(Request("GET", "/x"))


async def test_line_that_was_cut_off_is_not_yielded() -> None:
    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\none\ntwo\nthr")
    lines: list[bytes] = []
    async with transport_to(server) as transport, transport.lines(Request("GET", "/x"), idle_timeout_s=5) as stream:
        lines += [await anext(stream), await anext(stream)]
        with pytest.raises(Unavailable):
            await anext(stream)
    assert lines == [b"one", b"two"]


async def test_silent_stream_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\none\n")
        await reader.read()

    async with (
        listening(silent) as port,
        Transport(ClientConfig(server=f"http://127.0.0.1:{port}"), user_agent="test") as transport,
        transport.lines(Request("GET", "/x"), idle_timeout_s=0.05) as stream,
    ):
        assert await anext(stream) == b"one"
        with pytest.raises(Unavailable, match="no answer in time"):
            await anext(stream)


async def test_token_of_the_config_is_sent() -> None:
    server = Server(OK)
    async with transport_to(server) as transport:
        await transport.send(Request("GET", "/x"))
    assert b"Authorization: Bearer secret\r\n" in server.requests[0]


async def test_token_file_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minikube_py.client.transport.TOKEN_FILE_REREAD_S", 0.0)
    token, server = tmp_path / "token", Server(OK, OK)
    token.write_text("first\n")
    async with transport_to(server, token) as transport:
        await transport.send(Request("GET", "/x"))
        token.write_text("second\n")
        await transport.send(Request("GET", "/x"))
    assert [b"Bearer first" in server.requests[0], b"Bearer second" in server.requests[1]] == [True, True]


async def test_missing_token_file_is_named(tmp_path: Path) -> None:
    async with transport_to(Server(OK), tmp_path / "none") as transport:
        with pytest.raises(ConfigError, match="cannot read the token file"):
            await transport.send(Request("GET", "/x"))


def test_exec_plugins_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="exec plugin"):
        Transport(ClientConfig(exec_plugin={"command": "x"}), user_agent="test")
