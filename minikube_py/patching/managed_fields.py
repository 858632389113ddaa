"""Managed fields: who set which field last, kept with every object so that appliers can work side by side.

    updated(...)    after a write of somebody who says nothing of fields: what differs is theirs now, and nobody else's
    applied(...)    after an apply: the config's fields are the applier's; what others own must not be changed (a
                    conflict) unless it is forced; what the applier owned before and left out now goes

Invariants: a manager has at least one field; applying the same config twice changes nothing; managers that update are
ten at most, the oldest are counted together.

Kubernetes: apimachinery/pkg/util/managedfields/internal, sigs.k8s.io/structured-merge-diff/merge/update.go
Simplified: fields that were set through another version of the kind are kept as they are, not converted.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import orjson

from minikube_py.api.meta import ManagedFieldsEntry, ObjectMeta
from minikube_py.api.model import Json
from minikube_py.api.model import replace as replace_attributes
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.shapes import Shape
from minikube_py.errors import MinikubeError
from minikube_py.patching.field_sets import (
    EMPTY,
    LEAF,
    SELF,
    FieldSet,
    difference,
    has,
    in_order,
    intersection,
    only_steps,
    paths,
    union,
    without_steps,
)
from minikube_py.patching.structured_merge import (
    StructureError,
    compare,
    field_set,
    merge,
    with_named_fields,
    without,
)

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""Where kubectl keeps what it applied by itself; an apply by the server takes over from it."""
_TAKES_OVER = "kubectl"
_BEFORE_FIRST_APPLY, _ANCIENT = "before-first-apply", "ancient-changes"
_MAX_UPDATERS = 10
_NO_METADATA, _NO_ENTRY = ObjectMeta(), ManagedFieldsEntry()
_REMEMBERED_BYTES = 8192
_NOT_OWNED: FieldSet = {
    "f:apiVersion": LEAF,
    "f:kind": LEAF,
    "f:metadata": {
        SELF: LEAF,
        **{f"f:{name}": LEAF for name in ("name", "namespace", "creationTimestamp", "selfLink", "uid", "generation")},
        **{f"f:{name}": LEAF for name in ("managedFields", "resourceVersion")},
    },
}
"""What belongs to nobody, because the server gives it."""


@dataclass(frozen=True, slots=True)
class Manager:
    """Who writes: the fieldManager of the request, and by which way."""

    name: str
    operation: str = "Update"
    api_version: str = ""
    subresource: str = ""

    @property
    def identity(self) -> Manager:
        """An applier is the same in whatever version it applies."""
        return replace(self, api_version="") if self.operation == "Apply" else self

    def __str__(self) -> str:
        text = f'"{self.name}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        return f"{text} using {self.api_version}" if self.operation == "Update" else text


@dataclass(frozen=True, slots=True)
class _Owned:
    manager: Manager
    fields: FieldSet
    time: Time | None


Managers = dict[Manager, _Owned]
Entries = tuple[ManagedFieldsEntry, ...]


class ApplyConflict(MinikubeError):
    """Fields that the config wants otherwise than their owners."""

    def __init__(self, conflicts: Mapping[Manager, FieldSet]) -> None:
        self.conflicts = conflicts
        super().__init__(self._text())

    @property
    def causes(self) -> list[tuple[str, str]]:
        """(sentence, field) of each."""
        return [(f"conflict with {owner}", path) for owner, fields in self._sorted() for path in paths(fields)]

    def _sorted(self) -> list[tuple[Manager, FieldSet]]:
        return sorted(self.conflicts.items(), key=lambda item: (item[0].name, item[0].operation))

    def _text(self) -> str:
        causes = self.causes
        if len(causes) == 1:
            return f"Apply failed with 1 conflict: {causes[0][0]}: {causes[0][1]}"
        lines = []
        for owner, fields in self._sorted():
            lines += [f"conflicts with {owner}:", *(f"- {path}" for path in paths(fields))]
        return f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Write:
    """A write that shall be recorded: by whom, of which kind, at what time."""

    kind: type[Resource]
    manager: Manager
    time: Time | None

    @property
    def shape(self) -> Shape:
        return self.kind.shape()

    def counted(self, fields: FieldSet) -> FieldSet:
        """Of a set, what a write by this way can change: status has a way of its own."""
        if self.manager.subresource == "status":
            return only_steps(fields, _OF_STATUS)
        return without_steps(fields, _STATUS) if self.kind.definition.has_status else fields


