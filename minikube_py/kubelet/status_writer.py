"""Writes pod statuses to the API server: the newest of each pod, one request at a time a pod, several pods at once.

A worker says what is so and goes on; what is said twice before it was written is written once. The end of a deleted
pod is the last status and then the delete that really removes it, always of the same uid.

Kubernetes: pkg/kubelet/status/status_manager.go
"""

import asyncio
import logging
from dataclasses import dataclass

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodStatus
from minikube_py.api.meta import DeleteOptions, Preconditions
from minikube_py.api.status import ApiError, Conflict, Invalid, NotFound, Unavailable
from minikube_py.client.client import Client
from minikube_py.kubelet.pod_status import status_patch
from minikube_py.machinery.backoff import CONNECTION, Backoff

log = logging.getLogger(__name__)

_SIDE_BY_SIDE = 8


@dataclass(slots=True)
class _Entry:
    """One pod's newest word; `written` is what the server is known to have."""

    pod: Pod
    status: PodStatus
    written: PodStatus
    is_final: bool = False
    is_queued: bool = False
    is_being_written: bool = False


class StatusWriter:
    """One for a client, shared by any number of nodes; `run` it beside them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._entries: dict[str, _Entry] = {}
        self._queue: asyncio.Queue[str] = asyncio.Queue()

    def put(self, pod: Pod, status: PodStatus, *, is_final: bool = False) -> None:
        """Say how a pod is; `pod` is as the API server has it. `is_final` also removes the object."""
        uid = pod.metadata.uid
        entry = self._entries.get(uid)
        if entry is None:
            entry = self._entries[uid] = _Entry(pod, status, pod.status)
        entry.pod, entry.status = pod, status
        entry.is_final = entry.is_final or is_final
        self._enqueue(uid, entry)

    def forget(self, uid: str) -> None:
        """The pod is gone."""
        self._entries.pop(uid, None)

    async def run(self) -> None:
        """Write until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_SIDE_BY_SIDE):
                group.create_task(self._write_one_after_the_other(), name="status writer")

    def _enqueue(self, uid: str, entry: _Entry) -> None:
        if not entry.is_queued and not entry.is_being_written:
            entry.is_queued = True
            self._queue.put_nowait(uid)

    async def _write_one_after_the_other(self) -> None:
        backoff = Backoff(CONNECTION)
        while True:
            uid = await self._queue.get()
            entry = self._entries.get(uid)
            if entry is None:
                continue
            entry.is_queued, entry.is_being_written = False, True
            try:
                is_done = await self._write(uid, entry)
                backoff.reset()
            except ApiError as error:
                is_done = not isinstance(error, Unavailable) and error.status_code < 500
                self._log_failure(entry.pod, error, is_done)
                if not is_done:
                    await backoff.pause()
            finally:
                entry.is_being_written = False
            if not is_done and uid in self._entries:
                self._enqueue(uid, entry)

    async def _write(self, uid: str, entry: _Entry) -> bool:
        """Write what is newest; True if nothing newer was said meanwhile."""
        metadata, status, is_final = entry.pod.metadata, entry.status, entry.is_final
        try:
            patch = status_patch(uid, entry.written, status)
            if patch is not None:
                await self._client.patch(
                    Pod, metadata.name, patch, namespace=metadata.namespace, form="strategic", subresource="status"
                )
                entry.written = status
            if is_final:
                preconditions = Preconditions(uid=uid)
                options = DeleteOptions(grace_period_seconds=0, preconditions=preconditions)
                await self._client.delete(Pod, metadata.name, namespace=metadata.namespace, options=options)
        except (NotFound, Conflict, Invalid) as error:
            if isinstance(error, Invalid) and not _is_another(error):
                raise
            # This pod is gone, or another one of its name is there: nothing more to say about it.
            self._entries.pop(uid, None)
            return True
        return entry.status is status and entry.is_final is is_final

    def _log_failure(self, pod: Pod, error: ApiError, is_given_up: bool) -> None:
        fields = {"pod": f"{pod.metadata.namespace}/{pod.metadata.name}", "error": str(error)}
        if is_given_up:
            log.error("the API server refuses a pod's status", extra=fields)
        else:
            log.debug("a pod's status must wait", extra=fields)


def _is_another(error: Invalid) -> bool:
    """Whether a patch was refused because its uid is not that of the pod which has the name now."""
    return any(cause.get("field") == "metadata.uid" for cause in (error.details or {}).get("causes") or ())
