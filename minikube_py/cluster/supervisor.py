"""Supervisor: runs several components in one process, each as a task that is started again when it ends.

A component that ends with an error says so in its log and in its trouble file, waits, and is run again; the others do
not notice. Cancelled, the components are ended one after the other, the last started first, as a user would by hand.

Kubernetes: what the kubelet does for the static pods of a control plane, or systemd for a machine's daemons
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cluster.trouble import TroubleFiles
from minikube_py.errors import MinikubeError
from minikube_py.machinery.backoff import Backoff, BackoffPolicy
from minikube_py.telemetry.log import FieldFormatter

log = logging.getLogger(__name__)

RESTART = BackoffPolicy(initial_s=0.5, cap_s=30.0)
_CALM_S = 60.0
"""A component that has run this long and then fails is a new story: its backoff begins anew."""

current: ContextVar[str] = ContextVar("current_component", default="")
"""The component that the running task, or a thread that works for it, belongs to."""


@dataclass(frozen=True, slots=True)
class Job:
    """A component as a coroutine: `name` as in `minikube-py logs NAME`, `title` as in its log lines."""

    name: str
    title: str
    run: Callable[[], Awaitable[None]]


async def supervise(jobs: Sequence[Job], trouble: TroubleFiles, policy: BackoffPolicy = RESTART) -> None:
    """Run the jobs until cancelled."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_keep_running(job, trouble, policy), name=job.name) for job in jobs]
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            for task in reversed(tasks):
                task.cancel()
                await asyncio.wait([task])


async def _keep_running(job: Job, trouble: TroubleFiles, policy: BackoffPolicy) -> None:
    current.set(job.name)
    backoff = Backoff(policy)
    await asyncio.to_thread(trouble.clear, job.name)
    while True:
        began = time.monotonic()
        why = await _run_once(job)
        if time.monotonic() - began > _CALM_S:
            backoff.reset()
        # A disk that is full must not end the supervisor as well.
        with contextlib.suppress(OSError):
            await asyncio.to_thread(trouble.write, job.name, why)
        delay_s = backoff.next_s()
        log.error("ended; it is started again", extra={"error": why, "after_s": f"{delay_s:.1f}"})
        await asyncio.sleep(delay_s)
        await asyncio.to_thread(trouble.clear, job.name)


async def _run_once(job: Job) -> str:
    """Returns why it ended."""
    try:
        await job.run()
    except MinikubeError as error:
        return str(error)
    except ExceptionGroup as group:
        known, unknown = group.split(MinikubeError)
        if unknown is not None:
            log.error("unexpected error", exc_info=unknown)
        return str(_first(known or group))
    except Exception as error:
        log.exception("unexpected error")
        return f"{type(error).__name__}: {error}"
    return "it came to its end"


def _first(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


class ComponentLogs(logging.Handler):
    """Each component's lines into its own file, as if it were a process of its own; nobody's lines to stderr."""

    def __init__(self, jobs: Sequence[Job], log_path: Callable[[str], Path], nobody: str) -> None:
        super().__init__()
        self._handlers: dict[str, logging.Handler] = {"": logging.StreamHandler()}
        self._handlers[""].setFormatter(FieldFormatter(nobody))
        for job in jobs:
            handler = logging.FileHandler(log_path(job.name), delay=True)
            handler.setFormatter(FieldFormatter(job.title))
            self._handlers[job.name] = handler

    def emit(self, record: logging.LogRecord) -> None:
        self._handlers.get(current.get(), self._handlers[""]).handle(record)

    def close(self) -> None:
        for handler in self._handlers.values():
            handler.close()
        super().close()
