"""Exec plugins: what they print becomes the credentials, and what goes wrong is told in kubectl's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minikube_py.client.exec_plugin import with_exec_credentials
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.errors import ConfigError

_V1 = "client.authentication.k8s.io/v1"


def _config(command: str, *args: str, **more: Any) -> ClientConfig:
    return ClientConfig(exec_plugin={"apiVersion": _V1, "command": command, "args": list(args), **more})


def _printing(document: object) -> ClientConfig:
    return _config("echo", json.dumps(document))


def _credential(**status: str) -> dict[str, Any]:
    return {"apiVersion": _V1, "kind": "ExecCredential", "status": status}


def test_a_plugins_token_is_the_users() -> None:
    found = with_exec_credentials(_printing(_credential(token="t")))
    assert (found.token, found.exec_plugin) == ("t", None)


def test_a_plugins_certificate_is_the_users() -> None:
    found = with_exec_credentials(_printing(_credential(clientCertificateData="c", clientKeyData="k")))
    assert (found.client_certificate, found.client_key, found.token) == ("c", "k", "")


def test_a_plugin_is_told_what_is_wanted_in_its_environment(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = f"echo \"$WHO $KUBERNETES_EXEC_INFO\" > {seen}; echo '{json.dumps(_credential(token='t'))}'"
    with_exec_credentials(_config("sh", "-c", script, env=[{"name": "WHO", "value": "me"}], interactiveMode="Never"))
    who, _, info = seen.read_text().partition(" ")
    assert who == "me"
    assert json.loads(info) == {"apiVersion": _V1, "kind": "ExecCredential", "spec": {"interactive": False}}


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (_config("no-such-plugin", installHint="get it there"), "executable no-such-plugin not found\n\nget it there"),
        (_config("false"), "executable false failed with exit code 1"),
        (_config("echo", "hello"), "printed no ExecCredential"),
        (_printing(_credential()), "didn't return a token or cert/key pair"),
        (_printing({**_credential(token="t"), "kind": "Other"}), "did not print an ExecCredential"),
        (ClientConfig(exec_plugin={"command": "true", "apiVersion": "v9"}), 'invalid apiVersion "v9"'),
    ],
)
def test_a_plugin_that_fails_is_named(config: ClientConfig, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        with_exec_credentials(config)
