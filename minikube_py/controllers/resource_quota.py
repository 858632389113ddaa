"""ResourceQuota controller: counts again what a quota's namespace uses, when something was given back and now and then.

The API server raises `status.used` when something is made; here it comes down. Only kinds that some quota bounds are
followed.

Kubernetes: pkg/controller/resourcequota/resource_quota_controller.go
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from minikube_py.api.definition import Definition
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.quota_usage import total, usage
from minikube_py.api.kinds.core.resource_quota import ResourceQuota, ResourceQuotaStatus
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import Conflict, NotFound
from minikube_py.client.discovery import served_definitions
from minikube_py.client.partial import partial_kind
from minikube_py.controllers.context import ControllerContext
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change, Informer
from minikube_py.machinery.sources import Watches
from minikube_py.machinery.store import Key, key_of

RESYNC_S = 300.0
_OF_PODS = ("cpu", "memory", "ephemeral-storage")
_AGAIN_S = 0.1


class ResourceQuotaController:
    name = "resourcequota"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        quotas = context.informers.of(ResourceQuota)
        self._quotas = quotas.store
        self._counted = Counted(context, self._in_namespace)
        self.sources = (Watches(quotas, _changed_hard), self._counted)
        context.background.append(self._counted.run)

    async def reconcile(self, key: Key) -> Result:
        quota = self._quotas.get(key)
        if quota is None:
            return Result.DONE
        followed: dict[str, Informer[Any]] = {}
        for name in quota.spec.hard:
            informer = await self._counted.follow(name)
            if informer is not None:
                followed[name] = informer
        if not all(informer.is_synced for informer in followed.values()):
            return Result.after(_AGAIN_S)
        objects = _in(key.namespace, {id(informer): informer for informer in followed.values()}.values())
        status = ResourceQuotaStatus(hard=quota.spec.hard, used=total(objects, quota.spec, followed))
        try:
            if status != quota.status:
                await self._client.update_status(replace(quota, status=status))
        except Conflict:
            return Result.after(_AGAIN_S)  # something was charged meanwhile
        except NotFound:
            return Result.DONE
        return Result.after(RESYNC_S)

    def _in_namespace(self, namespace: str) -> Iterable[Key]:
        return [key for key in map(key_of, self._quotas.list()) if key.namespace == namespace]


def _in(namespace: str, informers: Iterable[Informer[Any]]) -> Iterator[Resource]:
    for informer in informers:
        for obj in informer.store.list():
            if obj.metadata.namespace == namespace:
                yield obj


def _changed_hard(change: Change[ResourceQuota]) -> Iterable[Key]:
    """Not what the API server does all the time, which is to raise what is used."""
    old, new = change.old, change.new
    if new is not None and (old is None or new.spec != old.spec or new.status.hard != old.status.hard):
        yield key_of(new)


class Counted:
    """A source: the quotas of each namespace where something that they count became less."""

    def __init__(self, context: ControllerContext, quotas_of: Callable[[str], Iterable[Key]]) -> None:
        self._client = context.client
        self._quotas_of = quotas_of
        self._enqueue: Callable[[Key], None] | None = None
        self._informers: dict[str, Informer[Any]] = {}
        self._new: asyncio.Queue[Informer[Any]] = asyncio.Queue()
        for kind in (Pod, Service, PersistentVolumeClaim):
            informer: Informer[Any] = context.informers.of(kind)
            informer.add_handler(self._observe)
            self._informers[kind.definition.plural] = informer

    def attach(self, enqueue: Callable[[Key], None]) -> None:
        self._enqueue = enqueue

    async def synced(self) -> None:
        """What is followed later is waited for by who asks for it."""

    async def run(self) -> None:
        """Follow what is asked for, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                informer = await self._new.get()
                group.create_task(informer.run(), name=f"quota {informer.kind.definition.group_resource}")

    async def follow(self, name: str) -> Informer[Any] | None:
        """Of what a quota's `name` counts; None where the server has no such kind. Raises: ApiError."""
        resource = counted_resource(name)
        if resource not in self._informers:
            definition = await self._definition(resource)
            if definition is None:
                return None
            if resource not in self._informers:
                informer = Informer(self._client, partial_kind(definition))
                informer.add_handler(self._observe)
                self._informers[resource] = informer
                self._new.put_nowait(informer)
        return self._informers[resource]

    async def _definition(self, resource: str) -> Definition | None:
        served = await served_definitions(self._client)
        return next((each for each in served if each.group_resource == resource and "watch" in each.verbs), None)

    def _observe(self, change: Change[Any]) -> None:
        if change.old is None or self._enqueue is None:
            return
        left = usage(change.new) if change.new is not None else {}
        if usage(change.old) != left:
            for key in self._quotas_of(change.old.metadata.namespace):
                self._enqueue(key)


def counted_resource(name: str) -> str:
    """The resource whose objects decide how much of `name` is used."""
    if name.startswith("count/"):
        return name.removeprefix("count/")
    if name == "requests.storage" or ".storageclass.storage.k8s.io/" in name:
        return PersistentVolumeClaim.definition.plural
    if name.startswith("services."):
        return Service.definition.plural
    of_pods = name in _OF_PODS or name.startswith(("requests.", "limits.", "hugepages-"))
    return Pod.definition.plural if of_pods else name
