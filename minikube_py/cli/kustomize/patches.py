"""Patches of a kustomization: strategic merge patches by the object's name, JSON patches and both by a target.

Kubernetes: kustomize api/internal/builtins/PatchTransformer.go and its two older brothers, api/types/selector.go.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from minikube_py.cli.errors import CommandError
from minikube_py.cli.kustomize.folder import Folder, PathError
from minikube_py.cli.kustomize.kustomization import Kustomization
from minikube_py.cli.kustomize.merging import merged
from minikube_py.cli.kustomize.resource import Resource
from minikube_py.cli.kustomize.resource_files import parse_resources
from minikube_py.client.yaml_text import dump
from minikube_py.documents.json_values import Json
from minikube_py.documents.manifest import ManifestError, load_all_yaml

Resources = list[Resource]
Change = Callable[[Resource], Resource | None]


def patched(kustomization: Kustomization, resources: Resources) -> Resources:
    """Apply `patchesStrategicMerge`, then `patches`.

    Raises: CommandError
    """
    texts = kustomization.items("patchesStrategicMerge")
    with configuring("PatchStrategicMergeTransformer", {"paths": texts}):
        merges = [merge for text in texts for merge in _merges_of(text, kustomization.folder)]
    for merge in merges:
        target = _target_of(merge, resources)
        resources = _changed(resources, _is(target), _merging(merge))
    for patch in _patches(kustomization):
        resources = _applied(resources, patch)
    return resources


def _patches(kustomization: Kustomization) -> list["_Patch"]:
    """Read all before any is applied."""
    found = []
    for wanted in kustomization.items("patches"):
        with configuring("PatchTransformer", wanted):
            found.append(_read(wanted, kustomization.folder))
    return found


def patched_by_json(kustomization: Kustomization, resources: Resources) -> Resources:
    """Apply `patchesJson6902`, which come after the other changes.

    Raises: CommandError
    """
    for target, operations in _json_patches(kustomization):
        resources = _changed(resources, selecting(target), _operating(operations))
    return resources


def _json_patches(kustomization: Kustomization) -> list[tuple[Mapping[str, str], list[Json]]]:
    """Read all before any is applied."""
    found = []
    for wanted in kustomization.items("patchesJson6902"):
        with configuring("PatchJson6902Transformer", wanted):
            found.append((wanted.get("target") or {}, _operations(_text_of(wanted, kustomization.folder))))
    return found


@dataclass(frozen=True, slots=True)
class configuring:
    """Says of which entry a complaint is."""

    plugin: str
    entry: Mapping[str, Any]

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, CommandError):
            config = f"`\n{dump(dict(self.entry))}`"
            complaint = f"trouble configuring builtin {self.plugin} with config: {config}: {error.message}"
            raise CommandError(complaint) from error


@dataclass(frozen=True, slots=True)
class _Patch:
    """An entry of `patches`, read: strategic merge patches, or the operations of a JSON patch."""

    shown: str
    merges: Sequence[Resource]
    operations: list[Json] | None
    target: Mapping[str, str] | None
    allows_name: bool = False
    allows_kind: bool = False


def _text_of(wanted: Mapping[str, Any], folder: Folder) -> str:
    text, path = str(wanted.get("patch") or "").strip(), wanted.get("path")
    if not text and not path:
        raise CommandError(f"must specify one of patch and path in\n{dump(dict(wanted)).rstrip()}")
    if text and path:
        raise CommandError(f"patch and path can't be set at the same time\n{dump(dict(wanted)).rstrip()}")
    return folder.read(path).decode(errors="replace") if path else text


def _read(wanted: Mapping[str, Any], folder: Folder) -> _Patch:
    path = wanted.get("path")
    try:
        text = _text_of(wanted, folder)
    except PathError as error:
        raise CommandError(f"failed to get the patch file from path({path}): {error.message}") from error
    shown = f"[path: {json.dumps(path)}]" if path else f"[patch: {json.dumps(text, ensure_ascii=False)}]"
    options = wanted.get("options") or {}
    merges, operations = _merges_or_none(text), None
    if merges is None:
        try:
            operations = _operations(text)
        except CommandError as error:
            raise CommandError(f"unable to parse SM or JSON patch from {shown}") from error
    allows = bool(options.get("allowNameChange")), bool(options.get("allowKindChange"))
    return _Patch(shown, merges or (), operations, wanted.get("target"), *allows)


def _merges_or_none(text: str) -> Sequence[Resource] | None:
    try:
        return parse_resources(text.encode(), "") or None
    except CommandError:
        return None


def _merges_of(text: str, folder: Folder) -> Sequence[Resource]:
    """What an entry of `patchesStrategicMerge` says, or the file that it names."""
    inline = _merges_or_none(text)
    return inline if inline is not None else parse_resources(folder.read(text), text)


def _operations(text: str) -> list[Json]:
    try:
        documents = [document for document, _ in load_all_yaml(text)]
    except ManifestError as error:
        raise CommandError(str(error)) from error
    if len(documents) != 1 or not isinstance(documents[0], list):
        raise CommandError("a JSON patch is a list of operations")
    return documents[0]


def _applied(resources: Resources, patch: _Patch) -> Resources:
    if patch.operations is None:
        for merge in patch.merges:
            resources = _merge_applied(resources, merge, patch)
        return resources
    if patch.target is None:
        raise CommandError(f"must specify a target for JSON patch {patch.shown}")
    return _changed(resources, selecting(patch.target), _operating(patch.operations))


def _merge_applied(resources: Resources, merge: Resource, patch: _Patch) -> Resources:
    change = _merging(merge, patch.allows_name, patch.allows_kind)
    if patch.target is not None:
        return _changed(resources, selecting(patch.target), change)
    try:
        target = _target_of(merge, resources)
    except CommandError as error:
        complaint = f'no resource matches strategic merge patch "{merge.identity}": {error.message}'
        raise CommandError(complaint) from error
    return _changed(resources, _is(target), change)


def _target_of(merge: Resource, resources: Resources) -> Resource:
    """The object that has, or had, the name of a patch."""
    found = [resource for resource in resources if resource.has_been(merge.identity)]
    if len(found) == 1:
        return found[0]
    matches, identity = "multiple matches" if found else "no matches", merge.identity
    raise CommandError(f"{matches} for Id {identity}; failed to find unique target for patch {identity}")


def _is(target: Resource) -> Callable[[Resource], bool]:
    return lambda resource: resource is target


def _changed(resources: Resources, is_meant: Callable[[Resource], bool], change: Change) -> Resources:
    results = (change(resource) if is_meant(resource) else resource for resource in resources)
    return [result for result in results if result is not None]


def _merging(patch: Resource, allows_name: bool = False, allows_kind: bool = False) -> Change:
    """Merge, but keep type, name and namespace as they are, unless a change of those is allowed."""

    def change(resource: Resource) -> Resource | None:
        document = merged(resource, {**patch.document, "apiVersion": resource.document.get("apiVersion")})
        if document is None:
            return None
        kind = document.get("kind") if allows_kind else resource.kind.name
        metadata = {**(document.get("metadata") or {})}
        metadata.pop("namespace", None)
        if not allows_name:
            metadata["name"] = resource.name
        if "namespace" in resource.metadata:
            metadata["namespace"] = resource.metadata["namespace"]
        before = resource.remembered() if allows_name or allows_kind else resource
        return before.with_document({**document, "kind": kind, "metadata": metadata})

    return change


def _operating(operations: list[Json]) -> Change:
    from minikube_py.patching.json_patch import apply_json_patch
    from minikube_py.patching.patch import PatchError

    def change(resource: Resource) -> Resource:
        try:
            document = apply_json_patch(resource.document, operations)
        except PatchError as error:
            raise CommandError(str(error)) from error
        result = replace(resource.remembered(), document=document if isinstance(document, dict) else {})
        if not result.name:
            raise CommandError(f"missing metadata.name in object {resource.identity} after its JSON patch")
        return result

    return change


def selecting(target: Mapping[str, str]) -> Callable[[Resource], bool]:
    """Read a target: expressions for names and types, selectors for labels and annotations."""
    patterns = {name: _pattern(target[name]) for name in _PARTS if target.get(name)}
    labels, annotations = (_selector(target.get(f"{name}Selector") or "") for name in ("label", "annotation"))

    def is_meant(resource: Resource) -> bool:
        return (
            any(
                all(patterns[name].fullmatch(text) for name, text in parts if name in patterns)
                for parts in _parts(resource)
            )
            and labels(resource.metadata.get("labels") or {})
            and annotations(resource.metadata.get("annotations") or {})
        )

    return is_meant


_PARTS = ("group", "version", "kind", "name", "namespace")


def _parts(resource: Resource) -> Iterator[tuple[tuple[str, str], ...]]:
    """The parts that a target can ask for, for each name that the object had."""
    kind = resource.kind
    for identity in (*resource.previous, resource.identity):
        values = (kind.group, kind.version, kind.name, identity.name, identity.effective_namespace or "")
        yield tuple(zip(_PARTS, values, strict=True))


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise CommandError(f"error parsing regexp: {error}: `{text}`") from error


def _selector(text: str) -> Callable[[Mapping[str, str]], bool]:
    from minikube_py.api.selectors import SelectorError, parse_label_selector

    try:
        return parse_label_selector(text).matches
    except SelectorError as error:
        raise CommandError(str(error)) from error
