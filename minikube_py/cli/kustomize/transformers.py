"""The changes that a kustomization asks for: patches, namespace, names, labels, annotations, replicas, images,
replacements.

Each is a function from objects to objects; `transformed` knows their order.

Kubernetes: kustomize api/internal/target/kusttarget_configplugin.go and the transformers in api/internal/builtins.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from minikube_py.cli.errors import CommandError
from minikube_py.cli.kustomize import field_tables as tables
from minikube_py.cli.kustomize.fields import Change, Field, change_at, changed
from minikube_py.cli.kustomize.kustomization import Kustomization
from minikube_py.cli.kustomize.patches import patched, patched_by_json
from minikube_py.cli.kustomize.replacements import with_replacements
from minikube_py.cli.kustomize.resource import Kind, Resource
from minikube_py.documents.json_values import Json

Resources = list[Resource]


def transformed(kustomization: Kustomization, resources: Resources) -> Resources:
    """Carry out everything that one kustomization file asks for.

    Raises: CommandError
    """
    resources = patched(kustomization, resources)
    resources = with_namespace(resources, kustomization.text("namespace"))
    resources = with_prefix(resources, kustomization.text("namePrefix"))
    resources = with_suffix(resources, kustomization.text("nameSuffix"))
    for label in kustomization.items("labels"):
        resources = with_pairs(resources, label.get("pairs") or {}, _label_fields(label))
    everywhere = (*tables.SELECTORS, *tables.LABELS, *tables.TEMPLATE_LABELS)
    resources = with_pairs(resources, kustomization.object("commonLabels"), everywhere)
    resources = with_pairs(resources, kustomization.object("commonAnnotations"), tables.ANNOTATIONS)
    resources = patched_by_json(kustomization, resources)
    for wanted in kustomization.items("replicas"):
        resources = with_replicas(resources, str(wanted.get("name") or ""), int(wanted.get("count") or 0))
    for image in kustomization.items("images", "imageTags"):
        resources = [_with_image(resource, image) for resource in resources]
    return with_replacements(kustomization, resources)


def _label_fields(label: Mapping[str, Any]) -> Sequence[Field]:
    own = [
        Field(
            str(field.get("path") or ""),
            Kind(*(str(field.get(part) or "") for part in ("group", "version", "kind"))),
            bool(field.get("create")),
        )
        for field in label.get("fields") or ()
    ]
    selectors = tables.SELECTORS if label.get("includeSelectors") else ()
    templates = tables.TEMPLATE_LABELS if label.get("includeSelectors") or label.get("includeTemplates") else ()
    return (*own, *selectors, *tables.LABELS, *templates)


def with_namespace(resources: Resources, namespace: str) -> Resources:
    """Put everything that has a namespace into one, and rename the namespaces.

    Raises: CommandError when two objects are the same then.
    """
    if not namespace:
        return resources
    moved = [_moved(resource, namespace) for resource in resources]
    for resource in moved:
        same = [other for other in moved if other.identity.is_same(resource.identity)]
        if len(same) > 1:
            listed = " ".join(str(other.original) for other in same)
            raise CommandError(f"namespace transformation produces ID conflict: [{listed}]")
    return moved


def _moved(resource: Resource, namespace: str) -> Resource:
    moved = resource.remembered()
    fields: tuple[Field, ...] = tables.NAMESPACES
    if not resource.kind.is_cluster_scoped:
        fields = (Field("metadata/namespace", creates=True), *fields)
    moved = changed(moved, fields, lambda _: namespace)
    if resource.kind.name in ("RoleBinding", "ClusterRoleBinding"):
        moved = changed(moved, (Field("subjects[]"),), lambda subjects: _with_subjects_in(subjects, namespace))
    return moved


def _with_subjects_in(subjects: Json, namespace: str) -> Json:
    """Only the account `default` is known to move along; others do when they are among the objects."""
    if not isinstance(subjects, list):
        return subjects
    return [
        {**subject, "namespace": namespace}
        if isinstance(subject, dict) and subject.get("name") == "default"
        else subject
        for subject in subjects
    ]


def with_prefix(resources: Resources, prefix: str) -> Resources:
    """Put a prefix in front of the names."""
    if not prefix:
        return resources
    return [
        replace(_renamed(resource, prefix + resource.name), prefixes=(*resource.prefixes, prefix))
        if _takes_affixes(resource)
        else resource
        for resource in resources
    ]


def with_suffix(resources: Resources, suffix: str) -> Resources:
    """Put a suffix behind the names."""
    if not suffix:
        return resources
    return [
        replace(_renamed(resource, resource.name + suffix), suffixes=(*resource.suffixes, suffix))
        if _takes_affixes(resource)
        else resource
        for resource in resources
    ]


def _takes_affixes(resource: Resource) -> bool:
    return not any(resource.original.kind.is_selected(kind) for kind in tables.UNTOUCHED_NAMES)


def _renamed(resource: Resource, name: str) -> Resource:
    document = {**resource.document, "metadata": {**resource.metadata, "name": name}}
    return resource.remembered().with_document(document)


def with_pairs(resources: Resources, pairs: Mapping[str, str], fields: Sequence[Field]) -> Resources:
    """Set labels or annotations in those of the fields that an object has."""
    if not pairs:
        return resources

    def set_pairs(present: Json) -> Json:
        return {**(present if isinstance(present, dict) else {}), **pairs}

    return [changed(resource, fields, set_pairs) for resource in resources]


def with_replicas(resources: Resources, name: str, count: int) -> Resources:
    """Set the number of replicas of what has, or had, a name.

    Raises: CommandError when nothing has.
    """
    found = False
    result = []
    for resource in resources:
        identities = (*resource.previous, resource.identity)
        fields = [
            field
            for field in tables.REPLICAS
            if any(identity.name == name and identity.kind.is_selected(field.kind) for identity in identities)
        ]
        found = found or bool(fields)
        result.append(changed(resource, fields, lambda _: count))
    if not found:
        kinds = " ".join(str(field.kind) for field in tables.REPLICAS)
        raise CommandError(f"resource with name {name} does not match a config with the following GVK [{kinds}]")
    return result


def _with_image(resource: Resource, wanted: Mapping[str, str]) -> Resource:
    if resource.kind.name == "CustomResourceDefinition":
        return resource
    try:
        pattern = re.compile(f"{wanted.get('name') or ''}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?")
    except re.error as error:
        raise CommandError(f"the image name {wanted['name']!r} cannot be looked for: {error}") from error

    def change(image: Json) -> Json:
        is_meant = isinstance(image, str) and pattern.fullmatch(image)
        return new_image(image, wanted) if is_meant else image

    return changed(resource.with_document(_in_containers(resource.document, change)), tables.IMAGE_VOLUMES, change)


def _in_containers(value: Json, change: Change) -> Json:
    """Change the images of all containers, wherever an object has some."""
    if isinstance(value, list):
        return [_in_containers(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    result = {name: _in_containers(inner, change) for name, inner in value.items()}
    for name in ("containers", "initContainers"):
        if isinstance(result.get(name), list):
            result = change_at(result, (f"{name}[]", "image"), change, creates=False)
    return result


def new_image(image: str, wanted: Mapping[str, str]) -> str:
    """Replace the name, and the tag or digest, of an image as far as that is wanted."""
    name, tag, digest = split_image(image)
    name = wanted.get("newName") or name
    if wanted.get("newTag") or wanted.get("digest"):
        tag, digest = wanted.get("newTag") or "", wanted.get("digest") or ""
    if wanted.get("tagSuffix"):
        tag += wanted["tagSuffix"]
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def split_image(image: str) -> tuple[str, str, str]:
    """Name, tag and digest; a colon before a slash is a port."""
    image, _, digest = image.partition("@")
    folder, slash, last = image.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{folder}{slash}{name}", tag, digest
