"""Reads the documents that `-f` names: a file, a folder, standard input or a URL; and those that `-k` builds.

Kubernetes: cli-runtime resource.FilenameOptions and its visitors.
Simplified: no globs.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cli.errors import CommandError, ConnectionRefused
from minikube_py.client.yaml_text import Document, load_documents
from minikube_py.errors import ConfigError

SUFFIXES = (".json", ".yaml", ".yml")
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object as the user wrote it, and where."""

    source: str
    document: Document

    @property
    def kind(self) -> str:
        return str(self.document.get("kind") or "")

    @property
    def api_version(self) -> str:
        return str(self.document.get("apiVersion") or "")

    @property
    def metadata(self) -> Document:
        found = self.document.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        return str(self.metadata.get("name") or "")

    @property
    def namespace(self) -> str:
        return str(self.metadata.get("namespace") or "")


class ManifestError(CommandError):
    """A manifest that cannot be read, or is no object."""


def read_manifests(filenames: Sequence[str], recursive: bool = False, validating: bool = True) -> Iterator[Manifest]:
    """Yield every object of the named files in order; the items of a List one by one.

    A verb that writes says `validating`; it only changes the words for a manifest without apiVersion or kind.

    Raises: CommandError for what cannot be read or is no object.
    """
    for filename in filenames:
        for source, text in _texts(filename, recursive):
            yield from read_text(text, source, validating)


def read_text(text: str, source: str, validating: bool = True) -> Iterator[Manifest]:
    """Yield every object of one text, as `read_manifests` does."""
    try:
        for document in load_documents(text, source):
            yield from _objects(document, source, validating)
    except ConfigError as error:
        raise ManifestError(str(error)) from error


def read_kustomized(folder: str, warn: Callable[[str], None]) -> Iterator[Manifest]:
    """Build the kustomization of a folder and yield its objects.

    Raises: ManifestError
    """
    from minikube_py.cli.kustomize.build import build

    try:
        documents = build(folder, warn)
    except CommandError as error:
        raise ManifestError(error.message) from error
    for document in documents:
        yield Manifest(folder, document)


def labelled(manifests: Iterator[Manifest], selector: str) -> Iterator[Manifest]:
    """Only the objects whose labels match.

    Raises: CommandError for a selector that is none.
    """
    if not selector:
        return manifests
    from minikube_py.api.selectors import SelectorError, parse_label_selector

    try:
        chosen = parse_label_selector(selector)
    except SelectorError as error:
        raise CommandError(f'the provided selector "{selector}" is not valid: {error}') from error
    return (manifest for manifest in manifests if chosen.matches(manifest.metadata.get("labels") or {}))


def act_on_each(manifests: Iterator[Manifest], act: Callable[[Manifest], None]) -> tuple[int, list[CommandError]]:
    """Do something with every object; one that fails does not stop the others.

    A file that cannot be read does, and a server that nobody finds.

    Returns how many objects there were, and what failed, in order.
    """
    count = 0
    failures: list[CommandError] = []
    try:
        for manifest in manifests:
            count += 1
            try:
                act(manifest)
            except ConnectionRefused:
                raise
            except CommandError as error:
                failures.append(error)
    except (ManifestError, ConnectionRefused) as error:
        failures.append(error)
    return count, failures


def _texts(filename: str, recursive: bool) -> Iterator[tuple[str, str]]:
    if filename == "-":
        yield "STDIN", sys.stdin.read()
    elif filename.startswith(("http://", "https://")):
        yield filename, _download(filename)
    else:
        path = Path(filename)
        if not path.exists():
            raise CommandError(f'the path "{filename}" does not exist')
        files = [path] if path.is_file() else _files_in(path, recursive)
        if not files:
            raise CommandError(f"error reading [{filename}]: recognized file extensions are [{' '.join(SUFFIXES)}]")
        for file in files:
            yield str(file), _read(file)


def _files_in(folder: Path, recursive: bool) -> list[Path]:
    found = folder.rglob("*") if recursive else folder.glob("*")
    return sorted(path for path in found if path.is_file() and path.suffix in SUFFIXES)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CommandError(f"{path} is larger than {MAX_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 text") from error
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from error


def _download(url: str) -> str:
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=30) as answer:
            return str(answer.read(MAX_BYTES).decode())
    except HTTPError as error:
        raise ManifestError(
            f'unable to read URL "{url}", server reported {error.code} {error.reason}, status code={error.code}'
        ) from error
    except (URLError, OSError, UnicodeDecodeError) as error:
        raise ManifestError(f'unable to read URL "{url}": {error}') from error


def _objects(document: object, source: str, validating: bool) -> Iterator[Manifest]:
    if not isinstance(document, dict):
        raise ManifestError(
            f'unable to decode "{source}": json: cannot unmarshal {_go_type(document)} into Go value of type '
            "unstructured.detector"
        )
    _require_type(document, source, validating)
    items = document.get("items")
    if str(document["kind"]).endswith("List") and isinstance(items, list):
        for item in items:
            yield from _objects(item, source, validating)
    else:
        yield Manifest(source, document)


def _require_type(document: Document, source: str, validating: bool) -> None:
    missing = [name for name in ("apiVersion", "kind") if not document.get(name)]
    if not missing:
        return
    if not validating:
        name = "Kind" if "kind" in missing else "apiVersion"
        written = json.dumps(document, separators=(",", ":"), sort_keys=True)
        raise ManifestError(f"unable to decode \"{source}\": Object '{name}' is missing in '{written}'")
    listed = ", ".join(f"{name} not set" for name in missing)
    raise ManifestError(
        f'error validating "{source}": error validating data: {f"[{listed}]" if len(missing) > 1 else listed}; '
        "if you choose to ignore these errors, turn validation off with --validate=false"
    )


def _go_type(value: object) -> str:
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "bool"
    return "array" if isinstance(value, list) else "number"