_STATUS, _OF_STATUS = frozenset({"f:status"}), frozenset({"f:status", "f:metadata"})


@functools.lru_cache(maxsize=256)
def empty_document(kind: type[Resource]) -> Json:
    """What every object of the kind has from the beginning; nobody owns it for having made the object."""
    return kind().to_dict()


def created(new: Json, write: Write) -> Entries:
    """The entries of a new object, which its creator owns."""
    changed, _ = _differing(empty_document(write.kind), new, write)
    return _encoded(_with_own({}, changed, write))


def created_object(new: Resource, write: Write) -> Entries:
    """`created`, of an object that is no document yet. Many have all but their metadata in common."""
    metadata, _ = compare({"metadata": {}}, {"metadata": new.metadata.to_dict()}, write.shape)
    text = replace_attributes(new, metadata=_NO_METADATA).to_json()
    look = _fields_beside_metadata if len(text) <= _REMEMBERED_BYTES else _fields_beside_metadata.__wrapped__
    changed = union(metadata or EMPTY, look(write.kind, text))
    return _encoded(_with_own({}, write.counted(changed), write))


@functools.lru_cache(maxsize=256)
def _fields_beside_metadata(kind: type[Resource], text: bytes) -> FieldSet:
    """What the creator of this object, which has no metadata, owns."""
    return compare(empty_document(kind), orjson.loads(text), kind.shape())[0] or EMPTY


def updated(entries: Entries, old: Json, new: Json, write: Write) -> Entries:
    """The entries after a write that made `new` of `old`; none stay none until somebody applies."""
    if not entries:
        return ()
    changed, removed = _differing(old, new, write)
    if not changed and not removed:
        return entries
    managers = _after_change(_decoded(entries), changed, removed, write.manager.api_version)
    return _encoded(_capped(_with_own(managers, changed, write)))


def _differing(old: Json, new: Json, write: Write) -> tuple[FieldSet, FieldSet]:
    """What a write of this way changes, and what it removes."""
    changed, removed = compare(old, new, write.shape)
    return write.counted(changed or EMPTY), write.counted(removed or EMPTY)


def owns(entries: Entries, path: Iterable[str]) -> bool:
    """Whether anybody set the field at `path`, the names of fields."""
    names = tuple(path)
    return any(has(entry.fields_v1 or EMPTY, names) for entry in entries)


def _with_own(managers: Managers, changed: FieldSet, write: Write) -> Managers:
    """With what was changed as the writer's own."""
    own = difference(changed, _NOT_OWNED)
    if not own:
        return managers
    identity = write.manager.identity
    known = managers.get(identity)
    fields = union(known.fields, own) if known is not None else own
    return managers | {identity: _Owned(write.manager, fields, write.time)}


def _after_change(managers: Managers, changed: FieldSet, removed: FieldSet, version: str) -> Managers:
    """What everybody still owns when somebody has changed or removed fields."""
    left: Managers = {}
    for identity, owned in managers.items():
        fields = owned.fields
        if owned.manager.api_version == version:
            fields = difference(difference(fields, changed), removed)
        if fields:
            left[identity] = replace(owned, fields=fields)
    return left


def applied(entries: Entries, live: Json, config: Json, write: Write, *, force: bool) -> tuple[Json, Entries]:
    """The document after an apply of `config`, and its entries; `live` is without any.

    Raises: ApplyConflict, StructureError.
    """
    managers = _decoded(entries)
    if not managers:
        first = replace(write, manager=replace(write.manager, name=_BEFORE_FIRST_APPLY, operation="Update"))
        managers = _decoded(created(live, first))
    try:
        document, managers = _applied(managers, live, config, write, force=force)
    except ApplyConflict as error:
        if write.manager.name != _TAKES_OVER:
            raise
        allowed = _own_last_apply(live, write.shape)
        left = {owner: rest for owner, fields in error.conflicts.items() if (rest := difference(fields, allowed))}
        if left:
            raise ApplyConflict(left) from error
        document, managers = _applied(managers, live, config, write, force=True)
    if write.manager.name == _TAKES_OVER:
        document = _with_last_applied(document, live, config)
    return document, _encoded(managers)


