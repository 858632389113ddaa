"""The one write path: every create, update and delete of every kind goes through here, in this order.

    admit (mutate) -> prepare -> validate -> admit (validate) -> compare-and-swap -> answer

Updates and deletes are functions from the current object to what shall be. An update starts from what the watch cache
has, which saves reading the store; it is tried again on whatever a competing writer left behind, unless the client
named the version that it meant. This is the only retry loop on the server, and the only place that writes to the store.

Kubernetes: staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,delete}.go, registry/generic/registry/store.go
"""

from __future__ import annotations

import random
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as with_changes

from minikube_py.admission.chain import AdmissionChain, Attributes, View
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.names import generated_name
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.status import (
    AlreadyExists,
    ApiError,
    Conflict,
    all_names_taken,
    already_exists,
    conflict,
    invalid,
    not_found,
)
from minikube_py.api.validation import FieldError
from minikube_py.apiserver.metadata import (
    kept_metadata,
    metadata_errors,
    metadata_update_errors,
    new_metadata,
    of_status,
    with_generation,
)
from minikube_py.patching.field_owners import with_creator, with_writer
from minikube_py.patching.managed_fields import Manager
from minikube_py.storage.interface import KeyExists, RevisionConflict, Storage
from minikube_py.watchcache.cacher import Cacher

_GENERATE_TRIES = 8
_RECENT_OBJECTS = 256
_RECENT_BYTES = 32 << 10

