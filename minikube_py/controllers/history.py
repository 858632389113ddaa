"""History: the ControllerRevisions in which a DaemonSet or StatefulSet keeps what its pod template was.

The current revision is the one with the current template, and has the highest number; going back to an old template
makes its revision the newest again. `plan_revisions` decides, `History.sync` acts.

Kubernetes: pkg/controller/history/controller_history.go, pkg/controller/daemon/update.go (constructHistory)
Simplified: pods of a doubled revision that is removed are not labelled anew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, TypeVar

import orjson

from minikube_py.api.kinds.apps.controller_revision import ControllerRevision
from minikube_py.api.kinds.apps.daemon_set import DaemonSet
from minikube_py.api.kinds.apps.stateful_set import StatefulSet
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Json, replace
from minikube_py.api.selectors import selector_of
from minikube_py.api.status import AlreadyExists, Conflict, NotFound
from minikube_py.client.client import Client
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.template_hash import template_hash
from minikube_py.machinery.informer import Change
from minikube_py.machinery.ownership import (
    candidates,
    claim,
    controller_of,
    controller_reference,
    index_orphans,
    is_controlled_by,
    plan_claims,
)
from minikube_py.machinery.recent_writes import RecentWrites
from minikube_py.machinery.sources import Watches
from minikube_py.machinery.store import Key, key_of

REVISION_LABEL = "controller-revision-hash"
"""On a pod: of which revision it is."""

Templated: TypeAlias = DaemonSet | StatefulSet
T = TypeVar("T", DaemonSet, StatefulSet)


@dataclass(frozen=True, slots=True)
class Revisions:
    """`current` is None when it is to be made, with `number`; else it may have to be given that number."""

    current: ControllerRevision | None
    number: int
    old: tuple[ControllerRevision, ...]
    doubled: tuple[ControllerRevision, ...]


def plan_revisions(template: Mapping[str, Json], owned: Sequence[ControllerRevision]) -> Revisions:
    """Sort the revisions, oldest first, by whether they have the current template."""
    ordered = sorted(owned, key=lambda each: (each.revision, each.metadata.name))
    old = tuple(each for each in ordered if each.data != template)
    number = max((each.revision for each in old), default=0) + 1
    same = [each for each in ordered if each.data == template]
    if not same:
        return Revisions(None, number, old, ())
    return Revisions(same[-1], max(number, same[-1].revision), old, tuple(same[:-1]))


def superfluous(
    old: Sequence[ControllerRevision], live: frozenset[str], limit: int | None
) -> tuple[ControllerRevision, ...]:
    """The oldest revisions beyond the limit; those in `live` have pods and count neither way."""
    idle = [each for each in old if each.metadata.name not in live]
    return tuple(idle[: max(0, len(idle) - limit)]) if limit is not None else ()


def template_data(owner: Templated) -> dict[str, Json]:
    """What a revision keeps: a patch that brings the owner's template back. In order, as clients compare its text."""
    patch = {"spec": {"template": {**owner.spec.template.to_dict(), "$patch": "replace"}}}
    ordered: dict[str, Json] = orjson.loads(orjson.dumps(patch, option=orjson.OPT_SORT_KEYS))
    return ordered


def revision_for(owner: Templated, number: int, label: str) -> ControllerRevision:
    """The revision of the owner's current template, as it is created; `label` has the template's hash."""
    name_hash = template_hash(owner.spec.template, owner.status.collision_count or 0)
    metadata = ObjectMeta(
        name=f"{owner.metadata.name}-{name_hash}",
        namespace=owner.metadata.namespace,
        labels={**owner.spec.template.metadata.labels, label: name_hash},
        annotations=owner.metadata.annotations,
        owner_references=(controller_reference(owner),),
    )
    return ControllerRevision(metadata=metadata, data=template_data(owner), revision=number)


def owners_of_deleted(kind: str, change: Change[ControllerRevision]) -> Iterable[Key]:
    """Whom it concerns when somebody deletes a revision. Who adds or changes one is not at once undone."""
    owner = controller_of(change.old) if change.new is None and change.old is not None else None
    if change.old is not None and owner is not None and owner.kind == kind:
        yield Key(change.old.metadata.namespace, owner.name)


class History:
    """Keeps the revisions of one kind's objects."""

    def __init__(self, context: ControllerContext, owner: type[Templated], label: str) -> None:
        self._client: Client = context.client
        self._label = label
        revisions = context.informers.of(ControllerRevision)
        index_orphans(revisions.store)
        self.source = Watches(revisions, partial(owners_of_deleted, owner.definition.kind))
        self._revisions = revisions.store
        self._recent: RecentWrites[ControllerRevision] = RecentWrites(revisions)

    async def sync(self, owner: T) -> tuple[ControllerRevision, tuple[ControllerRevision, ...]]:
        """The current revision, made or given its number if need be, and the old ones, oldest first.

        Raises: ApiError; Conflict also when the revision's name was taken by another template.
        """
        seen = self._recent.overlay(key_of(owner), candidates(self._revisions, owner))
        owned = await claim(self._client, owner, plan_claims(owner, selector_of(owner.spec.selector), seen))
        planned = plan_revisions(template_data(owner), owned)
        for each in planned.doubled:
            await self._delete(owner, each)
        current = planned.current
        if current is None:
            current = await self._create(owner, revision_for(owner, planned.number, self._label))
        elif current.revision != planned.number:
            current = await self._client.update(replace(current, revision=planned.number))
        return current, planned.old

    async def clean(self, owner: T, old: Sequence[ControllerRevision], live: frozenset[str]) -> None:
        """Remove what is beyond the owner's limit."""
        for each in superfluous(old, live, owner.spec.revision_history_limit):
            await self._delete(owner, each)

    def forget(self, key: Key) -> None:
        self._recent.forget(key)

    async def _create(self, owner: T, revision: ControllerRevision) -> ControllerRevision:
        try:
            created = await self._client.create(revision)
        except AlreadyExists:
            name, namespace = revision.metadata.name, revision.metadata.namespace
            existing = await self._client.get(ControllerRevision, name, namespace=namespace)
            if is_controlled_by(existing, owner) and existing.data == revision.data:
                return existing
            collisions = (owner.status.collision_count or 0) + 1
            await self._client.update_status(replace(owner, status=replace(owner.status, collision_count=collisions)))
            raise Conflict(f'the name "{name}" belongs to another template') from None
        self._recent.created(key_of(owner), created)
        return created

    async def _delete(self, owner: T, revision: ControllerRevision) -> None:
        with contextlib.suppress(NotFound):  # somebody else was faster
            await self._client.delete_exactly(revision)
        self._recent.deleted(key_of(owner), revision)
