"""Who does not say who it is: gets in where everybody does, and nowhere else."""

from __future__ import annotations

import pytest

from tests.support.secure_api_server import SecureServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

_PODS = "/api/v1/namespaces/default/pods"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/version"])
async def test_anybody_may_ask_whether_the_server_lives(server: SecureServer, path: str) -> None:
    async with server.client() as anonymous:
        assert (await anonymous.get(path)).status_code == 200
    assert server.audited(200)["user"]["username"] == "system:anonymous"


@pytest.mark.parametrize(
    "path", ["/api", "/apis", "/metrics", "/openapi/v3", "/debug/pprof", _PODS, "/apis/no/v1/kind"]
)
async def test_anonymous_gets_nothing_else(server: SecureServer, path: str) -> None:
    async with server.client() as anonymous:
        answer = await anonymous.get(path)
    assert answer.status_code == 403
    assert answer.json()["reason"] == "Forbidden"
    assert 'User "system:anonymous" cannot' in answer.json()["message"]
    assert "system:authenticated" not in server.audited(403)["user"]["groups"]
