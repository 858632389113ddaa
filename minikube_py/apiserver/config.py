"""The API server's configuration: its flags, checked before anything is opened.

Kubernetes: cmd/kube-apiserver/app/options
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from minikube_py.errors import ConfigError

MAX_BODY_BYTES = 3 * 1024 * 1024
AUTHORIZATION_MODES = ("AlwaysAllow", "Node", "RBAC")


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class ApiServerConfig:
    etcd_servers: tuple[str, ...] = ()
    storage: str = ""
    """A storage URL where there is no etcd: `sqlite:///PATH`, `memory://`."""
    bind_address: str = "127.0.0.1"
    port: int = 8080
    service_cluster_ip_range: str = "10.0.0.0/24"
    allow_privileged: bool = False
    service_account_signing_key_file: Path | None = None
    secure_port: int = 6443
    """Where TLS is spoken, once there is a certificate; `port` is not opened then."""
    tls_cert_file: Path | None = None
    tls_private_key_file: Path | None = None
    client_ca_file: Path | None = None
    anonymous_auth: bool = True
    token_auth_file: Path | None = None
    authorization_mode: tuple[str, ...] = ("AlwaysAllow",)
    audit_log_path: Path | None = None
    advertise_address: str = ""
    """Where pods find this server; empty: the bind address."""
    kubelet_certificate_authority: Path | None = None
    """Who vouches for kubelets; with it they are spoken to in TLS."""
    kubelet_client_certificate: Path | None = None
    kubelet_client_key: Path | None = None
    compaction_interval_s: float = 300.0

    def __post_init__(self) -> None:
        """Raises: ConfigError for flags that do not go together."""
        self._check_addresses()
        if (self.tls_cert_file is None) != (self.tls_private_key_file is None):
            raise ConfigError("--tls-cert-file and --tls-private-key-file go together: give both, or neither")
        if self.client_ca_file is not None and not self.has_tls:
            raise ConfigError("--client-ca-file: client certificates need TLS: give --tls-cert-file as well")
        if (self.kubelet_client_certificate is None) != (self.kubelet_client_key is None):
            raise ConfigError("--kubelet-client-certificate and --kubelet-client-key go together")
        if len(set(self.authorization_mode)) < len(self.authorization_mode):
            raise ConfigError("--authorization-mode: a mode is named twice; name each once")
        for mode in self.authorization_mode or ("",):
            if mode not in AUTHORIZATION_MODES:
                known = ", ".join(AUTHORIZATION_MODES)
                raise ConfigError(f"--authorization-mode={mode}: not supported here; choose among {known}")

    def _check_addresses(self) -> None:
        for flag, port in (("--port", self.port), ("--secure-port", self.secure_port)):
            if not 0 <= port <= 65535:
                raise ConfigError(f"{flag}={port}: not a port; give one from 1 to 65535")
        for flag, address in (("--bind-address", self.bind_address), ("--advertise-address", self.advertise_address)):
            if address and not _is_ip_address(address):
                raise ConfigError(f"{flag}={address}: not an IP address; give one such as 127.0.0.1")

    @property
    def has_tls(self) -> bool:
        return self.tls_cert_file is not None

    @property
    def listen_port(self) -> int:
        return self.secure_port if self.has_tls else self.port

    @property
    def storage_url(self) -> str:
        """Raises: ConfigError when no store, or two, are named."""
        if self.etcd_servers and self.storage:
            raise ConfigError("--etcd-servers and --storage exclude each other")
        if self.storage:
            return self.storage
        if not self.etcd_servers:
            raise ConfigError("--etcd-servers must be specified")
        return ",".join(self.etcd_servers)
