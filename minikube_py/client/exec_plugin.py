"""Exec plugins: programs that a kubeconfig's user names, and that print the credentials of the moment.

Kubernetes: client-go plugin/pkg/client/auth/exec, KEP-541
Simplified: run once for each connection; the expiration is not looked at.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.errors import ConfigError

_GROUP = "client.authentication.k8s.io"
_VERSIONS = (f"{_GROUP}/v1", f"{_GROUP}/v1beta1")


def with_exec_credentials(config: ClientConfig) -> ClientConfig:
    """The config with what its plugin says, or as it is without one. Raises: ConfigError in kubectl's words."""
    plugin = config.exec_plugin
    if plugin is None:
        return config
    command, version = str(plugin.get("command") or ""), str(plugin.get("apiVersion") or "")
    if version not in _VERSIONS:
        raise ConfigError(f'exec plugin: invalid apiVersion "{version}"')
    status = _status(_run(plugin, command, version), command, version)
    return replace(
        config,
        token=str(status.get("token") or ""),
        client_certificate=str(status.get("clientCertificateData") or config.client_certificate),
        client_key=str(status.get("clientKeyData") or config.client_key),
        exec_plugin=None,
    )


def _run(plugin: Mapping[str, Any], command: str, version: str) -> bytes:
    interactive = plugin.get("interactiveMode") != "Never" and sys.stdin.isatty()
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": interactive}}
    own = {str(pair.get("name")): str(pair.get("value", "")) for pair in plugin.get("env") or ()}
    environment = {**os.environ, **own, "KUBERNETES_EXEC_INFO": json.dumps(info)}
    argv = [command, *(str(argument) for argument in plugin.get("args") or ())]
    stdin = None if interactive else subprocess.DEVNULL
    try:
        done = subprocess.run(argv, env=environment, stdin=stdin, stdout=subprocess.PIPE, check=False)
    except FileNotFoundError as error:
        hint = f"\n\n{plugin['installHint']}" if plugin.get("installHint") else ""
        raise ConfigError(f"getting credentials: exec: executable {command} not found{hint}") from error
    except OSError as error:
        raise ConfigError(f"getting credentials: exec: {command}: {error.strerror}") from error
    if done.returncode:
        said = f"exec: executable {command} failed with exit code {done.returncode}"
        raise ConfigError(f"getting credentials: {said}")
    return done.stdout


def _status(output: bytes, command: str, version: str) -> Mapping[str, Any]:
    """Raises: ConfigError for what is no ExecCredential with a credential in it."""
    try:
        document = json.loads(output)
        if document["apiVersion"] != version or document["kind"] != "ExecCredential":
            raise ConfigError(f"getting credentials: exec: {command} did not print an ExecCredential of {version}")
        status: Mapping[str, Any] = document["status"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"getting credentials: decoding stdout: {command} printed no ExecCredential") from error
    if not status.get("token") and not (status.get("clientCertificateData") and status.get("clientKeyData")):
        raise ConfigError("getting credentials: exec plugin didn't return a token or cert/key pair")
    return status
