"""An API server as in a real cluster, inside the test: TLS, client certificates, tokens, Node and RBAC, audit log."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from minikube_py.apiserver.config import ApiServerConfig
from tests.support.api_server import answered, serving
from tests.support.pki import Authority, Pair, Wanted
from tests.support.processes import free_port

ADMIN_TOKEN, BOB_TOKEN = "admin-token-of-the-test", "bob-token-of-the-test"
_TOKENS = f'{ADMIN_TOKEN},admin,1,"system:masters"\n{BOB_TOKEN},bob,2,"devs,team"\n'


@dataclass(frozen=True)
class SecureServer:
    url: str
    authority: Authority
    key: rsa.RSAPrivateKey
    """What service account tokens are signed with."""
    audit_file: Path

    def client(self, *, pair: Pair | None = None, token: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        tls = self.authority.context(pair)
        return httpx.AsyncClient(base_url=self.url, verify=tls, headers=headers, trust_env=False)

    def named(self, name: str, *groups: str) -> httpx.AsyncClient:
        """A client whose certificate says who it is."""
        return self.client(pair=self.authority.issue(Wanted(name, groups)))

    def audit(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.audit_file.read_text().splitlines()]

    def audited(self, code: int) -> dict[str, Any]:
        """The last line, which is about the answer that was just given."""
        line = self.audit()[-1]
        assert (line["stage"], line["responseStatus"]["code"]) == ("ResponseComplete", code)
        return line


async def who(client: httpx.AsyncClient, **headers: str) -> dict[str, Any]:
    """Whom the server takes the client for."""
    answer = await client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json={}, headers=headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["status"]["userInfo"]
    return found


@asynccontextmanager
async def secure_api_server(folder: Path, **changes: Any) -> AsyncIterator[SecureServer]:
    """A server that serves until the block ends, its default roles in place."""
    authority, key = Authority(folder), rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pair, port = authority.server("127.0.0.1"), free_port()
    (folder / "sa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "tokens.csv").write_text(_TOKENS)
    settings: dict[str, Any] = {
        "storage": "memory://",
        "secure_port": port,
        "tls_cert_file": pair.certificate,
        "tls_private_key_file": pair.key,
        "client_ca_file": authority.file,
        "token_auth_file": folder / "tokens.csv",
        "service_account_signing_key_file": folder / "sa.key",
        "authorization_mode": ("Node", "RBAC"),
        "audit_log_path": folder / "audit.log",
    }
    server = SecureServer(f"https://127.0.0.1:{port}", authority, key, folder / "audit.log")
    async with serving(ApiServerConfig(**(settings | changes))) as task:
        async with server.client(token=ADMIN_TOKEN) as client:
            await answered(task, client, "/readyz")
        yield server
