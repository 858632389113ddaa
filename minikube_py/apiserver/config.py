"""The API server's configuration: its flags, checked before anything is opened.

Kubernetes: cmd/kube-apiserver/app/options
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from minikube_py.errors import ConfigError

MAX_BODY_BYTES = 3 * 1024 * 1024


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
    compaction_interval_s: float = 300.0

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
