"""Config maps and secrets made from literals and files, and the hash that their names end with.

The hash is of the content: a config map that says something else has another name, so that the pods that name it are
made anew.

Kubernetes: kustomize api/internal/generators, api/kv, api/hasher.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from minikube_py.cli.errors import CommandError
from minikube_py.cli.kustomize.folder import Folder
from minikube_py.cli.kustomize.kustomization import Kustomization
from minikube_py.cli.kustomize.resource import Resource
from minikube_py.client.yaml_text import Document

_LINE_LENGTH = 70
_HASH_LETTERS = str.maketrans("013ae", "ghkmt")
"""Letters for digits and vowels, so that a hash never spells a word."""


def generate(kustomization: Kustomization, resources: list[Resource]) -> list[Resource]:
    """Add the objects of a kustomization's generators, or merge them into those that are there.

    Raises: CommandError
    """
    shared = kustomization.object("generatorOptions")
    for kind, field in (("ConfigMap", "configMapGenerator"), ("Secret", "secretGenerator")):
        for wanted in kustomization.items(field):
            options = _options(wanted.get("options") or {}, shared)
            made = Resource(
                _document(kind, wanted, options, kustomization.folder),
                needs_hash=not options.get("disableNameSuffixHash"),
            )
            resources = _absorbed(resources, made, str(wanted.get("behavior") or ""))
    return resources


def _options(own: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name in ("labels", "annotations"):
        merged[name] = {**(shared.get(name) or {}), **(own.get(name) or {})}
    for name in ("disableNameSuffixHash", "immutable"):
        merged[name] = bool(own.get(name) or shared.get(name))
    return merged


def _document(kind: str, wanted: Mapping[str, Any], options: Mapping[str, Any], folder: Folder) -> Document:
    name = wanted.get("name")
    if not name:
        raise CommandError(f"a {kind.lower()} must have a name")
    metadata = {
        "name": name,
        **{key: value for key in ("namespace",) if (value := wanted.get(key))},
        **{key: value for key in ("labels", "annotations") if (value := options[key])},
    }
    document: Document = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    values = _values(kind, wanted, folder)
    if kind == "Secret":
        document["type"] = wanted.get("type") or "Opaque"
        document["data"] = {key: _base64(value) for key, value in values.items()}
    else:
        document.update(_config_map_data(values))
    if options["immutable"]:
        document["immutable"] = True
    return document


def _config_map_data(values: Mapping[str, bytes]) -> Document:
    data: dict[str, Document] = {}
    for key, value in values.items():
        try:
            data.setdefault("data", {})[key] = value.decode()
        except UnicodeDecodeError:
            data.setdefault("binaryData", {})[key] = _base64(value)
    return dict(data)


def _base64(value: bytes) -> str:
    """Base 64, in lines when it is long."""
    text = base64.b64encode(value).decode()
    if len(text) < _LINE_LENGTH:
        return text
    return "".join(f"{text[at : at + _LINE_LENGTH]}\n" for at in range(0, len(text), _LINE_LENGTH))


def _values(kind: str, wanted: Mapping[str, Any], folder: Folder) -> dict[str, bytes]:
    env = wanted.get("env")
    sources = {
        "env source files:": (_environment, [*(wanted.get("envs") or ()), *([env] if env else ())]),
        "literal sources": (_literal, wanted.get("literals") or ()),
        "file sources:": (_file, wanted.get("files") or ()),
    }
    values: dict[str, bytes] = {}
    for title, (read, texts) in sources.items():
        try:
            pairs = [pair for text in texts for pair in read(text, folder)]
        except CommandError as error:
            listed = f"[{' '.join(texts)}]"
            raise CommandError(f"loading KV pairs: {title} {listed}: {error.message}") from error
        for key, value in pairs:
            if key in values:
                raise CommandError(f"{kind.lower()} {wanted['name']} illegally repeats the key `{key}`")
            values[key] = value
    return values


def _literal(text: str, _: Folder) -> Iterable[tuple[str, bytes]]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise CommandError(f"invalid literal source {text}, expected key=value")
    if value and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return ((key, value.encode()),)


def _file(text: str, folder: Folder) -> Iterable[tuple[str, bytes]]:
    key, equals, path = text.partition("=")
    if not equals:
        return ((text.rpartition("/")[2], folder.read(text)),)
    if "=" in path:
        raise CommandError(f"source \"{text}\" key name or file path contains '='")
    if not key:
        raise CommandError(f'missing key name for file path "{path}" in source "{text}"')
    if not path:
        raise CommandError(f'missing file path for key name "{key}" in source "{text}"')
    return ((key, folder.read(path)),)


def _environment(path: str, folder: Folder) -> Iterator[tuple[str, bytes]]:
    for line in folder.read(path).removeprefix(b"\xef\xbb\xbf").splitlines():
        try:
            text = line.decode().lstrip()
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is not UTF-8 text") from error
        if text and not text.startswith("#"):
            key, _, value = text.partition("=")
            if key:
                yield key, value.encode()


def _absorbed(resources: list[Resource], made: Resource, behavior: str) -> list[Resource]:
    """Append a generated object; with the behaviors `merge` and `replace` it goes where its namesake is."""
    identity = made.identity
    matches = [resource for resource in resources if resource.has_been(identity)]
    if len(matches) > 1:
        raise CommandError(f"merging from generator: found multiple objects that could accept merge of {identity}")
    if not matches:
        if behavior in ("merge", "replace"):
            raise CommandError(f"merging from generator: id {identity} does not exist; cannot merge or replace")
        return [*resources, made]
    if behavior not in ("merge", "replace"):
        shown = "create" if behavior == "create" else "unspecified"
        raise CommandError(
            f"merging from generator: id {identity} exists; can not use behavior: '{shown}', behavior must be merge or "
            "replace"
        )
    old = matches[0]
    merged = replace(old, document=_merged(old, made, behavior == "merge"), needs_hash=made.needs_hash)
    return [merged if resource is old else resource for resource in resources]


def _merged(old: Resource, made: Resource, keeps_data: bool) -> Document:
    metadata = {**made.metadata, **{key: value for key in ("name", "namespace") if (value := old.metadata.get(key))}}
    for name in ("labels", "annotations"):
        both = {**(old.metadata.get(name) or {}), **(made.metadata.get(name) or {})}
        if both:
            metadata[name] = both
    document = {**made.document, "metadata": metadata}
    for name in ("data", "binaryData") if keeps_data else ():
        both = {**(old.document.get(name) or {}), **(made.document.get(name) or {})}
        if both:
            document[name] = both
    return document


def with_hash(resource: Resource) -> Resource:
    """Let the name of a generated object end with the hash of its content."""
    if not resource.needs_hash:
        return resource
    name = f"{resource.name}-{content_hash(resource.document)}"
    document = {**resource.document, "metadata": {**resource.metadata, "name": name}}
    return resource.remembered().with_document(document)


def content_hash(document: Document) -> str:
    """Ten letters and digits for what a config map or a secret holds; its name has no part in it."""
    optional = "binaryData" if document["kind"] == "ConfigMap" else "stringData"
    content = {
        "kind": document["kind"],
        "name": "",
        "data": document.get("data", ""),
        **({optional: document[optional]} if isinstance(document.get(optional), dict) else {}),
        **({"type": document.get("type", "")} if document["kind"] == "Secret" else {}),
    }
    text = json.dumps(content, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return hashlib.sha256(text.encode()).hexdigest()[:10].translate(_HASH_LETTERS)
