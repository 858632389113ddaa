"""The kubeconfig: which server to talk to, and as whom.

`load_kubeconfig()` merges the files of $KUBECONFIG from left to right, where the first value wins;
`KubeConfig.client_config()` picks a context and answers with everything that a connection needs, as values (keys and
certificates as PEM text). `edit_kubeconfig()` changes single entries in the file that holds them.

Invariants: a file is replaced as a whole or not at all, under the same lock file that kubectl takes, with mode 0600;
entries that are not named stay as they were, fields unknown to us included.

Kubernetes: client-go tools/clientcmd (loader.go, config.go, overrides.go).
Simplified: no auth-provider plugins, no proxy-url, no extensions' meaning (they are kept).
"""

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minikube_py.client.yaml_text import Document, load_documents
from minikube_py.errors import ConfigError

SECTIONS = {"clusters": "cluster", "contexts": "context", "users": "user"}
DEFAULT_SERVER = "http://localhost:8080"
IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Everything that a connection needs; certificates and keys are PEM text, "" where there is none."""

    server: str = DEFAULT_SERVER
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    token: str = ""
    token_file: str = ""
    """Where the token comes from, if it may be renewed there."""
    username: str = ""
    password: str = ""
    namespace: str = "default"
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    impersonate_user: str = ""
    impersonate_groups: tuple[str, ...] = ()
    exec_plugin: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Overrides:
    """What flags say over the files; "" where a flag was not given."""

    context: str = ""
    cluster: str = ""
    user: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class KubeConfigFile:
    """One file of the list and what it held (nothing when it does not exist)."""

    path: Path
    document: Document = field(default_factory=dict)
    exists: bool = False

    def entries(self, section: str) -> dict[str, Document]:
        """Return the named bodies of `clusters`, `contexts` or `users`."""
        singular = SECTIONS[section]
        listed = self.document.get(section) or []
        return {str(entry.get("name", "")): entry.get(singular) or {} for entry in listed}


@dataclass(frozen=True, slots=True)
class KubeConfig:
    """Several files seen as one."""

    files: tuple[KubeConfigFile, ...] = ()

    @property
    def current_context(self) -> str:
        return next((str(found) for file in self.files if (found := file.document.get("current-context"))), "")

    @property
    def is_empty(self) -> bool:
        return not any(self.names(section) for section in SECTIONS) and not self.current_context

    def names(self, section: str) -> list[str]:
        """List the entries of `clusters`, `contexts` or `users` by name."""
        return sorted({name for file in self.files for name in file.entries(section)})

    def entry(self, section: str, name: str) -> Document | None:
        """Return one entry's body, from the first file that has it."""
        owner = self.owner(section, name)
        return owner.entries(section)[name] if owner else None

    def owner(self, section: str, name: str) -> KubeConfigFile | None:
        """Return the file that defines an entry."""
        return next((file for file in self.files if name in file.entries(section)), None)

    def client_config(self, overrides: Overrides | None = None) -> ClientConfig:
        """Resolve a context (the current one unless overridden) to the values of a connection.

        Raises: ConfigError for a context, cluster or user that does not exist, or a file that cannot be read.
        """
        chosen = overrides or Overrides()
        context_name = chosen.context or self.current_context
        context = self.entry("contexts", context_name) if context_name else {}
        if context is None:
            unknown = f'context "{context_name}" does not exist'
            raise ConfigError(
                unknown if chosen.context else f"context was not found for specified context: {context_name}"
            )
        cluster_file, cluster = self._part("clusters", chosen.cluster or str(context.get("cluster") or ""))
        user_file, user = self._part("users", chosen.user or str(context.get("user") or ""))
        if user.get("auth-provider"):
            raise ConfigError("the user's auth-provider is not supported; use a token, a certificate or an exec plugin")
        return ClientConfig(
            server=str(cluster.get("server") or DEFAULT_SERVER),
            certificate_authority=_material(cluster, "certificate-authority", cluster_file),
            client_certificate=_material(user, "client-certificate", user_file),
            client_key=_material(user, "client-key", user_file),
            token=_token(user, user_file),
            token_file=_token_path(user, user_file),
            username=str(user.get("username") or ""),
            password=str(user.get("password") or ""),
            namespace=chosen.namespace or str(context.get("namespace") or "default"),
            insecure_skip_tls_verify=bool(cluster.get("insecure-skip-tls-verify")),
            tls_server_name=str(cluster.get("tls-server-name") or ""),
            impersonate_user=str(user.get("as") or ""),
            impersonate_groups=tuple(user.get("as-groups") or ()),
            exec_plugin=user.get("exec"),
        )

    def _part(self, section: str, name: str) -> tuple[KubeConfigFile | None, Document]:
        if not name:
            return None, {}
        owner = self.owner(section, name)
        if owner is None:
            noun = "auth info" if section == "users" else SECTIONS[section]
            raise ConfigError(f'{noun} "{name}" does not exist')
        return owner, owner.entries(section)[name]


