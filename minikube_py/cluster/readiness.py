"""Readiness: whether components answer and nodes are Ready, asked over HTTP as the cluster's admin.

Kubernetes: kubeadm's wait-control-plane phase
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from typing import Any

from minikube_py.client.kubeconfig import load_kubeconfig
from minikube_py.client.tls import ssl_context
from minikube_py.cluster.config import ClusterConfig
from minikube_py.errors import ConfigError

_TIMEOUT_S = 2.0


class Readiness:
    """Asks one cluster; certificates are read once."""

    def __init__(self, config: ClusterConfig) -> None:
        self._server = config.server
        self._tls = _admin_tls(config)

    def answers(self, url: str) -> bool:
        """Whether a GET is answered with 200."""
        return self._get(url) is not None

    def node_is_ready(self, name: str) -> bool:
        body = self._get(f"{self._server}/api/v1/nodes/{name}")
        if body is None:
            return False
        conditions: list[dict[str, Any]] = json.loads(body).get("status", {}).get("conditions", [])
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

    def pods_can_be_created(self) -> bool:
        """Whether the controllers have made the account that pods of the default namespace run as."""
        return self.answers(f"{self._server}/api/v1/namespaces/default/serviceaccounts/default")

    def _get(self, url: str) -> bytes | None:
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S, context=self._tls) as response:
                body: bytes = response.read()
                return body if response.status == 200 else None
        except (OSError, urllib.error.URLError):
            return None


def _admin_tls(config: ClusterConfig) -> ssl.SSLContext | None:
    """None for a cluster that has no kubeconfig (yet): then nobody answers either."""
    try:
        return ssl_context(load_kubeconfig(str(config.folder / "kubeconfig")).client_config())
    except ConfigError:
        return None
