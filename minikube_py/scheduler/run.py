"""`run`: the scheduler as a coroutine.

Kubernetes: cmd/kube-scheduler/app/server.go
"""

from __future__ import annotations

import asyncio
import random

from minikube_py.client.client import Client
from minikube_py.machinery.events import EventRecorder
from minikube_py.machinery.informer import Informers
from minikube_py.scheduler.plugins.registry import default_profile
from minikube_py.scheduler.scheduler import Scheduler


async def run(client: Client, *, scheduler_name: str = "default-scheduler", seed: int | None = None) -> None:
    """Place pods until cancelled. `seed` makes the lot among equally good nodes repeatable."""
    informers = Informers(client)
    recorder = EventRecorder(client, scheduler_name)
    scheduler = Scheduler(client, informers, recorder, default_profile(scheduler_name), random.Random(seed))
    async with asyncio.TaskGroup() as group:
        group.create_task(recorder.run())
        group.create_task(informers.run())
        group.create_task(scheduler.run())
