"""Replacements: a value out of one object, written into fields of others.

    source: {kind: ConfigMap, name: settings, fieldPath: data.host}
    targets: [{select: {kind: Pod}, fieldPaths: ["spec.containers.[name=web].env.[name=HOST].value"]}]

Kubernetes: kustomize api/filters/replacement, kyaml/yaml PathMatcher.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minikube_py.cli.errors import CommandError
from minikube_py.cli.kustomize.folder import Folder
from minikube_py.cli.kustomize.kustomization import Kustomization
from minikube_py.cli.kustomize.patches import configuring, selecting
from minikube_py.cli.kustomize.resource import Identity, Kind, Resource
from minikube_py.cli.kustomize.shapes import REPLACEMENT, check, normal
from minikube_py.documents.json_values import Json, go_text
from minikube_py.documents.manifest import ManifestError, load_all_yaml

_PART = re.compile(r"\[[^\]]*\]|(?:\\.|[^.\\\[])+")
_DEFAULT_PATH = "metadata.name"
_TAGS = {bool: "!!bool", int: "!!int", float: "!!float"}


def with_replacements(kustomization: Kustomization, resources: list[Resource]) -> list[Resource]:
    """Carry out `replacements`, one after the other.

    Raises: CommandError
    """
    entries = kustomization.items("replacements")
    with configuring("ReplacementTransformer", {"Replacements": entries}):
        wanted = [one for entry in entries for one in _read(entry, kustomization.folder)]
    for one in wanted:
        value = _source_value(one, resources)
        for target in one["targets"]:
            resources = _written(resources, target, value)
    return resources


def _read(entry: Mapping[str, Any], folder: Folder) -> list[Mapping[str, Any]]:
    """An entry, or those of the file that it names."""
    path = entry.get("path")
    if not path:
        return [entry]
    try:
        documents = [document for document, _ in load_all_yaml(folder.read(path))]
    except ManifestError as error:
        raise CommandError(str(error)) from error
    found = [one for document in documents for one in (document if isinstance(document, list) else [document])]
    for one in found:
        if problem := check(one, REPLACEMENT):
            raise CommandError(problem)
    return [normal(one, REPLACEMENT) for one in found]


def _source_value(wanted: Mapping[str, Any], resources: Sequence[Resource]) -> Json:
    source, text = wanted.get("source"), wanted.get("sourceValue")
    if (source is None and text is None) or not wanted.get("targets"):
        raise CommandError("replacements must specify a source and at least one target")
    if source is None:
        return text
    if text is not None:
        raise CommandError("value and resource selectors are mutually exclusive")
    return _refined(_found(source, resources), source.get("options") or {})


def _found(source: Mapping[str, Any], resources: Sequence[Resource]) -> Json:
    kind = Kind(*(str(source.get(part) or "") for part in ("group", "version", "kind")))
    identity = Identity(kind, str(source.get("name") or ""), str(source.get("namespace") or ""))
    given, path = source.get("fieldPath"), source.get("fieldPath") or _DEFAULT_PATH
    matches = [each for each in resources if _is_selected(each, identity)]
    if len(matches) != 1:
        complaint = "multiple matches for selector" if matches else "nothing selected by"
        raise CommandError(f"{complaint} {identity}{f':{given}' if given else ''}")
    found: list[Json] = []

    def note(value: Json) -> Json:
        found.append(value)
        return value

    _change_at(matches[0].document, _parts(path), note, creates=False)
    if not found or found[0] is None:
        raise CommandError(f"fieldPath `{path}` is missing for replacement source {identity}")
    return found[0]


def _is_selected(resource: Resource, wanted: Identity) -> bool:
    return any(
        each.kind.is_selected(wanted.kind)
        and wanted.name in ("", each.name)
        and (not wanted.namespace or wanted.namespace == each.effective_namespace)
        for each in (*resource.previous, resource.identity)
    )


def _refined(value: Json, options: Mapping[str, Any]) -> Json:
    """The part of a text that the options mean."""
    delimiter, index = options.get("delimiter"), options.get("index") or 0
    if not delimiter:
        return value
    _check_scalar(value)
    parts = go_text(value).split(delimiter)
    if not 0 <= index < len(parts):
        raise CommandError(f"options.index {index} is out of bounds for value {go_text(value)}")
    return parts[index]


def _check_scalar(value: Json) -> None:
    if isinstance(value, dict | list):
        raise CommandError("delimiter option can only be used with scalar nodes")


def _written(resources: list[Resource], target: Mapping[str, Any], value: Json) -> list[Resource]:
    if target.get("select") is None:
        raise CommandError("target must specify resources to select")
    is_meant = selecting(target["select"])
    rejects = [selecting(reject) for reject in target.get("reject") or () if reject]
    options = target.get("options") or {}
    creates = bool(options.get("create"))
    paths = target.get("fieldPaths") or (_DEFAULT_PATH,)

    def write(resource: Resource) -> Resource:
        document = resource.document
        for path in paths:
            seen: list[Json] = []

            def set_value(present: Json, seen: list[Json] = seen) -> Json:
                seen.append(present)
                return _new_value(present, value, options)

            document = _change_at(document, _parts(path), set_value, creates)
            if not seen:
                raise CommandError(f'unable to find field "{path}" in replacement target')
        return resource.with_document(document)

    return [
        write(each) if is_meant(each) and not any(reject(each) for reject in rejects) else each for each in resources
    ]


def _new_value(present: Json, value: Json, options: Mapping[str, Any]) -> Json:
    """What a field holds then: all of the value, or with it as one part; of the type that the field had."""
    delimiter, index = options.get("delimiter"), options.get("index") or 0
    if delimiter:
        _check_scalar(present)
        parts = ("" if present is None else go_text(present)).split(delimiter)
        if index < 0:
            parts.insert(0, go_text(value))
        elif index >= len(parts):
            parts.append(go_text(value))
        else:
            parts[index] = go_text(value)
        value = delimiter.join(parts)
    if present is None or isinstance(present, dict | list) or isinstance(value, dict | list):
        return value
    return go_text(value) if isinstance(present, str) else _as_type_of(present, value)


def _as_type_of(present: Json, value: Json) -> Json:
    text = go_text(value)
    read = next((document for document, _ in load_all_yaml(text)), None) if text else None
    if isinstance(read, type(present)):
        return read
    tag = _TAGS[type(present)]
    raise CommandError(f"map[string]interface {{}}(nil): yaml: cannot decode !!str `{text}` as a {tag}")


def _parts(path: str) -> tuple[str, ...]:
    """Split a path at its dots; those in brackets and behind a backslash are no ends."""
    return tuple(part.replace("\\.", ".") for part in _PART.findall(path))


def _change_at(value: Json, parts: tuple[str, ...], change: Callable[[Json], Json], creates: bool) -> Json:
    """Copy a value with what the path leads to changed, everywhere that it leads."""
    if not parts:
        return change(value)
    part, rest = parts[0], parts[1:]

    def go_on(inner: Json) -> Json:
        return _change_at(inner, rest, change, creates)

    key, equals, wanted = part.strip("[]").partition("=")
    if part.startswith("[") and equals:
        return _change_items(value, (key, wanted), go_on, creates)
    if isinstance(value, list):
        return [go_on(item) if part in ("*", str(at)) else item for at, item in enumerate(value)]
    if part == "*" and isinstance(value, dict):
        return {name: go_on(inner) for name, inner in value.items()}
    name = part.strip("[]") if part.startswith("[") else part
    value = {} if value is None and creates else value
    if not isinstance(value, dict) or (name not in value and not creates):
        return value
    return {**value, name: go_on(value.get(name))}


def _change_items(value: Json, pair: tuple[str, str], go_on: Callable[[Json], Json], creates: bool) -> Json:
    """Change the items of a list that have a member of some value."""
    key, wanted = pair
    items = [] if value is None and creates else value
    if not isinstance(items, list):
        return value
    meant = [isinstance(item, dict) and key in item and go_text(item[key]) == wanted for item in items]
    result = [go_on(item) if is_meant else item for item, is_meant in zip(items, meant, strict=True)]
    return [*result, go_on({key: wanted})] if creates and not any(meant) else result
