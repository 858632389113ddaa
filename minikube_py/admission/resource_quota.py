"""ResourceQuota: what is made in a namespace is charged to its quotas first, and refused when one has no room for it.

A quota's `status.used` is raised by compare-and-swap before the object is stored: of two objects that both fit, but not
together, one is refused. Those who come while a quota is being written are charged together in its next write: a crowd
would else spend its time on each other's conflicts. What is given back, by deletion or because a charged write then
failed, the controller counts.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.quota_usage import Usage, in_scope, increase, unspecified
from minikube_py.api.kinds.core.resource_quota import ResourceQuota
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Quantity
from minikube_py.api.status import ApiError, NotFound, forbidden
from minikube_py.storage.interface import StorageError
from minikube_py.watchcache.cacher import Cacher

_UNCOUNTED = ("events",)


ChangeQuota = Callable[[str, str, Callable[[Resource], Resource]], Awaitable[None]]
"""Writes the status of a quota (namespace, name), tried with each version of it until one is stored.

Raises: NotFound, and what the change raises.
"""


class QuotaAdmission(Plugin):
    def __init__(self, cacher: Cacher, change: ChangeQuota) -> None:
        self._cacher = cacher
        self._change = change
        self._waiting: dict[tuple[str, str], list[_Charge]] = {}
        """By namespace and name of the quotas that are being written."""
        self._writing: set[asyncio.Task[None]] = set()

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        definition = attributes.resource.definition
        if not definition.namespaced or definition.plural in _UNCOUNTED:
            return
        if attributes.operation not in ("CREATE", "UPDATE") or attributes.subresource not in ("", "resize"):
            return
        known = self._cacher.objects(ResourceQuota, attributes.namespace)
        quotas = [quota for quota in known if in_scope(quota.spec, obj)]
        added = increase(obj, attributes.old) if quotas else {}
        # All are asked before any is raised.
        raised = [quota for quota in quotas if added and charged(quota, obj, added) is not quota]
        if attributes.dry_run:
            return
        for quota in raised:
            await self._raise(quota, obj, added)

    async def _raise(self, quota: ResourceQuota, obj: Resource, added: Usage) -> None:
        """Raises: Forbidden, StorageError."""
        key = quota.metadata.namespace, quota.metadata.name
        charge = _Charge(obj, added, asyncio.get_running_loop().create_future())
        if key in self._waiting:
            self._waiting[key].append(charge)
        else:
            self._waiting[key] = [charge]
            task = asyncio.create_task(self._write(*key))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        await charge.outcome

    async def _write(self, namespace: str, name: str) -> None:
        """Charge all who wait, and those who came meanwhile, until nobody waits."""
        charges: list[_Charge] = []
        try:
            while charges := self._waiting[namespace, name]:
                self._waiting[namespace, name] = []
                refusals = _Refusals(charges)
                try:
                    with suppress(NotFound):  # a quota that has gone bounds nothing
                        await self._change(namespace, name, refusals.charge)
                except (ApiError, StorageError) as error:
                    refusals.of = dict.fromkeys(range(len(charges)), error)
                refusals.tell()
        finally:
            for charge in (*charges, *self._waiting.pop((namespace, name))):
                charge.outcome.cancel()


@dataclass(frozen=True, slots=True)
class _Charge:
    obj: Resource
    added: Usage
    outcome: asyncio.Future[None]


@dataclass(slots=True)
class _Refusals:
    """Who of a crowd finds no room in a quota: found again for each state of it that is tried."""

    charges: list[_Charge]
    of: dict[int, ApiError | StorageError] = field(default_factory=dict)

    def charge(self, current: Resource) -> Resource:
        assert isinstance(current, ResourceQuota)
        self.of = {}
        for number, each in enumerate(self.charges):
            if each.outcome.done():  # who asked has gone
                continue
            try:
                current = charged(current, each.obj, each.added)
            except ApiError as error:
                self.of[number] = error
        return current

    def tell(self) -> None:
        for number, each in enumerate(self.charges):
            if each.outcome.done():
                continue
            if number in self.of:
                each.outcome.set_exception(self.of[number])
            else:
                each.outcome.set_result(None)


def charged(quota: ResourceQuota, obj: Resource, added: Usage) -> ResourceQuota:
    """The quota with what the object adds; itself where it bounds nothing of that. Raises: Forbidden."""
    name, hard, used = quota.metadata.name, quota.status.hard, quota.status.used
    missing = unspecified(obj, hard)
    if missing:
        raise _refused(obj, f"failed quota: {name}: must specify {missing}")
    asked = {what: amount for what, amount in added.items() if what in hard}
    if not asked:
        return quota
    unknown = sorted(asked.keys() - used.keys())
    if unknown:
        raise _refused(obj, f"status unknown for quota: {name}, resources: {','.join(unknown)}")
    new = {what: used[what] + amount for what, amount in asked.items()}
    over = sorted(what for what, amount in new.items() if amount.value > hard[what].value)
    if over:
        amounts = {"requested": asked, "used": used, "limited": hard}
        texts = [f"{word}: {_listed(each, over)}" for word, each in amounts.items()]
        raise _refused(obj, f"exceeded quota: {name}, {', '.join(texts)}")
    return replace(quota, status=replace(quota.status, used={**used, **new}))


def _listed(amounts: Mapping[str, Quantity], names: list[str]) -> str:
    return ",".join(f"{name}={amounts[name]}" for name in names)


def _refused(obj: Resource, why: str) -> Exception:
    return forbidden(obj.definition, obj.metadata.name, why)
