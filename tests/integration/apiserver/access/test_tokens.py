"""Bearer tokens: forged, stale, meant for others; each bad one is a 401 with an audit line."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.secure_api_server import ADMIN_TOKEN, BOB_TOKEN, SecureServer, who

pytestmark = pytest.mark.asyncio(loop_scope="module")

_ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
_PODS = "/api/v1/namespaces/default/pods"


@dataclass(frozen=True)
class Account:
    """A service account, a pod of it, and a good token of both."""

    claims: dict[str, Any]
    token: str

    @property
    def kubernetes(self) -> dict[str, Any]:
        found: dict[str, Any] = self.claims["kubernetes.io"]
        return found


async def _account(admin: httpx.AsyncClient) -> Account:
    name = f"sa-{uuid.uuid4().hex[:8]}"
    await admin.post(_ACCOUNTS, json={"metadata": {"name": name}})
    spec = {"serviceAccountName": name, "containers": [{"name": "c", "image": "i"}]}
    pod = (await admin.post(_PODS, json={"metadata": {"name": name}, "spec": spec})).json()
    bound = {"kind": "Pod", "apiVersion": "v1", "name": name, "uid": pod["metadata"]["uid"]}
    answer = await admin.post(f"{_ACCOUNTS}/{name}/token", json={"spec": {"boundObjectRef": bound}})
    assert answer.status_code == 201, answer.text
    token = answer.json()["status"]["token"]
    return Account(jwt.decode(token, options={"verify_signature": False}), token)


async def test_a_service_accounts_token_speaks_for_it(server: SecureServer, admin: httpx.AsyncClient) -> None:
    account = await _account(admin)
    async with server.client(token=account.token) as client:
        found = await who(client)
    name = account.kubernetes["serviceaccount"]["name"]
    assert found["username"] == f"system:serviceaccount:default:{name}"
    assert found["groups"] == ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"]
    assert found["extra"]["authentication.kubernetes.io/pod-name"] == [name]
    assert account.token not in server.audit_file.read_text()


def _public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _hs256(server: SecureServer, account: Account) -> str:
    """Signed with the public key as if it were a secret: what a careless verifier takes."""
    head, claims = ({"alg": "HS256", "typ": "JWT"}, account.claims)
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims))
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = algorithm.sign(signed, _public_pem(server.key))
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def _changed(**claims: object) -> Callable[[SecureServer, Account], str]:
    """The account's claims with some changed (None: left out), well signed."""

    def forged(server: SecureServer, account: Account) -> str:
        changed = {key: value for key, value in (account.claims | claims).items() if value is not None}
        return jwt.encode(changed, server.key, algorithm="RS256")

    return forged


_BAD_TOKENS: dict[str, Callable[[SecureServer, Account], str]] = {
    "not a token": lambda server, account: "nonsense",
    "three parts of nothing": lambda server, account: "a.b.c",
    "no algorithm": lambda server, account: jwt.encode(account.claims, "", algorithm="none"),
    "the public key as a secret": _hs256,
    "another key": lambda server, account: jwt.encode(
        account.claims, rsa.generate_private_key(public_exponent=65537, key_size=2048), algorithm="RS256"
    ),
    "another issuer": _changed(iss="https://elsewhere"),
    "for somebody else": _changed(aud=["vault"]),
    "no audience": _changed(aud=None),
    "expired": _changed(exp=int(time.time()) - 60),
    "not yet": _changed(nbf=int(time.time()) + 3600),
    "without an end": _changed(exp=None),
    "nothing about an account": _changed(**{"kubernetes.io": {}}),
    "another account's uid": _changed(
        **{"kubernetes.io": {"namespace": "default", "serviceaccount": {"name": "x", "uid": "y"}}}
    ),
    "64 kB": lambda server, account: "x" * 65536,
}


@pytest.mark.parametrize("forge", _BAD_TOKENS.values(), ids=_BAD_TOKENS)
async def test_a_bad_token_is_refused(
    server: SecureServer, admin: httpx.AsyncClient, forge: Callable[[SecureServer, Account], str]
) -> None:
    token = forge(server, await _account(admin))
    async with server.client(token=token) as client:
        answer = await client.get("/version")
    if len(token) > 60_000:
        # More than the parser takes of headers: the connection may end before there is an answer.
        assert answer.status_code in (400, 401, 431)
        return
    assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")
    assert server.audited(401)["user"] == {}


@pytest.mark.parametrize("what", ["account", "pod"])
@pytest.mark.parametrize("recreated", [False, True])
async def test_a_token_ends_with_what_it_is_bound_to(
    server: SecureServer, admin: httpx.AsyncClient, what: str, recreated: bool
) -> None:
    account = await _account(admin)
    name = account.kubernetes["serviceaccount"]["name"]
    path = f"{_ACCOUNTS if what == 'account' else _PODS}/{name}"
    current = (await admin.get(path)).json()
    await admin.delete(path, params={"gracePeriodSeconds": 0})
    if recreated:
        fresh = {"metadata": {"name": name}, **({"spec": current["spec"]} if "spec" in current else {})}
        assert (await admin.post(path.rpartition("/")[0], json=fresh)).status_code == 201
    await admin.get(path)
    async with server.client(token=account.token) as client:
        assert (await client.get("/version")).status_code == 401
    server.audited(401)