def kubeconfig_paths(explicit: str = "", environment: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Name the files that are merged: the flag's, else those of $KUBECONFIG, else ~/.kube/config."""
    values = os.environ if environment is None else environment
    if explicit:
        return (Path(explicit),)
    listed = [Path(part) for part in values.get("KUBECONFIG", "").split(os.pathsep) if part]
    if listed:
        return tuple(dict.fromkeys(listed))
    home = values.get("HOME", "")
    return (Path(home or "/") / ".kube" / "config",)


def load_kubeconfig(explicit: str = "", environment: Mapping[str, str] | None = None) -> KubeConfig:
    """Read and merge the user's files; files that do not exist count as empty, except an explicit one.

    Raises: ConfigError naming the file that is missing or not a kubeconfig.
    """
    paths = kubeconfig_paths(explicit, environment)
    if explicit and not paths[0].exists():
        raise ConfigError(f"stat {explicit}: no such file or directory")
    return read_files(paths)


def read_files(paths: Sequence[Path]) -> KubeConfig:
    """Read the files in order of precedence."""
    return KubeConfig(tuple(_read(path) for path in paths))


def in_cluster_config(environment: Mapping[str, str] | None = None) -> ClientConfig | None:
    """Return what a pod's service account offers, or None outside a pod."""
    values = os.environ if environment is None else environment
    host, port = values.get("KUBERNETES_SERVICE_HOST", ""), values.get("KUBERNETES_SERVICE_PORT", "")
    if not host or not port or not (IN_CLUSTER / "token").exists():
        return None
    return ClientConfig(
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        certificate_authority=_read_text(IN_CLUSTER / "ca.crt"),
        token=_read_text(IN_CLUSTER / "token").strip(),
        token_file=str(IN_CLUSTER / "token"),
        namespace=_read_text(IN_CLUSTER / "namespace").strip() or "default",
    )


def _read(path: Path) -> KubeConfigFile:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return KubeConfigFile(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f'error loading config file "{path}": {_reason(error)}') from error
    try:
        documents = list(load_documents(text, str(path)))
    except ConfigError as error:
        complaint = str(error).partition("error converting YAML to JSON: ")[2] or str(error)
        raise ConfigError(f'error loading config file "{path}": {complaint}') from error
    document = documents[0] if documents else {}
    complaint = _shape_complaint(document)
    if complaint:
        raise ConfigError(f'error loading config file "{path}": {complaint}')
    return KubeConfigFile(path, document, exists=True)


def _shape_complaint(document: object) -> str:
    if not isinstance(document, dict):
        return "it does not hold a mapping"
    for section, singular in SECTIONS.items():
        listed = document.get(section) or []
        if not isinstance(listed, list):
            return f"{section} is not a list"
        for entry in listed:
            if not isinstance(entry, dict) or not isinstance(entry.get(singular) or {}, dict):
                return f"an entry of {section} is not a mapping with name and {singular}"
    return ""


def _material(body: Document, name: str, owner: KubeConfigFile | None) -> str:
    """Return PEM text given inline as base64 (`name-data`) or in a file relative to the kubeconfig."""
    data = body.get(f"{name}-data")
    if data:
        try:
            return base64.b64decode(str(data), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ConfigError(f"{name}-data in the kubeconfig is not base64 of PEM text") from error
    return _file_of(str(body.get(name) or ""), owner, name)


def _token(user: Document, owner: KubeConfigFile | None) -> str:
    if user.get("tokenFile"):
        return _file_of(str(user["tokenFile"]), owner, "tokenFile").strip()
    return str(user.get("token") or "")


def _token_path(user: Document, owner: KubeConfigFile | None) -> str:
    if not user.get("tokenFile"):
        return ""
    return str((owner.path.parent if owner else Path()) / str(user["tokenFile"]))


def _file_of(path: str, owner: KubeConfigFile | None, name: str) -> str:
    if not path:
        return ""
    base = owner.path.parent if owner else Path()
    try:
        return _read_text(base / path)
    except OSError as error:
        raise ConfigError(f"unable to read {name} {path}: {_reason(error)}") from error


def _read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
