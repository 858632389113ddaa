"""`run`: the scheduler as a coroutine.

Kubernetes: cmd/kube-scheduler/app/server.go
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable

from minikube_py.client.client import Client
from minikube_py.machinery.events import EventRecorder
from minikube_py.machinery.informer import Informers
from minikube_py.scheduler.plugins.loading import with_plugins
from minikube_py.scheduler.plugins.registry import default_profile
from minikube_py.scheduler.scheduler import Scheduler


async def run(
    client: Client,
    *,
    scheduler_name: str = "default-scheduler",
    plugins: Iterable[str] = (),
    seed: int | None = None,
) -> None:
    """Place pods until cancelled. `seed` makes the lot among equally good nodes repeatable.

    `plugins` are further ones, each MODULE:CLASS. Raises: ConfigError when one of them is none.
    """
    profile = with_plugins(default_profile(scheduler_name), plugins)
    informers = Informers(client)
    recorder = EventRecorder(client, scheduler_name)
    scheduler = Scheduler(client, informers, recorder, profile, random.Random(seed))
    async with asyncio.TaskGroup() as group:
        group.create_task(recorder.run())
        group.create_task(informers.run())
        group.create_task(scheduler.run())