@pytest.mark.parametrize(
    ("kind", "collection", "document"),
    [
        ("Secret", "/api/v1/namespaces/default/secrets", {"metadata": {"name": "bound"}}),
        ("Node", "/api/v1/nodes", {"metadata": {"name": "bound"}}),
    ],
)
async def test_a_token_may_be_bound_to_a_secret_or_a_node_and_ends_with_it(
    server: SecureServer, admin: httpx.AsyncClient, kind: str, collection: str, document: dict[str, Any]
) -> None:
    await admin.post(_ACCOUNTS, json={"metadata": {"name": "bound"}})
    reference = {"kind": kind, "apiVersion": "v1", "name": "bound"}
    asked = {"spec": {"boundObjectRef": reference}}
    assert (await admin.post(f"{_ACCOUNTS}/bound/token", json=asked)).status_code == 404
    await admin.post(collection, json=document)
    stale = {"spec": {"boundObjectRef": {**reference, "uid": "another"}}}
    assert (await admin.post(f"{_ACCOUNTS}/bound/token", json=stale)).status_code == 409
    token = (await admin.post(f"{_ACCOUNTS}/bound/token", json=asked)).json()["status"]["token"]
    async with server.client(token=token) as client:
        assert (await who(client))["username"] == "system:serviceaccount:default:bound"
        await admin.delete(f"{collection}/bound")
        await admin.get(f"{collection}/bound")
        assert (await client.get("/version")).status_code == 401


async def test_a_token_is_bound_to_nothing_else(admin: httpx.AsyncClient) -> None:
    await admin.post(_ACCOUNTS, json={"metadata": {"name": "bound"}})
    reference = {"kind": "ConfigMap", "apiVersion": "v1", "name": "c"}
    answer = await admin.post(f"{_ACCOUNTS}/bound/token", json={"spec": {"boundObjectRef": reference}})
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "cannot bind token to object of type /v1, Kind=ConfigMap",
    )


async def test_anybody_with_the_published_keys_can_check_a_token(
    server: SecureServer, admin: httpx.AsyncClient
) -> None:
    account = await _account(admin)
    async with server.client(token=account.token) as client:
        found = await client.get("/.well-known/openid-configuration")
        assert (found.status_code, found.headers["cache-control"]) == (200, "public, max-age=3600")
        keys = await client.get(httpx.URL(found.json()["jwks_uri"]).path)
    assert keys.headers["content-type"] == "application/jwk-set+json"
    key = jwt.PyJWKSet.from_dict(keys.json())[jwt.get_unverified_header(account.token)["kid"]]
    issuer = found.json()["issuer"]
    claims = jwt.decode(account.token, key, algorithms=["RS256"], audience=issuer, issuer=issuer)
    assert claims["sub"].startswith("system:serviceaccount:default:sa-")
    async with server.named("carol") as carol:
        assert (await carol.get("/openid/v1/jwks")).status_code == 403


async def test_two_authorization_headers_are_refused(server: SecureServer) -> None:
    pairs = [("Authorization", f"Bearer {token}") for token in (BOB_TOKEN, ADMIN_TOKEN)]
    async with server.client() as client:
        assert (await client.get("/version", headers=pairs)).status_code == 401
    server.audited(401)


async def test_a_token_in_the_url_is_nobodys_and_is_not_written_down(server: SecureServer) -> None:
    async with server.client() as client:
        answer = await client.get("/api", params={"access_token": ADMIN_TOKEN})
    assert answer.status_code == 403
    assert server.audited(403)["requestURI"] == "/api?access_token=%2A%2A%2A"
    assert ADMIN_TOKEN not in server.audit_file.read_text()


@pytest.mark.parametrize("seconds", [1, 315_360_000_000])
async def test_a_token_lives_neither_too_short_nor_for_ever(admin: httpx.AsyncClient, seconds: int) -> None:
    await admin.post(_ACCOUNTS, json={"metadata": {"name": "lifetime"}})
    answer = await admin.post(f"{_ACCOUNTS}/lifetime/token", json={"spec": {"expirationSeconds": seconds}})
    assert answer.status_code == 422
    assert "spec.expirationSeconds" in answer.json()["message"]


async def test_a_token_review_tells_whose_a_token_is(admin: httpx.AsyncClient) -> None:
    account = await _account(admin)

    async def review(**spec: object) -> dict[str, Any]:
        answer = await admin.post("/apis/authentication.k8s.io/v1/tokenreviews", json={"spec": spec})
        found: dict[str, Any] = answer.json()["status"]
        return found

    good = await review(token=account.token)
    assert good["authenticated"] is True
    assert good["user"]["username"] == account.claims["sub"]
    assert good["audiences"] == account.claims["aud"]
    assert (await review(token=BOB_TOKEN))["user"]["username"] == "bob"
    assert await review(token="nonsense") == {"user": {}, "error": "invalid bearer token"}
    assert "authenticated" not in await review(token=account.token, audiences=["elsewhere"])
