"""Builds a kustomization: a folder with its bases, generated objects and changes becomes a list of documents.

    accumulate: resources, recursively -> generators -> components -> patches and other changes, file by file
    at the end, once: hashes behind names -> references -> order

Kubernetes: kustomize api/internal/target/kusttarget.go, api/krusty.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from minikube_py.cli.errors import CommandError
from minikube_py.cli.kustomize.folder import Folder, refuse_remote, root_folder
from minikube_py.cli.kustomize.generators import generate, with_hash
from minikube_py.cli.kustomize.kustomization import Kustomization, read_kustomization
from minikube_py.cli.kustomize.ordering import ordered
from minikube_py.cli.kustomize.references import with_references
from minikube_py.cli.kustomize.resource import Resource
from minikube_py.cli.kustomize.resource_files import MalformedResource, parse_resources
from minikube_py.cli.kustomize.transformers import transformed
from minikube_py.client.yaml_text import Document

Warn = Callable[[str], None]
_LOCAL = "config.kubernetes.io/local-config"


def build(folder: str, warn: Warn, reads_anywhere: bool = False) -> list[Document]:
    """Build the kustomization of a folder; `warn` is told of what is deprecated.

    With `reads_anywhere`, files may also lie outside of the folders whose kustomizations name them.

    Raises: CommandError
    """
    kustomization = read_kustomization(root_folder(folder, reads_anywhere), warn)
    resources = [with_hash(resource) for resource in _Build(warn).accumulated(kustomization, [])]
    resources = [resource for resource in with_references(resources) if not _is_local(resource)]
    return [_printed(resource) for resource in ordered(resources, kustomization.object("sortOptions"))]


def _printed(resource: Resource) -> Document:
    """An object without annotations that are none."""
    if resource.metadata.get("annotations", True):
        return resource.document
    metadata = {name: value for name, value in resource.metadata.items() if name != "annotations"}
    return {**resource.document, "metadata": metadata}


def _is_local(resource: Resource) -> bool:
    annotations = resource.metadata.get("annotations")
    return isinstance(annotations, dict) and annotations.get(_LOCAL, "false") != "false"


@dataclass(frozen=True, slots=True)
class _Build:
    warn: Warn

    def accumulated(self, kustomization: Kustomization, resources: list[Resource]) -> list[Resource]:
        """Add to `resources` what a kustomization names and makes, and change all of it as it asks."""
        try:
            for name in kustomization.items("resources", "bases"):
                resources = self._with_resource(resources, name, kustomization.folder)
        except CommandError as error:
            raise CommandError(f"accumulating resources: {error.message}") from error
        resources = generate(kustomization, resources)
        try:
            for name in kustomization.items("components"):
                resources = self._with_component(resources, name, kustomization.folder)
        except CommandError as error:
            raise CommandError(f"accumulating components: {error.message}") from error
        return transformed(kustomization, resources)

    def _with_resource(self, resources: list[Resource], name: str, folder: Folder) -> list[Resource]:
        """Add a file's objects, or those of another kustomization."""
        refuse_remote(name)
        try:
            return _with_file(resources, name, folder)
        except MalformedResource:
            raise
        except CommandError as as_file:
            try:
                return self._with_base(resources, folder.enter(name))
            except CommandError as as_folder:
                both = f"accumulation err='{as_file.message}': {as_folder.message}"
                raise CommandError(both) from as_folder

    def _with_base(self, resources: list[Resource], folder: Folder) -> list[Resource]:
        base = self._kustomization_of(folder)
        if base.is_component:
            raise CommandError(f"expected kind != 'Component' for path '{folder.path}'")
        try:
            found = self.accumulated(base, [])
        except CommandError as error:
            raise CommandError(f"recursed accumulation of path '{folder.path}': {error.message}") from error
        return _appended(resources, found, f"recursed merging from path '{folder.path}'")

    def _with_component(self, resources: list[Resource], name: str, folder: Folder) -> list[Resource]:
        """A component changes what is there already, besides adding to it."""
        refuse_remote(name)
        try:
            inside = folder.enter(name)
        except CommandError as error:
            raise CommandError(f"loader.New {json.dumps(error.message, ensure_ascii=False)}") from error
        try:
            component = self._kustomization_of(inside)
            if not component.is_component:
                kind = component.text("kind") or "Kustomization"
                raise CommandError(f"expected kind 'Component' for path '{inside.path}' but got '{kind}'")
            return self.accumulated(component, resources)
        except CommandError as error:
            raise CommandError(f"accumulateDirectory: {json.dumps(error.message, ensure_ascii=False)}") from error

    def _kustomization_of(self, folder: Folder) -> Kustomization:
        try:
            return read_kustomization(folder, self.warn)
        except CommandError as error:
            raise CommandError(f"couldn't make target for path '{folder.path}': {error.message}") from error


def _with_file(resources: list[Resource], name: str, folder: Folder) -> list[Resource]:
    try:
        found = parse_resources(folder.read(name), name)
    except CommandError as error:
        raise type(error)(f"accumulating resources from '{name}': {error.message}") from error
    return _appended(resources, found, f"merging resources from '{name}'")


def _appended(resources: list[Resource], found: Iterable[Resource], during: str) -> list[Resource]:
    result = list(resources)
    for resource in found:
        identity = resource.identity
        if any(other.identity.is_same(identity) for other in result):
            raise CommandError(f"{during}: may not add resource with an already registered id: {identity}")
        result.append(resource)
    return result
