"""Counting verdicts, and probes over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from minikube_py.api.kinds.core.container import (
    Container,
    ContainerPort,
    GRPCAction,
    HTTPGetAction,
    Probe,
    TCPSocketAction,
)
from minikube_py.kubelet.handlers import Handlers, Target, Verdict, port_number
from minikube_py.kubelet.probes import Streak
from minikube_py.runtime.interface import Runtime
from tests.support.pods import running
from tests.support.processes import free_port


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([True], True),
        ([False, False], None),
        ([False, False, False], False),
        ([False, False, True, False, False], True),
        ([False, False, False, True], False),
        ([False, False, False, True, True], True),
    ],
)
def test_a_verdict_counts_after_enough_in_a_row(answers: list[bool], outcome: bool | None) -> None:
    probe = Probe(failure_threshold=3, success_threshold=1 if len(answers) < 4 or answers[3] is False else 2)
    streak = Streak()
    for answer in answers:
        streak = streak.after(answer, probe)
    assert streak.outcome is outcome


@asynccontextmanager
async def web_server(answer: bytes) -> AsyncIterator[int]:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        except asyncio.IncompleteReadError:
            # A TCP probe connects and says nothing.
            return
        finally:
            writer.close()
            await writer.wait_closed()
            ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await ended.wait()


async def ask(probe: Probe) -> Verdict:
    runtime: Runtime = None  # type: ignore[assignment]  # network probes never reach it
    container = Container(name="c")
    return await Handlers(runtime).probe("readiness", probe, Target(container, running("c"), "127.0.0.1"))


async def test_an_http_probe_takes_2xx_and_3xx_for_success() -> None:
    async with web_server(b"HTTP/1.1 204 Fine\r\n\r\n") as port:
        assert (await ask(Probe(http_get=HTTPGetAction(path="/", port=port)))).is_success
    elsewhere = b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n"
    async with web_server(elsewhere) as port:
        assert (await ask(Probe(http_get=HTTPGetAction(path="/", port=port)))).is_success


async def test_an_http_probe_says_the_status_that_failed_it() -> None:
    async with web_server(b"HTTP/1.1 500 No\r\n\r\n") as port:
        verdict = await ask(Probe(http_get=HTTPGetAction(path="/", port=port)))
    assert verdict == Verdict(False, "HTTP probe failed with statuscode: 500")


async def test_an_http_probe_that_gets_no_http() -> None:
    async with web_server(b"nonsense") as port:
        assert not (await ask(Probe(http_get=HTTPGetAction(path="/", port=port)))).is_success


async def test_refused_connections_are_told_as_go_tells_them() -> None:
    port = free_port()
    said = f"dial tcp 127.0.0.1:{port}: connect: connection refused"
    assert await ask(Probe(tcp_socket=TCPSocketAction(port=port))) == Verdict(False, said)
    verdict = await ask(Probe(http_get=HTTPGetAction(path="/x", port=port)))
    assert verdict == Verdict(False, f'Get "http://127.0.0.1:{port}/x": {said}')


async def test_a_tcp_probe_only_connects() -> None:
    async with web_server(b"") as port:
        assert (await ask(Probe(tcp_socket=TCPSocketAction(port=port)))).is_success


class Health(grpc.GenericRpcHandler):
    """The health service of a server of which one part is well."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        if handler_call_details.method != "/grpc.health.v1.Health/Check":
            return None

        async def check(request: bytes, _context: Any) -> bytes:
            return b"\x08\x01" if request in (b"", b"\x0a\x04well") else b"\x08\x02"

        return grpc.unary_unary_rpc_method_handler(check)


async def test_grpc_asks_the_health_service_of_the_whole_or_of_a_part() -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Health(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        assert (await ask(Probe(grpc=GRPCAction(port=port)))).is_success
        assert (await ask(Probe(grpc=GRPCAction(port=port, service="well")))).is_success
        verdict = await ask(Probe(grpc=GRPCAction(port=port, service="ill")))
        assert verdict == Verdict(False, 'service unhealthy (responded with "NOT_SERVING")')
    finally:
        await server.stop(None)


async def test_grpc_that_is_not_there_or_not_a_health_service_is_said() -> None:
    verdict = await ask(Probe(grpc=GRPCAction(port=free_port())))
    assert not verdict.is_success
    assert "failed to connect service" in verdict.output
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        verdict = await ask(Probe(grpc=GRPCAction(port=port)))
        assert not verdict.is_success
        assert "does not implement the grpc health protocol" in verdict.output
    finally:
        await server.stop(None)


def test_ports_may_have_names() -> None:
    container = Container(name="c", ports=(ContainerPort(name="web", container_port=8080),))
    assert [port_number(container, port) for port in (80, "81", "web", "none")] == [80, 81, 8080, 0]
