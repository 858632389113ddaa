"""The flags of access: which do not go together, and a server that knows nobody without a name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minikube_py.apiserver.config import ApiServerConfig
from minikube_py.errors import ConfigError
from tests.support.secure_api_server import secure_api_server


async def test_with_anonymous_auth_off_nobody_comes_in_without_a_name(tmp_path: Path) -> None:
    async with secure_api_server(tmp_path, anonymous_auth=False) as server, server.client() as anonymous:
        assert (await anonymous.get("/version")).status_code == 401


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ({"tls_cert_file": Path("x")}, "--tls-private-key-file"),
        ({"client_ca_file": Path("x")}, "need TLS"),
        ({"authorization_mode": ("Webhook",)}, "--authorization-mode=Webhook: not supported"),
        ({"authorization_mode": ("RBAC", "RBAC")}, "--authorization-mode: a mode is named twice"),
        ({"secure_port": 99999}, "--secure-port=99999: not a port"),
        ({"bind_address": "localhost"}, "--bind-address=localhost: not an IP address"),
        ({"advertise_address": "here"}, "--advertise-address=here: not an IP address"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(flags: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        ApiServerConfig(storage="memory://", **flags)
