"""A kustomization file, read and checked field by field, as Go's decoder does it.

Kubernetes: kustomize api/types/kustomization.go.
Simplified: what stands in REFUSED is refused by name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.kustomize.folder import Folder
from minikube_py.cli.kustomize.shapes import KUSTOMIZATION, REFUSED, check, normal
from minikube_py.client.yaml_text import Document
from minikube_py.documents.json_values import Json
from minikube_py.documents.manifest import ManifestError, load_all_yaml

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
VERSIONS = {"Kustomization": "kustomize.config.k8s.io/v1beta1", "Component": "kustomize.config.k8s.io/v1alpha1"}
DEPRECATED = {
    "bases": "resources",
    "imageTags": "images",
    "patchesJson6902": "patches",
    "patchesStrategicMerge": "patches",
    "commonLabels": "labels",
}


@dataclass(frozen=True, slots=True)
class Kustomization:
    """The fields of one file, and the folder that its paths start from."""

    folder: Folder
    fields: Document

    def text(self, name: str) -> str:
        """A field that is text; empty when it is not there."""
        return str(self.fields.get(name) or "")

    def items(self, *names: str) -> list[Any]:
        """The items of fields that are lists, one after the other."""
        return [item for name in names for item in self.fields.get(name) or ()]

    def object(self, name: str) -> dict[str, Any]:
        """A field that is an object."""
        return dict(self.fields.get(name) or {})

    @property
    def is_component(self) -> bool:
        return self.text("kind") == "Component"


def read_kustomization(folder: Folder, warn: Callable[[str], None]) -> Kustomization:
    """Read the kustomization file of a folder; `warn` is told of fields that are deprecated.

    Raises: CommandError when there is none or several, and for what it may not say.
    """
    found = [path for name in FILE_NAMES if (path := folder.path / name).is_file()]
    if not found:
        names = ", ".join(f"'{name}'" for name in FILE_NAMES[:-1])
        raise CommandError(f"unable to find one of {names} or '{FILE_NAMES[-1]}' in directory '{folder.path}'")
    if len(found) > 1:
        raise CommandError(f"Found multiple kustomization files under: {folder.path}")
    fields = _fields(found[0])
    for name, instead in DEPRECATED.items():
        if fields.get(name):
            warn(
                f"# Warning: '{name}' is deprecated. Please use '{instead}' instead. "
                "Run 'kustomize edit fix' to update your Kustomization automatically."
            )
    if all(value == "" for name, value in fields.items() if name not in ("apiVersion", "kind")):
        raise CommandError("kustomization.yaml is empty")
    problems = list(_problems(fields))
    if problems:
        listed = "\n".join(problems)
        raise CommandError(f"Failed to read kustomization file under {folder.path}:\n{listed}")
    return Kustomization(folder, fields)


def _fields(path: Path) -> Document:
    try:
        documents = [document for document, _ in load_all_yaml(path.read_bytes())]
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from error
    except ManifestError as error:
        raise CommandError(f"invalid Kustomization: {error}") from error
    fields: Json = documents[0] if documents else {}
    problem = check(fields, KUSTOMIZATION)
    if problem:
        raise CommandError(f"invalid Kustomization: {problem}")
    refused = next((name for name in REFUSED if fields.get(name)), "")
    if refused:
        raise CommandError(f"{refused} of a kustomization is not supported by {PROGRAM} yet; use kubectl")
    return dict(normal(fields, KUSTOMIZATION)) if fields else {}


def _problems(fields: Document) -> Iterator[str]:
    kind = str(fields.get("kind") or "Kustomization")
    if kind not in VERSIONS:
        yield "kind should be Kustomization or Component"
    version = VERSIONS.get(kind, VERSIONS["Kustomization"])
    if fields.get("apiVersion", version) != version:
        yield f"apiVersion for {kind} should be {version}"
