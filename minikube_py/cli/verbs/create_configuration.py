"""pykubectl create configmap and create secret generic: values from the command line and from files.

Kubernetes: kubectl pkg/cmd/create/create_configmap.go, create_secret.go.
Simplified: no --append-hash.
"""

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cli.command import Entry, Invocation, Verb, VerbGroup
from minikube_py.cli.creating import CreateFlags, create_generated, one_name
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.client.yaml_text import Document

_CONFIG_MAPS = ResourceType("", "v1", "configmaps", "ConfigMap", is_namespaced=True)
_SECRETS = ResourceType("", "v1", "secrets", "Secret", is_namespaced=True)
_KEY = re.compile(r"[-._a-zA-Z0-9]+")


@dataclass(frozen=True)
class ValuesFlags(CreateFlags):
    """What create configmap takes."""

    from_literal: tuple[str, ...] = flag((), "", "KEY=VALUE; may be repeated.", split=False)
    from_file: tuple[str, ...] = flag((), "", "PATH, KEY=PATH, or a folder; may be repeated.")
    from_env_file: tuple[str, ...] = flag((), "", "A file of KEY=VALUE lines; may be repeated.")


@dataclass(frozen=True)
class SecretFlags(ValuesFlags):
    """What create secret generic takes."""

    type: str = flag("", "", "The type of secret; by default Opaque.")


def create_config_map(call: Invocation[ValuesFlags]) -> None:
    """Create a config map."""
    name = one_name(call)
    document = config_map_document(name, values_of(call.flags, f'ConfigMap "{name}"'))
    create_generated(call, _CONFIG_MAPS, document, "failed to create configmap: ")


def create_secret(call: Invocation[SecretFlags]) -> None:
    """Create a secret."""
    name = one_name(call)
    document = secret_document(name, values_of(call.flags, f'Secret "{name}"'), call.flags.type)
    create_generated(call, _SECRETS, document, "failed to create secret ")


def config_map_document(name: str, values: dict[str, bytes]) -> Document:
    """Make a config map; what is not UTF-8 goes to binaryData."""
    texts: dict[str, str] = {}
    binary: dict[str, str] = {}
    for key, value in values.items():
        try:
            texts[key] = value.decode()
        except UnicodeDecodeError:
            binary[key] = base64.b64encode(value).decode()
    data = {**({"data": texts} if texts else {}), **({"binaryData": binary} if binary else {})}
    return {"apiVersion": "v1", **data, "kind": "ConfigMap", "metadata": {"name": name}}


def secret_document(name: str, values: dict[str, bytes], kind: str = "") -> Document:
    """Make a secret."""
    encoded = {key: base64.b64encode(value).decode() for key, value in values.items()}
    document: Document = {"apiVersion": "v1", **({"data": encoded} if encoded else {}), "kind": "Secret"}
    return {**document, "metadata": {"name": name}, **({"type": kind} if kind else {})}


def values_of(flags: ValuesFlags, owner: str) -> dict[str, bytes]:
    """Gather the values from all flags; `owner` names the object in errors.

    Raises: CommandError for values that cannot be read, keys that are not allowed or come twice.
    """
    if flags.from_env_file and (flags.from_file or flags.from_literal):
        raise CommandError("from-env-file cannot be combined with from-file or from-literal")
    pairs = [_literal(text) for text in flags.from_literal]
    for source in flags.from_file:
        pairs += _files(source)
    for path in flags.from_env_file:
        pairs += _environment(path)
    values: dict[str, bytes] = {}
    for key, value in pairs:
        if not _KEY.fullmatch(key):
            raise CommandError(
                f'"{key}" is not a valid key name for a {owner.partition(" ")[0]}: a valid config key must consist of '
                "alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used "
                "for validation is '[-._a-zA-Z0-9]+')"
            )
        if key in values:
            raise CommandError(f'cannot add key "{key}", another key by that name already exists in Data for {owner}')
        values[key] = value
    return values


def _literal(text: str) -> tuple[str, bytes]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise CommandError(f"invalid literal source {text}, expected key=value")
    if value[:1] == value[-1:] and value[:1] in ("'", '"') and len(value) > 1:
        value = value[1:-1]
    return key, value.encode()


def _files(source: str) -> list[tuple[str, bytes]]:
    key, equals, path = source.rpartition("=")
    if equals and not key:
        raise CommandError(f"key name for file path {path} missing")
    if equals and not path:
        raise CommandError(f"file path for key name {key} missing")
    folder = Path(path)
    if not equals and folder.is_dir():
        files = sorted(file for file in folder.iterdir() if file.is_file() and _KEY.fullmatch(file.name))
        return [(file.name, _read(file)) for file in files]
    if folder.is_dir():
        raise CommandError("cannot give a key name for a directory path")
    return [(key if equals else folder.name, _read(folder))]


def _environment(path: str) -> list[tuple[str, bytes]]:
    pairs = []
    for line in _read(Path(path)).decode(errors="replace").splitlines():
        text = line.lstrip()
        if not text or text.startswith("#"):
            continue
        key, equals, value = text.partition("=")
        pairs.append((key, (value if equals else os.environ.get(key, "")).encode()))
    return pairs


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"error reading {path}: {(error.strerror or '').lower()}") from error


_HERE = "minikube_py.cli.verbs.create_configuration"
_TYPES = "minikube_py.cli.verbs.create_secret_types"
_SOURCES = "[--from-literal=KEY=VALUE] [--from-file=[KEY=]PATH] [--from-env-file=PATH]"
CONFIGMAP = Verb(
    "configmap",
    create_config_map,
    ValuesFlags,
    summary="Create a config map from literals or files",
    usage=f"configmap NAME {_SOURCES}",
)
GENERIC = Verb(
    "generic",
    create_secret,
    SecretFlags,
    summary="Create a secret from literals or files",
    usage=f"generic NAME {_SOURCES} [--type=TYPE]",
)
SECRET = VerbGroup(
    "secret",
    (
        Entry("docker-registry", _TYPES, "Create a secret for pulling images", attribute="REGISTRY"),
        Entry("generic", _HERE, "Create a secret from literals or files", attribute="GENERIC"),
        Entry("tls", _TYPES, "Create a secret with a certificate", attribute="TLS"),
    ),
    summary="Create a secret with specified type",
)
