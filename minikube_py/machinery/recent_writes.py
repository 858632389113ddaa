"""RecentWrites: what a controller has just written and its store does not show yet.

A store lags behind the server by the time of one watch event. A controller that counted its pods in that gap would
create each one twice. So what it creates is added to what it sees, until the informer has come past that write's
revision; and what it deletes is taken away from what it sees, until the store shows the deletion.

Nothing waits and nothing times out: after a restart the first full list shows everything that was written before.

Kubernetes: ControllerExpectations in pkg/controller/controller_utils.go, for the same gap; they count events and wait.
Resource versions are ordered numbers: KEP-5504
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic

from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.machinery.informer import Informer, Listed, Listing, Watching
from minikube_py.machinery.store import Key, R, key_of


class RecentWrites(Generic[R]):
    """The recent creations and deletions of one kind, by the key of the object that they were made for."""

    def __init__(self, informer: Informer[R]) -> None:
        self._informer = informer
        self._created: dict[Key, dict[str, R]] = {}
        self._deleted: dict[Key, dict[str, Key]] = {}

    def created(self, key: Key, resource: R) -> None:
        """Remember the server's answer to a create."""
        self._created.setdefault(key, {})[resource.metadata.uid] = resource

    def deleted(self, key: Key, resource: R) -> None:
        """Remember that the server has accepted a delete."""
        self._deleted.setdefault(key, {})[resource.metadata.uid] = key_of(resource)

    def overlay(self, key: Key, seen: Iterable[R], *, ending_at: Time | None = None) -> tuple[R, ...]:
        """What was seen in the store, plus what was created since, minus what was deleted since.

        With `ending_at`, what was deleted since is there, too, and shows that it ends.
        """
        self._forget_what_is_seen(key)
        created, deleted = self._created.get(key, {}), self._deleted.get(key, {})
        known = {resource.metadata.uid: resource for resource in seen}
        return tuple(
            resource if uid not in deleted else _ending(resource, ending_at)
            for uid, resource in (created | known).items()
            if uid not in deleted or ending_at is not None
        )

    def forget(self, key: Key) -> None:
        """The object at `key` is gone."""
        self._created.pop(key, None)
        self._deleted.pop(key, None)

    def _forget_what_is_seen(self, key: Key) -> None:
        created = {uid: new for uid, new in self._created.get(key, {}).items() if not self._has_passed(new)}
        deleted = {uid: at for uid, at in self._deleted.get(key, {}).items() if self._is_still_alive(uid, at)}
        self.forget(key)
        if created:
            self._created[key] = created
        if deleted:
            self._deleted[key] = deleted

    def _has_passed(self, resource: R) -> bool:
        match self._informer.state:
            case Listed(revision) | Watching(revision):
                return int(revision) >= int(resource.metadata.resource_version)
            case Listing():
                return False

    def _is_still_alive(self, uid: str, at: Key) -> bool:
        """Whether the store still shows the object as if nobody had deleted it."""
        found = self._informer.store.get(at)
        return found is not None and found.metadata.uid == uid and found.metadata.deletion_timestamp is None


def _ending(resource: R, since: Time | None) -> R:
    return replace(resource, metadata=replace(resource.metadata, deletion_timestamp=since))
