"""Controller: one key in, converge, return. The only retry loop of the control plane.

A reconciler has a name, sources that say which keys to look at, and `async reconcile(key) -> Result`. It reads what is
(from stores), decides, acts, and returns; it holds no lock, never sleeps, never retries. What becomes of a key is
decided here, in one `match` of outcomes:

    Result.DONE         forget its failures
    Result.after(s)     forget its failures, look again in s seconds
    TerminalError       forget it: only a change of the object can help
    Conflict            the cache was behind: look again soon
    any other failure   log it, look again with a delay that doubles

Invariant: no key is reconciled twice at once, however many workers there are (the WorkQueue's promise).

Kubernetes: sigs.k8s.io/controller-runtime/pkg/internal/controller/controller.go
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, Self

from minikube_py.api.status import Conflict, Unavailable
from minikube_py.errors import MinikubeError, TerminalError
from minikube_py.machinery.sources import Source
from minikube_py.machinery.work_queue import K, WorkQueue
from minikube_py.telemetry.log import context as log_context

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """What a reconcile without failure asks for."""

    after_s: float | None = None
    """Look at the key again after this time even if nothing changes."""

    DONE: ClassVar[Result]

    @classmethod
    def after(cls, delay_s: float) -> Self:
        return cls(after_s=delay_s)


Result.DONE = Result()


class Reconciler(Protocol[K]):
    """What a controller is made of."""

    @property
    def name(self) -> str: ...

    @property
    def sources(self) -> Sequence[Source[K]]: ...

    async def reconcile(self, key: K) -> Result:
        """Bring the world closer to what the object at `key` wants; it may not exist any more."""
        ...


class Controller(Generic[K]):
    """Runs a reconciler."""

    def __init__(self, reconciler: Reconciler[K], *, workers: int = 2) -> None:
        self.queue: WorkQueue[K] = WorkQueue(reconciler.name)
        self._reconciler = reconciler
        self._workers = workers
        for source in reconciler.sources:
            source.attach(self.queue.add)

    @property
    def name(self) -> str:
        return self._reconciler.name

    async def run(self) -> None:
        """Reconcile until cancelled; starts once the sources have told of all that exists."""
        for source in self._reconciler.sources:
            await source.synced()
        log.info("controller started", extra={"controller": self.name})
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._workers):
                    group.create_task(self._work(), name=f"{self.name} {number}")
        finally:
            self.queue.close()

    async def _work(self) -> None:
        while True:
            key = await self.queue.get()
            try:
                await self._process(key)
            finally:
                self.queue.done(key)

    async def _process(self, key: K) -> None:
        log_context.set({"controller": self.name, "key": str(key)})
        try:
            result = await self._reconciler.reconcile(key)
        except TerminalError as error:
            log.warning("gave up until the object changes", extra={"error": str(error)})
            self.queue.forget(key)
        except (Conflict, Unavailable) as error:
            log.debug("looking again", extra={"error": str(error)})
            self.queue.add_rate_limited(key)
        except Exception as error:  # the one place where a reconcile's failure becomes a retry
            log.warning("reconcile failed", extra={"error": str(error)}, exc_info=_unexpected(error))
            self.queue.add_rate_limited(key)
        else:
            self.queue.forget(key)
            if result.after_s is not None:
                self.queue.add_after(key, result.after_s)


def _unexpected(error: Exception) -> Exception | None:
    """The error, for a traceback, if it is a mistake in this code and no failure that the project names."""
    return None if isinstance(error, MinikubeError) else error