Change = Callable[[Resource], Resource]
"""From the current object (with its resourceVersion) to the one that is asked for; raises ApiError to give up."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a write is about."""

    resource: type[Resource]
    namespace: str
    name: str
    subresource: str = ""
    """Empty: the object without its status. `status`: that alone. Any other makes its change itself, unchecked."""
    dry_run: bool = False
    manager: Manager | None = None
    """Who becomes the owner of what is written; None: the change brings the managed fields along."""
    view: View | None = None

    @property
    def key(self) -> str:
        return self.resource.definition.key(self.namespace, self.name)

    def attributes(self, operation: str, old: Resource | None) -> Attributes:
        return Attributes(
            operation,  # type: ignore[arg-type]  # one of the four words, all from this file
            self.resource,
            self.namespace,
            self.name,
            old=old,
            subresource=self.subresource,
            dry_run=self.dry_run,
            view=self.view,
        )


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left behind."""

    obj: Resource
    """With its new resourceVersion; for a removed object its last state."""
    text: bytes = b""
    """Its JSON text, where writing it has made that already."""
    is_removed: bool = False

    @property
    def data(self) -> bytes:
        return self.text or self.obj.to_json()


@dataclass(frozen=True, slots=True)
class _State:
    """What an update starts from."""

    revision: int
    stored: bytes
    may_be_old: bool = False


class _NothingToWrite(Exception):
    """The object is already what was asked for, if the state that was looked at is the newest."""


class Writer:
    def __init__(
        self, storage: Storage, cacher: Cacher, admission: AdmissionChain, source: random.Random | None = None
    ) -> None:
        self._storage = storage
        self._cacher = cacher
        self._admission = admission
        self._random = source or random.Random()
        self._recent: OrderedDict[str, Resource] = OrderedDict()
        """The objects written last, by key: those that are soon written again, which so need not be decoded."""

    async def create(self, target: Target, given: Resource) -> Written:
        """Store a new object; a generated name that is taken is drawn again.

        Raises: AlreadyExists, Invalid, Forbidden, StorageError.
        """
        if given.metadata.resource_version:
            raise ApiError("resourceVersion should not be set on objects to be created")
        if given.metadata.name or not given.metadata.generate_name:
            return await self._create(with_changes(target, name=given.metadata.name), given)
        name = ""
        for _ in range(_GENERATE_TRIES):
            name = generated_name(given.metadata.generate_name, self._random)
            with suppress(AlreadyExists):
                return await self._create(with_changes(target, name=name), given)
        raise all_names_taken(target.resource.definition, name)

    async def _create(self, target: Target, given: Resource) -> Written:
        resource = target.resource
        if target.manager is not None:
            given = with_creator(given, target.manager)
        metadata = new_metadata(
            given.metadata,
            name=target.name,
            namespace=target.namespace,
            has_generation=bool(resource.definition.generation_of),
        )
        attributes = target.attributes("CREATE", None)
        try:
            new = await self._admission.mutate(replace(given, metadata=metadata), attributes)
            new = new.prepare_for_create()
            _raise_if_invalid(new, [*metadata_errors(new), *new.field_errors(None)])
            await self._admission.validate(new, attributes)
            if target.dry_run:
                if await self._storage.get(target.key) is not None:
                    raise await self._taken(target)
                _undo(attributes)
                return Written(new)
            data = new.to_stored()
            revision = await self._storage.create(target.key, data, resource.definition.ttl_s)
        except KeyExists as error:
            _undo(attributes)
            raise await self._taken(target) from error
        except BaseException:
            _undo(attributes)
            raise
        return self._remembered(target, _written(new, data, revision))

    async def _taken(self, target: Target) -> AlreadyExists:
        """The refusal of a name that an object has; of one that is going it says so, because then waiting helps."""
        found = await self._storage.get(target.key)
        is_going = found is not None and target.resource.decode_stored(found.value).metadata.deletion_timestamp
        return already_exists(target.resource.definition, target.name, is_going=bool(is_going))

    async def update(self, target: Target, change: Change) -> Written:
        """Bring an object to `change(current)`. Nothing is written when that is what it already is.

        Raises: NotFound, Conflict, Invalid, Forbidden, StorageError, and whatever `change` raises.
        """
        state = self._cached(target) or await self._newest(target)
        while True:
            try:
                return await self._update(target, change, state)
            except RevisionConflict as lost:
                if lost.current is None:
                    raise not_found(target.resource.definition, target.name) from lost
                state = _State(lost.current.revision, lost.current.value)
            except (ApiError, _NothingToWrite) as answer:
                # What is refused, or done already, in an old state may not be so in the newest.
                newest = await self._newest(target) if state.may_be_old else state
                if newest.revision == state.revision and isinstance(answer, ApiError):
                    raise
                state = newest

    async def _update(self, target: Target, change: Change, state: _State) -> Written:
        """Raises: RevisionConflict; _NothingToWrite if that can be said of a state that may be old only."""
        current = self._decoded(target, state)
        asked = change(current)
        if target.subresource == "status" and not target.resource.definition.status_writes_metadata:
            asked = replace(asked, metadata=of_status(asked.metadata, current.metadata))
        _check_version(target, asked.metadata.resource_version, state.revision)
        if target.manager is not None:
            asked = with_writer(asked, current, state.stored, target.manager)
        attributes = target.attributes("UPDATE", current)
        try:
            new = await self._checked(target, asked, current, attributes)
            written = await self._swap(target, new, state)
        except BaseException:
            _undo(attributes)
            raise
        if target.dry_run:
            _undo(attributes)
        else:
            self._admission.updated(current, new)
        return written

    def _cached(self, target: Target) -> _State | None:
        """The state that the watch cache has: the store, when it compares, finds out whether it is the newest."""
        if target.dry_run or target.resource.definition.stored_prefix:
            return None
        item = self._cacher.of(target.resource).get(target.key)
        if item is None:
            return None
        return _State(item.revision, target.resource.as_stored(item.data, item.revision), may_be_old=True)

    async def _newest(self, target: Target) -> _State:
        found = await self._storage.get(target.key)
        if found is None:
            raise not_found(target.resource.definition, target.name)
        return _State(found.revision, found.value)

    async def _checked(self, target: Target, asked: Resource, current: Resource, attributes: Attributes) -> Resource:
        _check_uid(target, asked.metadata.uid, current)
        new = replace(asked, metadata=kept_metadata(asked.metadata, current.metadata))
        new = await self._admission.mutate(new, attributes)
        errors: Iterable[FieldError] = ()
        if target.subresource == "status":
            new = replace(current.with_status_of(new), metadata=new.metadata)
            errors = new.status_errors(current)
        elif not target.subresource:
            if new.definition.has_status:
                new = new.with_status_of(current)
            new = new.prepare_for_update(current)
            errors = new.field_errors(current)
        if target.subresource != "status":
            new = with_generation(new, current)
        _raise_if_invalid(new, [*metadata_errors(new), *metadata_update_errors(new, current), *errors])
        await self._admission.validate(new, attributes)
        return new

    async def _swap(self, target: Target, new: Resource, state: _State) -> Written:
        revision = state.revision
        if _is_done_dying(new):
            return await self._remove(target, new, revision)
        data = new.to_stored()
        if data == state.stored and state.may_be_old:
            raise _NothingToWrite
        if data != state.stored and not target.dry_run:
            revision = await self._storage.update(target.key, data, revision, target.resource.definition.ttl_s)
        return self._remembered(target, _written(new, data, revision))

    def _remembered(self, target: Target, written: Written) -> Written:
        is_small = len(written.text) <= _RECENT_BYTES
        if is_small and not target.dry_run and not target.resource.definition.stored_prefix:
            self._recent[target.key] = written.obj
            self._recent.move_to_end(target.key)
            if len(self._recent) > _RECENT_OBJECTS:
                self._recent.popitem(last=False)
        return written

    def _decoded(self, target: Target, state: _State) -> Resource:
        recent = self._recent.get(target.key)
        is_newest = recent is not None and recent.metadata.resource_version == str(state.revision)
        if is_newest and type(recent) is target.resource:
            return recent
        return _at(target.resource.decode_stored(state.stored), state.revision)

    async def delete(self, target: Target, options: DeleteOptions) -> Written:
        """Remove an object, or begin to: finalizers and a grace period make it stay, marked, until they are done.

        Raises: NotFound, Conflict (preconditions), Forbidden, StorageError.
        """
        while True:
            state = await self._newest(target)
            current = self._decoded(target, state)
            _check_preconditions(target, options, current)
            await self._admission.validate(current, target.attributes("DELETE", current))
            marked = _marked_for_deletion(current, options)
            try:
                if _is_done_dying(marked):
                    return await self._remove(target, current, state.revision)
                return await self._swap(target, marked, state)
            except RevisionConflict:
                continue

    async def _remove(self, target: Target, last: Resource, revision: int) -> Written:
        if not target.dry_run:
            revision = await self._storage.delete(target.key, revision)
            self._admission.deleted(last)
        return Written(_at(last, revision), is_removed=True)


def _at(obj: Resource, revision: int) -> Resource:
    return replace(obj, metadata=replace(obj.metadata, resource_version=str(revision)))


def _written(obj: Resource, stored: bytes, revision: int) -> Written:
    if obj.definition.stored_prefix:
        return Written(_at(obj.decode_stored(stored), revision))
    return Written(_at(obj, revision), obj.served(stored, revision))


def _undo(attributes: Attributes) -> None:
    for give_back in attributes.undo:
        give_back()
    attributes.undo.clear()


def _raise_if_invalid(obj: Resource, errors: list[FieldError]) -> None:
    if errors:
        raise invalid(obj.definition.group, obj.definition.kind, obj.metadata.name, errors)


def _check_version(target: Target, given: str, revision: int) -> None:
    """Raises: Conflict when the client means another version than the one that is there."""
    if given and not (given.isascii() and given.isdecimal()):
        raise ApiError(f'strconv.ParseUint: parsing "{given}": invalid syntax')
    if given and int(given) != revision:
        raise conflict(target.resource.definition, target.name)


def _check_uid(target: Target, uid: str, current: Resource) -> None:
    """Raises: Conflict when the client means an older object of the same name."""
    if uid and uid != current.metadata.uid:
        why = (
            f"StorageError: invalid object, Code: 4, Key: {target.key}, ResourceVersion: 0, AdditionalErrorMsg: "
            f"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.metadata.uid}"
        )
        raise conflict(target.resource.definition, target.name, why)


def _check_preconditions(target: Target, options: DeleteOptions, current: Resource) -> None:
    """Raises: Conflict when the object is not the one that the options describe."""
    if options.preconditions is None:
        return
    wanted, metadata = options.preconditions, current.metadata
    if wanted.uid is not None and wanted.uid != metadata.uid:
        why = f"the UID in the precondition ({wanted.uid}) does not match the UID in record ({metadata.uid}). "
        why += "The object might have been deleted and then recreated"
    elif wanted.resource_version is not None and wanted.resource_version != metadata.resource_version:
        why = f"the ResourceVersion in the precondition ({wanted.resource_version}) does not match the "
        why += f"ResourceVersion in record ({metadata.resource_version}). The object might have been modified"
    else:
        return
    definition = target.resource.definition
    message = f'Operation cannot be fulfilled on {definition.group_kind} "{target.name}": {why}'
    raise Conflict(message, details={"name": target.name, "kind": definition.kind})


_GARBAGE_FINALIZERS = {"Orphan": ("orphan",), "Foreground": ("foregroundDeletion",), "Background": ()}


def _marked_for_deletion(current: Resource, options: DeleteOptions) -> Resource:
    """The object with its deletion begun, or sooner than before; unchanged where nothing new was asked."""
    policy = options.propagation_policy
    if options.orphan_dependents is not None:
        policy = "Orphan" if options.orphan_dependents else "Background"
    metadata = current.metadata
    if policy is None and current.definition.orphans_by_default and "foregroundDeletion" not in metadata.finalizers:
        policy = "Orphan"
    if policy is not None:
        others = tuple(f for f in metadata.finalizers if f not in ("orphan", "foregroundDeletion"))
        metadata = replace(metadata, finalizers=(*others, *_GARBAGE_FINALIZERS[policy]))
    grace_s = current.deletion_grace_s(options.grace_period_seconds)
    known_s = metadata.deletion_grace_period_seconds
    if metadata.deletion_timestamp is None:
        current = current.deleting()
        added = tuple(each for each in current.metadata.finalizers if each not in metadata.finalizers)
        generation = metadata.generation + 1 if metadata.generation else 0
        metadata = replace(metadata, generation=generation, finalizers=metadata.finalizers + added)
    elif known_s is None or grace_s >= known_s or (grace_s > 0 and options.grace_period_seconds is None):
        return replace(current, metadata=metadata)
    deadline = Time.at(time.time() + grace_s)
    metadata = replace(metadata, deletion_timestamp=deadline, deletion_grace_period_seconds=grace_s)
    return replace(current, metadata=metadata)


def _is_done_dying(obj: Resource) -> bool:
    metadata = obj.metadata
    return (
        metadata.deletion_timestamp is not None and not metadata.deletion_grace_period_seconds and obj.may_be_removed()
    )
