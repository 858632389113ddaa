"""Paths and names that try to be something else than they are: to who has no rights they lead nowhere."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.secure_api_server import BOB_TOKEN, SecureServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

_NAMESPACE = "/api/v1/namespaces/default"


async def _raw(server: SecureServer, *lines: str) -> bytes:
    """The first line of what is answered to these bytes, sent as they are."""
    where = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, ssl=server.authority.context(None))
    try:
        writer.write("\r\n".join((*lines, "", "")).encode("latin-1"))
        return await asyncio.wait_for(reader.readline(), 10)
    finally:
        writer.close()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/../nodes",
        "/api/v1/namespaces/%2e%2e/pods",
        "/api/v1/namespaces/default%2fpods",
        "/api//v1/nodes",
        "/api/v1//nodes",
        "//api/v1/nodes",
        "/./api/v1/nodes",
        "/API/v1/nodes",
        "/api/v1/Nodes",
        "/api/v1/nodes/%00",
        "/api/v1/nodes;a=b",
        "/version/../api/v1/nodes",
        "/healthz/../api/v1/nodes",
        "/healthz/%2e%2e/api/v1/nodes",
        "/livez/..%2fapi/v1/nodes",
        "/api/v1/watch/nodes",
        "/logs/",
        "http://elsewhere/api/v1/nodes",
    ],
)
async def test_a_path_that_hides_another_opens_nothing(server: SecureServer, path: str) -> None:
    first = await _raw(server, f"GET {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {BOB_TOKEN}")
    assert first.split(b" ")[1] in (b"400", b"403", b"404")


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 2", "Content-Length: 20"),
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked, identity",),
        ("Content-Length: -1",),
    ],
)
async def test_a_request_whose_end_is_unclear_is_not_read(server: SecureServer, headers: tuple[str, ...]) -> None:
    first = await _raw(server, f"POST {_NAMESPACE}/configmaps HTTP/1.1", "Host: x", *headers, "", "{}")
    assert first == b"" or first.split(b" ")[1] in (b"400", b"403")


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a%2fb", "%2e%2e", "a\x00b", "UPPER", "a b", "a\r\nb", "é"])
async def test_a_name_is_no_path(admin: httpx.AsyncClient, name: str) -> None:
    answer = await admin.post(f"{_NAMESPACE}/configmaps", json={"metadata": {"name": name}})
    assert (answer.status_code, answer.json()["reason"]) == (422, "Invalid")
    key = await admin.post(f"{_NAMESPACE}/secrets", json={"metadata": {"name": "s"}, "data": {name: "eA=="}})
    assert key.status_code == (201 if name == "UPPER" else 422)
