"""Objects out of the YAML files that a kustomization names.

Kubernetes: kustomize api/resource/factory.go.
"""

from collections.abc import Iterator

from minikube_py.cli.errors import CommandError
from minikube_py.cli.kustomize.resource import Resource
from minikube_py.documents.json_values import Json
from minikube_py.documents.manifest import OLD_BOOLEANS, ManifestError, doubled_text, load_all_yaml


class MalformedResource(CommandError):
    """A file that is no YAML: then it is no folder either."""


def parse_resources(data: bytes, name: str) -> list[Resource]:
    """Read every object of a file; those in Lists one by one, after the others.

    Raises: MalformedResource, CommandError for what is no object or has no name.
    """
    try:
        read = list(load_all_yaml(data, texts=OLD_BOOLEANS))
    except ManifestError as error:
        raise MalformedResource(f"MalformedYAMLError: {error} in File: {name}") from error
    for _, doubled in read:
        if doubled:
            raise MalformedResource(f"{doubled_text(doubled)} in File: {name}")
    documents = [document for document, _ in read]
    documents.sort(key=_is_list)
    return [resource for document in documents for resource in _objects(document)]


def _is_list(document: Json) -> bool:
    return (
        isinstance(document, dict)
        and str(document.get("kind") or "").endswith("List")
        and isinstance(document.get("items"), list)
    )


def _objects(document: Json) -> Iterator[Resource]:
    if not isinstance(document, dict):
        raise CommandError("missing Resource metadata")
    if _is_list(document):
        for item in document["items"]:
            yield from _objects(item)
        return
    resource = Resource(document)
    if not resource.kind.name:
        raise CommandError("missing Resource metadata")
    if not resource.name:
        raise CommandError(
            f"missing metadata.name in object {{{{{document.get('apiVersion', '')} {resource.kind.name}}} "
            "{{ } map[] map[]}}"
        )
    yield resource
