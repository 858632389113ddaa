"""Requests passed on to a pod and to the pods behind a service, and what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from minikube_py.kubelet.machine import node_ip
from tests.support.api_server import api_server
from tests.support.loopback_server import listening

Json = Any
NAMESPACE = "/api/v1/namespaces/default"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
PAGE = '<a href="/next">n</a> <a href="http://elsewhere/x">e</a> <img src=/i.png>'


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request: /page is a page, /moved a redirect, anything else is told back."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *headers = head.split("\r\n")
    length = next((int(line.split(":")[1]) for line in headers if line.lower().startswith("content-length:")), 0)
    method, path, _ = first.split(" ")
    body = (await reader.readexactly(length)).decode()
    forwarded = next((line.split(": ")[1] for line in headers if line.startswith("x-forwarded-uri")), "")
    code, kind, more, text = "207 Told", "text/plain", "", f"{method} {path} {body} by way of {forwarded}"
    if path == "/page":
        code, kind, text = "200 OK", "text/html; charset=utf-8", PAGE
    elif path == "/moved":
        code, more = "302 Found", "Location: /new?x=1\r\n"
    data = text.encode()
    writer.write(
        f"HTTP/1.1 {code}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n{more}\r\n".encode() + data
    )
    await writer.drain()


async def says_of_itself(client: httpx.AsyncClient, address: str) -> None:
    """The pod's status has this address."""
    told = {"status": {"podIP": address, "podIPs": [{"ip": address}]}}
    merge = {"Content-Type": "application/merge-patch+json"}
    assert (await client.patch(f"{NAMESPACE}/pods/web/status", json=told, headers=merge)).status_code == 200


@asynccontextmanager
async def pod_that_listens() -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    """A server, and the pod `web` that seems to be it."""
    async with listening(answer, "0.0.0.0") as port, api_server() as client:
        container = {"name": "c", "image": "nginx", "ports": [{"containerPort": port}]}
        pod = {"metadata": {"name": "web"}, "spec": {"containers": [container], "automountServiceAccountToken": False}}
        account = {"metadata": {"name": "default"}}
        await client.post(f"{NAMESPACE}/serviceaccounts", json=account)
        assert (await client.post(f"{NAMESPACE}/pods", json=pod)).status_code == 201
        await says_of_itself(client, node_ip())
        yield client, port


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_any_method_path_query_and_body_reach_the_pod(method: str) -> None:
    async with pod_that_listens() as (client, _):
        url = f"{NAMESPACE}/pods/web/proxy/a/b/?q=1&q=2"
        there = await client.request(method, url, content=b"" if method == "GET" else b"body")
        body = "" if method == "GET" else "body"
        assert there.status_code == 207
        assert there.text == f"{method} /a/b/?q=1&q=2 {body} by way of {NAMESPACE}/pods/web/proxy/a/b/"


async def test_pages_and_redirects_lead_through_the_proxy_again() -> None:
    async with pod_that_listens() as (client, port):
        prefix = f"{NAMESPACE}/pods/http:web:{port}/proxy"
        page = await client.get(f"{prefix}/page")
        assert page.text == f'<a href="{prefix}/next">n</a> <a href="http://elsewhere/x">e</a> <img src={prefix}/i.png>'
        moved = await client.get(f"{prefix}/moved")
        assert (moved.status_code, moved.headers["location"]) == (302, f"{prefix}/new?x=1")
        root = await client.get(f"{prefix}?x=1")
        assert (root.status_code, root.headers["location"]) == (301, f"{prefix}/?x=1")


async def test_a_service_is_reached_by_the_name_or_number_of_its_port() -> None:
    async with pod_that_listens() as (client, port):
        ports = [{"name": "one", "port": 80}, {"name": "two", "port": 81}]
        await client.post(f"{NAMESPACE}/services", json={"metadata": {"name": "s"}, "spec": {"ports": ports}})
        none = await client.get(f"{NAMESPACE}/services/s:one/proxy/x")
        assert (none.status_code, none.json()["message"]) == (503, 'no endpoints available for service "s:one"')
        part = {
            "metadata": {"name": "s-1", "labels": {"kubernetes.io/service-name": "s"}},
            "addressType": "IPv4",
            "ports": [{"name": "one", "port": port}],
            "endpoints": [{"addresses": [node_ip()]}],
        }
        assert (await client.post(SLICES, json=part)).status_code == 201
        for name in ("s:one", "http:s:80", "s:80"):
            there = await client.get(f"{NAMESPACE}/services/{name}/proxy/x")
            assert (there.status_code, there.text.split(" by")[0].strip()) == (207, "GET /x")
        missing = await client.get(f"{NAMESPACE}/services/s:82/proxy/x")
        assert missing.json()["message"] == 'no service port 82 found for service "s"'


async def test_what_cannot_be_reached_is_said() -> None:
    async with pod_that_listens() as (client, _):
        refused = await client.get(f"{NAMESPACE}/pods/web:1/proxy/")
        assert (refused.status_code, refused.json()["reason"]) == (503, "ServiceUnavailable")
        assert refused.json()["message"].startswith("error trying to reach service: ")
        assert (await client.get(f"{NAMESPACE}/pods/nobody/proxy/")).status_code == 404
        assert (await client.get(f"{NAMESPACE}/pods/ftp:web:1/proxy/")).status_code == 400


async def test_nobody_is_led_to_this_machine_or_to_a_metadata_service() -> None:
    async with pod_that_listens() as (client, port):
        for address in ("127.0.0.1", "169.254.169.254", "0.0.0.0", "::1"):
            await says_of_itself(client, address)
            refused = await client.get(f"{NAMESPACE}/pods/web:{port}/proxy/x")
            assert (refused.status_code, refused.json()["message"]) == (400, "address not allowed")
            endpoint = {"addresses": [address]}
            family = "IPv6" if ":" in address else "IPv4"
            part = {
                "metadata": {"name": "s"},
                "addressType": family,
                "endpoints": [endpoint],
                "ports": [{"port": port}],
            }
            assert (await client.post(SLICES, json=part)).status_code == 422
            subset = {"addresses": [{"ip": address}], "ports": [{"port": port}]}
            old = {"metadata": {"name": "s"}, "subsets": [subset]}
            assert (await client.post(f"{NAMESPACE}/endpoints", json=old)).status_code == 422
        status = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        }
        node = {"metadata": {"name": "n"}, "status": status}
        await client.post("/api/v1/nodes", json=node)
        refused = await client.get(f"/api/v1/nodes/n:{port}/proxy/x")
        assert (refused.status_code, refused.json()["message"]) == (400, "address not allowed")
        for name in ("web:1:evil", "web:1%2Fevil", "http:web:80:x", "web:%40elsewhere"):
            assert (await client.get(f"{NAMESPACE}/pods/{name}/proxy/x")).status_code in (400, 404)


async def test_nobody_takes_the_api_servers_own_address() -> None:
    async with api_server() as client:
        own = (await client.get(f"{NAMESPACE}/services/kubernetes")).json()["spec"]["clusterIP"]
        taken = {"metadata": {"name": "s"}, "spec": {"clusterIP": own, "ports": [{"port": 443}]}}
        refused = await client.post(f"{NAMESPACE}/services", json=taken)
        assert (refused.status_code, refused.json()["details"]["causes"][0]["field"]) == (422, "spec.clusterIPs")