def _applied(managers: Managers, live: Json, config: Json, write: Write, *, force: bool) -> tuple[Json, Managers]:
    identity, version, shape = write.manager.identity, write.manager.api_version, write.shape
    before = managers.get(identity)
    said = write.counted(field_set(config, shape))
    merged = merge(live, config, shape)
    if before is not None:
        kept = [said, *(owned.fields for owner, owned in managers.items() if owner != identity)]
        merged = _pruned(merged, before.fields, kept, shape)
    changed, removed = _differing(live, merged, write)
    others = {owner: owned for owner, owned in managers.items() if owner != identity}
    conflicts = {
        owned.manager: both
        for owned in others.values()
        if owned.manager.api_version == version and (both := intersection(owned.fields, changed))
    }
    if conflicts and not force:
        raise ApplyConflict(conflicts)
    left = _after_change(others, changed, removed, version)
    if own := difference(said, _NOT_OWNED):
        # As upstream, an apply that leaves the object as it was gets no time of its own.
        time = write.time if merged != live else before.time if before is not None else None
        left[identity] = _Owned(write.manager, own, time)
    return merged, left


def _pruned(merged: Json, last: FieldSet, owned: Iterable[FieldSet], shape: Shape) -> Json:
    """The document without what the applier owned at last, and now nobody does."""

    def named(fields: FieldSet) -> FieldSet:
        return with_named_fields(fields, shape)

    everything_there, last = named(field_set(merged, shape)), named(last)
    pruned = named(field_set(without(merged, last, shape), shape))
    still_owned = named(functools.reduce(union, owned, EMPTY))
    kept = without(merged, difference(everything_there, union(pruned, still_owned)), shape)
    gone = difference(everything_there, named(field_set(kept, shape)))
    return without(merged, intersection(gone, last), shape)


def _own_last_apply(live: Json, shape: Shape) -> FieldSet:
    """What kubectl applied by itself and nobody has changed since."""
    text = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED, "")
    try:
        config = orjson.loads(text)
        fields = field_set(config, shape)
    except (orjson.JSONDecodeError, StructureError):
        return EMPTY
    changed, removed = compare(config, live, shape)
    return difference(fields, union(changed or EMPTY, removed or EMPTY))


def _with_last_applied(document: Json, live: Json, config: Json) -> Json:
    """With the annotation brought up to date, where there is one."""
    annotations = live.get("metadata", {}).get("annotations") or {}
    if not annotations.get(LAST_APPLIED):
        return document
    metadata = config.get("metadata", {})
    given = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    plain = config | {"metadata": {key: value for key, value in metadata.items() if key != "annotations"}}
    if given:
        plain["metadata"]["annotations"] = given
    text = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode() + "\n"
    metadata = document["metadata"]
    annotations = {**(metadata.get("annotations") or {}), LAST_APPLIED: text}
    return document | {"metadata": metadata | {"annotations": annotations}}


def _capped(managers: Managers) -> Managers:
    """Of more than ten managers that update, the oldest become one."""
    updaters = [owned for owned in managers.values() if owned.manager.operation == "Update"]
    surplus = len(updaters) - _MAX_UPDATERS
    if surplus <= 0:
        return managers
    updaters.sort(key=lambda owned: (owned.time or "", owned.manager.name))
    capped = dict(managers)
    for owned in updaters[: surplus + len({owned.manager.api_version for owned in updaters})]:
        bucket = Manager(_ANCIENT, "Update", owned.manager.api_version)
        if owned.manager != bucket:
            known = capped.get(bucket)
            fields = owned.fields if known is None else union(known.fields, owned.fields)
            del capped[owned.manager]
            capped[bucket] = _Owned(bucket, fields, owned.time)
    return capped


def _decoded(entries: Entries) -> Managers:
    managers: Managers = {}
    for entry in entries:
        manager = Manager(entry.manager, entry.operation, entry.api_version, entry.subresource)
        fields = entry.fields_v1 or EMPTY
        if fields:
            managers[manager.identity] = _Owned(manager, fields, entry.time)
    return managers


def _encoded(managers: Managers) -> Entries:
    """Appliers first, then those who update; the oldest first."""
    entries = [
        replace_attributes(
            _NO_ENTRY,
            manager=owned.manager.name,
            operation=owned.manager.operation,
            api_version=owned.manager.api_version,
            time=owned.time,
            fields_type="FieldsV1",
            fields_v1=in_order(owned.fields),
            subresource=owned.manager.subresource,
        )
        for owned in managers.values()
    ]
    return tuple(sorted(entries, key=lambda e: (e.operation, e.time or "", e.manager, e.api_version, e.subresource)))
