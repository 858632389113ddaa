"""pykubectl create secret tls and docker-registry: secrets whose type fixes what they hold.

Kubernetes: kubectl pkg/cmd/create/create_secret_tls.go, create_secret_docker.go.
"""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.creating import CreateFlags, create_generated, one_name
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.client.yaml_text import Document

_SECRETS = ResourceType("", "v1", "secrets", "Secret", is_namespaced=True)


@dataclass(frozen=True)
class TlsFlags(CreateFlags):
    """What create secret tls takes."""

    cert: str = flag("", "", "A file with the certificate, PEM.")
    key: str = flag("", "", "A file with its private key, PEM.")


@dataclass(frozen=True)
class RegistryFlags(CreateFlags):
    """What create secret docker-registry takes."""

    docker_server: str = flag("https://index.docker.io/v1/", "", "The registry.")
    docker_username: str = flag("", "", "The user's name there.")
    docker_password: str = flag("", "", "The user's password there.")
    docker_email: str = flag("", "", "The user's e-mail address.")


def create_tls_secret(call: Invocation[TlsFlags]) -> None:
    """Create a secret with a certificate and its key."""
    flags = call.flags
    name = one_name(call)
    if not flags.key or not flags.cert:
        raise CommandError("key and cert must be specified")
    data = {"tls.crt": _pem(flags.cert, "CERTIFICATE"), "tls.key": _pem(flags.key, "PRIVATE KEY")}
    create_generated(call, _SECRETS, _document(name, data, "kubernetes.io/tls"), "failed to create secret ")


def create_registry_secret(call: Invocation[RegistryFlags]) -> None:
    """Create a secret that lets nodes pull from a registry."""
    flags = call.flags
    name = one_name(call)
    if not flags.docker_username:
        raise CommandError("either --from-file or the combination of --docker-username, --docker-password and "
                           "--docker-server is required")  # fmt: skip
    pair = f"{flags.docker_username}:{flags.docker_password}".encode()
    entry = {
        "username": flags.docker_username,
        "password": flags.docker_password,
        **({"email": flags.docker_email} if flags.docker_email else {}),
        "auth": base64.b64encode(pair).decode(),
    }
    content = json.dumps({"auths": {flags.docker_server: entry}}, separators=(",", ":")).encode()
    document = _document(name, {".dockerconfigjson": content}, "kubernetes.io/dockerconfigjson")
    create_generated(call, _SECRETS, document, "failed to create secret ")


def _document(name: str, data: dict[str, bytes], kind: str) -> Document:
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "data": encoded, "kind": "Secret", "metadata": {"name": name}, "type": kind}


def _pem(path: str, label: str) -> bytes:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise CommandError(f"Cannot read file {path}, open {path}: {(error.strerror or '').lower()}") from error
    if f"{label}-----".encode() not in content or b"-----BEGIN " not in content:
        raise CommandError(f"tls: failed to find any PEM data in {label.split(' ')[-1].lower()} input")
    return content


TLS = Verb(
    "tls",
    create_tls_secret,
    TlsFlags,
    summary="Create a secret with a certificate",
    usage="tls NAME --cert=FILE --key=FILE",
)
REGISTRY = Verb(
    "docker-registry",
    create_registry_secret,
    RegistryFlags,
    summary="Create a secret for pulling images",
    usage="docker-registry NAME --docker-username=NAME --docker-password=PASSWORD [--docker-server=URL]",
)
