"""Any sequence of answers, refusals and breaks: what is asked again, how often, and what becomes of it."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from minikube_py.api.status import TooManyRequests, Unavailable
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.client.request import Request
from minikube_py.client.transport import BUSY_ATTEMPTS, READ_ATTEMPTS, Transport
from tests.support.loopback_server import listening

BROKEN = b""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
FINAL = b"HTTP/1.1 429 Too Many\r\nContent-Length: 4\r\n\r\nbusy"
BUSY = FINAL.replace(b"Content-Length", b"Retry-After: 0\r\nContent-Length")
UNREADABLE = tuple(
    FINAL.replace(b"Content-Length", b"Retry-After: %b\r\nContent-Length" % text)
    for text in (b"-1", b"soon", b"1.5", b"Wed, 21 Oct 2015 07:28:00 GMT")
)
ANSWERS = st.lists(
    st.sampled_from((BROKEN, BROKEN, OK, FINAL, BUSY, BUSY, BUSY, BUSY, BUSY, *UNREADABLE)), min_size=1, max_size=14
)


def expected(answers: list[bytes], *, is_read: bool) -> tuple[str, int]:
    """What becomes of a request, and how often it is sent; after the answers the server breaks every connection."""
    sent = 0
    for _ in range(BUSY_ATTEMPTS):
        for attempt in range(READ_ATTEMPTS if is_read else 1):
            answer = answers[sent] if sent < len(answers) else BROKEN
            sent += 1
            if answer != BROKEN:
                break
            if not is_read or attempt == READ_ATTEMPTS - 1:
                return "unavailable", sent
        if answer == OK:
            return "answered", sent
        if answer != BUSY:
            return "refused", sent
    return "refused", sent


async def outcome(answers: list[bytes], method: str) -> tuple[str, int]:
    left, sent = list(answers), 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while await reader.readuntil(b"\r\n\r\n"):
            sent += 1
            text = left.pop(0) if left else BROKEN
            if text == BROKEN:
                return
            writer.write(text)
            await writer.drain()

    async with listening(answer) as port:
        config = ClientConfig(server=f"http://127.0.0.1:{port}")
        async with Transport(config, user_agent="test") as transport:
            try:
                await transport.send(Request(method, "/x"))
            except TooManyRequests:
                return "refused", sent
            except Unavailable:
                return "unavailable", sent
            return "answered", sent


@given(answers=ANSWERS, method=st.sampled_from(("GET", "POST", "PUT", "PATCH", "DELETE")))
@settings(max_examples=60, deadline=None)
def test_a_request_is_asked_again_when_that_is_safe_and_wanted(answers: list[bytes], method: str) -> None:
    assert asyncio.run(outcome(answers, method)) == expected(answers, is_read=method == "GET")
