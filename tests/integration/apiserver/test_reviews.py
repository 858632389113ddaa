"""Reviews and approvals: what is answered without being stored, and the one subresource of certificate requests."""

from __future__ import annotations

import base64

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.api_server import api_server

_POD = {"verb": "get", "resource": "pods", "namespace": "default"}
_AUTHORIZATION = "/apis/authorization.k8s.io/v1"
_REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"


@pytest.mark.parametrize(
    ("path", "spec"),
    [
        ("/selfsubjectaccessreviews", {"resourceAttributes": _POD}),
        ("/subjectaccessreviews", {"user": "u", "resourceAttributes": _POD}),
        ("/namespaces/default/localsubjectaccessreviews", {"user": "u", "resourceAttributes": _POD}),
    ],
)
async def test_without_an_authorizer_everything_is_allowed_and_the_reason_says_so(path: str, spec: object) -> None:
    async with api_server() as client:
        answer = await client.post(_AUTHORIZATION + path, json={"spec": spec})
    assert answer.status_code == 201
    assert answer.json()["status"]["allowed"] is True
    assert "no authorizer" in answer.json()["status"]["reason"]


async def test_a_review_that_asks_nothing_is_refused_and_none_can_be_read_back() -> None:
    async with api_server() as client:
        refused = await client.post(f"{_AUTHORIZATION}/selfsubjectaccessreviews", json={"spec": {}})
        read = await client.get(f"{_AUTHORIZATION}/selfsubjectaccessreviews")
    assert refused.status_code == 422
    assert read.status_code == 405


async def test_an_answer_is_no_table() -> None:
    async with api_server() as client:
        table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
        body = {"spec": {"nonResourceAttributes": {"path": "/", "verb": "get"}}}
        asked = await client.post(f"{_AUTHORIZATION}/selfsubjectaccessreviews", json=body, headers=table)
        assert (asked.status_code, asked.json()["reason"]) == (406, "NotAcceptable")


async def test_an_approval_is_stamped_and_cannot_be_joined_by_a_denial() -> None:
    async with api_server() as client:
        body = {"metadata": {"name": "c"}, "spec": {"signerName": "a.b/c", "usages": ["client auth"]}}
        body["spec"]["request"] = _certificate_request()  # type: ignore[index]
        created = await client.post(_REQUESTS, json=body)
        approved = await _decide(client, created.json(), "Approved")
        denied = await _decide(client, approved.json(), "Denied")
    assert created.status_code == 201, created.text
    condition = approved.json()["status"]["conditions"][0]
    assert condition["lastUpdateTime"]
    assert condition["lastTransitionTime"]
    assert denied.status_code == 422
    assert "mutually exclusive" in denied.json()["message"]


async def _decide(client: httpx.AsyncClient, request: dict[str, object], kind: str) -> httpx.Response:
    status = dict(request.get("status") or {})  # type: ignore[call-overload]
    conditions = [*status.get("conditions", []), {"type": kind, "status": "True"}]
    document = {**request, "status": {**status, "conditions": conditions}}
    return await client.put(f"{_REQUESTS}/c/approval", json=document)


def _certificate_request() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return base64.b64encode(request.public_bytes(Encoding.PEM)).decode()
