"""Strategic merge as kustomize does it, which is not quite the API server's: what a patch says of a list comes first.

    containers: [a, b]  and a patch with  containers: [b changed, c]   give   [b changed, c, a]

Where two keys tell elements apart (a port and its protocol), only what is new comes first.

Maps merge, null takes out, `$patch: replace | merge | delete` says otherwise. Lists merge where the kind's schema gives
them a key, and are replaced elsewhere, as in all custom resources. Without a protocol, a port is TCP's.

Kubernetes: kustomize kyaml/yaml/merge2, kyaml/yaml/walk.
Simplified: `$retainKeys` and the like mean nothing, as there.
"""

import functools
from collections.abc import Hashable
from typing import TYPE_CHECKING

from minikube_py.cli.errors import CommandError
from minikube_py.cli.kustomize.resource import Resource
from minikube_py.client.yaml_text import Document
from minikube_py.documents.json_values import Json, go_text
from minikube_py.patching.strategic_merge import PATCH, FieldPatch, PatchSchema, field_patch

if TYPE_CHECKING:
    from minikube_py.api.registry import Registry

_SECOND_KEYS = {
    "containerPort": ("protocol", "TCP"),
    "port": ("protocol", "TCP"),
    "topologyKey": ("whenUnsatisfiable", ""),
}
"""What else tells elements of a list apart, and what it is when it is not said."""


def merged(resource: Resource, patch: Document) -> Document | None:
    """Merge a patch into an object; None when it says that the object is to go.

    Raises: CommandError
    """
    found: Document | None = _merged_object(resource.document, patch, _schema_of(resource))
    return found


def _schema_of(resource: Resource) -> PatchSchema | None:
    """How the fields of a built-in kind merge; None for kinds that are not known."""
    from minikube_py.patching.patch_schema import patch_schema

    model = _kinds().find_kind(str(resource.document.get("apiVersion")), resource.kind.name)
    return None if model is None else patch_schema(model)


@functools.cache
def _kinds() -> "Registry":
    # They take half a second to load: only for who patches.
    from minikube_py.api.registry import Registry

    return Registry.of_all_kinds()


def _merged_object(present: Json, patch: Document, schema: PatchSchema | None) -> Json:
    directive = patch.get(PATCH, "merge")
    own = {name: value for name, value in patch.items() if name != PATCH}
    if directive == "delete":
        return None
    if directive == "replace":
        return _fresh(own)
    if directive != "merge":
        raise CommandError(f"unknown patch strategy '{directive}'")
    if not isinstance(present, dict):
        return _fresh(own)
    result = dict(present)
    for name, value in own.items():
        new = _merged_value(result.get(name), value, field_patch(schema, name))
        if new is None:
            result.pop(name, None)
        else:
            result[name] = new
    return result


def _merged_value(present: Json, value: Json, field: FieldPatch) -> Json:
    """Merge one field; None takes it out."""
    if isinstance(value, dict):
        if present is not None and not isinstance(present, dict):
            raise _wrong_kind(present, value)
        return _merged_object(present, value, field.schema)
    if isinstance(value, list):
        if present is not None and not isinstance(present, list):
            raise _wrong_kind(present, value)
        return _merged_list(present or [], value, field)
    return value


def _wrong_kind(present: Json, value: Json) -> CommandError:
    expected, got = map(_node_kind, (present, value))
    return CommandError(f"wrong node kind: expected {expected} but got {got}: node contents:\n{go_text(value)}")


def _node_kind(value: Json) -> str:
    if isinstance(value, dict):
        return "MappingNode"
    return "SequenceNode" if isinstance(value, list) else "ScalarNode"


def _fresh(value: Json) -> Json:
    """What a patch says where there is nothing to merge with: without nulls and directives."""
    if isinstance(value, list):
        return [item for item in value if not (isinstance(item, dict) and item.get(PATCH) == "delete")]
    if not isinstance(value, dict):
        return value
    kept = ((name, inner) for name, inner in value.items() if inner is not None and name != PATCH)
    return {
        name: _fresh(inner) for name, inner in kept if not (isinstance(inner, dict) and inner.get(PATCH) == "delete")
    }


def _merged_list(present: list[Json], patch: list[Json], field: FieldPatch) -> list[Json]:
    replaces = any(isinstance(item, dict) and item == {PATCH: "replace"} for item in patch)
    changes = [item for item in patch if item != {PATCH: "replace"}]
    if replaces or field.strategy != "merge":
        return list(changes) if not replaces else [_fresh(item) for item in changes]
    if not field.merge_key:
        return [*dict.fromkeys([*changes, *present])]
    old = {_identity(item, field.merge_key): item for item in present}
    new = {}
    for change in changes:
        identity = _identity(change, field.merge_key)
        new[identity] = _merged_object(old.get(identity), change, field.schema)
    second = _SECOND_KEYS.get(field.merge_key, ("", ""))[0]
    keeps_order = any(second in item for item in (*present, *changes))
    order = [identity for identity in new if not (keeps_order and identity in old)]
    return [item for identity in dict.fromkeys([*order, *old]) if (item := {**old, **new}[identity]) is not None]


def _identity(item: Json, key: str) -> Hashable:
    """What tells an element from the others of its list.

    Raises: CommandError for one without its key.
    """
    if not isinstance(item, dict) or item.get(key) is None:
        raise CommandError(f"the element {go_text(item)} of a merging list does not have its key {key}")
    second, default = _SECOND_KEYS.get(key, ("", ""))
    return str(item[key]), str(item.get(second) or default)
