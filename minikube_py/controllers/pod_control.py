"""PodControl: creates and deletes pods for their controller, and tells of it by events.

A failing create is tried with one pod before it is tried with many (slow start). What was written is remembered until
the store shows it, so no pod is created twice for one gap.

Kubernetes: pkg/controller/controller_utils.go (RealPodControl), pkg/controller/replicaset (slowStartBatch)
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.resource import Resource
from minikube_py.api.status import ApiError, Conflict, NotFound
from minikube_py.client.client import Client
from minikube_py.controllers.namespaces import is_ending_namespace
from minikube_py.machinery.events import EventRecorder
from minikube_py.machinery.recent_writes import RecentWrites
from minikube_py.machinery.store import key_of


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of the events, about a `pod`, its `owner` and an `error`."""

    created: str = "Created pod: {pod}"
    not_created: str = "Error creating: {error}"
    deleted: str = "Deleted pod: {pod}"
    not_deleted: str = "Error deleting: {error}"


_USUAL = Words()


class PodControl:
    def __init__(
        self, client: Client, recorder: EventRecorder, recent: RecentWrites[Pod], words: Words = _USUAL
    ) -> None:
        self._client = client
        self._recorder = recorder
        self._recent = recent
        self._words = words

    async def create(self, owner: Resource, pods: Sequence[Pod]) -> ApiError | None:
        """Create in batches of 1, 2, 4, ...; the first batch with a failure is the last. Answers that failure."""
        waiting = iter(pods)
        for batch in slow_start(len(pods)):
            errors = await asyncio.gather(*(self._create(owner, next(waiting)) for _ in range(batch)))
            failed = next((error for error in errors if error is not None), None)
            if failed is not None:
                return failed
        return None

    async def _create(self, owner: Resource, pod: Pod) -> ApiError | None:
        try:
            created = await self._client.create(pod)
        except ApiError as error:
            if not is_ending_namespace(error):
                self._tell(owner, "Warning", "FailedCreate", self._words.not_created, pod, error)
            return error
        self._recent.created(key_of(owner), created)
        self._tell(owner, "Normal", "SuccessfulCreate", self._words.created, created)
        return None

    async def delete(self, owner: Resource, pods: Sequence[Pod]) -> ApiError | None:
        """Delete all of them at once. Answers the first failure."""
        errors = await asyncio.gather(*(self._delete(owner, pod) for pod in pods))
        return next((error for error in errors if error is not None), None)

    async def _delete(self, owner: Resource, pod: Pod) -> ApiError | None:
        try:
            await self._client.delete_exactly(pod)
        except (NotFound, Conflict):
            # It is gone, or another pod has its name by now: what was to be deleted is.
            pass
        except ApiError as error:
            self._tell(owner, "Warning", "FailedDelete", self._words.not_deleted, pod, error)
            return error
        else:
            self._tell(owner, "Normal", "SuccessfulDelete", self._words.deleted, pod)
        self._recent.deleted(key_of(owner), pod)
        return None

    def _tell(
        self,
        owner: Resource,
        kind: Literal["Normal", "Warning"],
        reason: str,
        text: str,
        pod: Pod,
        error: ApiError | None = None,
    ) -> None:
        message = text.format(pod=pod.metadata.name, owner=owner.metadata.name, error=error)
        self._recorder.record(owner, kind, reason, message)


def slow_start(count: int) -> Iterator[int]:
    """Sizes of batches that double: a mistake in the template costs one refused request, not hundreds."""
    batch = 1
    while count > 0:
        yield min(batch, count)
        count -= batch
        batch *= 2
