"""Leader election: of several instances of a component, the one that holds the Lease works, the others wait.

The holder renews the lease; the others watch its `renewTime` *change* and measure by their own clocks how long it has
not, so clocks need not agree. `decide` is the whole rule; the loop around it writes with the resourceVersion it read,
so of two who try at once one gets a Conflict.

It keeps two instances from doing the same work, and no more: one that was paused may believe for a moment longer that
it leads. Data is safe because every write carries a resourceVersion or a uid.

Kubernetes: staging/src/k8s.io/client-go/tools/leaderelection
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from minikube_py.api.kinds.coordination.lease import Lease, LeaseSpec
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.scalars import MicroTime
from minikube_py.api.status import ApiError, Conflict, NotFound
from minikube_py.client.client import Client
from minikube_py.errors import MinikubeError
from minikube_py.machinery import metrics

log = logging.getLogger(__name__)


class LeadershipLost(MinikubeError):
    """The lease could not be renewed in time: the work must stop, and the process had best start anew."""


@dataclass(frozen=True, slots=True)
class LeaderElectionConfig:
    name: str
    identity: str
    namespace: str = "kube-system"
    lease_duration_s: int = 15
    """How long the others wait after the last sign of life."""
    renew_deadline_s: float = 10.0
    """How long the holder tries to renew before it stops by itself; less than the lease's duration."""
    retry_period_s: float = 2.0


class Action(Enum):
    CREATE = "create"
    """There is no lease yet."""
    RENEW = "renew"
    """It is ours."""
    TAKE = "take"
    """It is free, or its holder has not been heard of for its whole duration."""
    WAIT = "wait"


def decide(lease: Lease | None, identity: str, unchanged_s: float) -> Action:
    """What to do about the lease, which has not changed for `unchanged_s` on our clock."""
    if lease is None:
        return Action.CREATE
    holder = lease.spec.holder_identity or ""
    if holder == identity:
        return Action.RENEW
    if not holder or unchanged_s >= (lease.spec.lease_duration_seconds or 0):
        return Action.TAKE
    return Action.WAIT


class LeaderElector:
    """Runs something while this instance leads."""

    def __init__(self, client: Client, config: LeaderElectionConfig) -> None:
        self._client = client
        self._config = config
        self._seen: Lease | None = None
        self._changed_at = time.monotonic()
        self._gauge = metrics.is_leader.labels(config.name)

    async def run(self, lead: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lease, then run `lead` for as long as it can be renewed; give it back at the end.

        Raises: LeadershipLost, after `lead` was cancelled.
        """
        await self._acquire()
        log.info("became leader", extra={"lease": self._config.name, "identity": self._config.identity})
        self._gauge.set(1)
        try:
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(self._keep(), name="renew lease")
                await lead()
                renewing.cancel()
        except BaseExceptionGroup as group_of_errors:
            if group_of_errors.subgroup(LeadershipLost) is None:
                raise
            raise LeadershipLost(
                f"the lease {self._config.name} could not be renewed for {self._config.renew_deadline_s:g} s"
            ) from group_of_errors
        finally:
            self._gauge.set(0)
            await self._give_back()

    async def _acquire(self) -> None:
        """Try until the lease is ours."""
        while True:
            if await self._try():
                return
            await asyncio.sleep(self._config.retry_period_s)

    async def _keep(self) -> None:
        """Renew the lease for ever. Raises: LeadershipLost"""
        while True:
            await asyncio.sleep(self._config.retry_period_s)
            try:
                async with asyncio.timeout(self._config.renew_deadline_s):
                    await self._acquire()
            except TimeoutError:
                raise LeadershipLost(self._config.name) from None

    async def _try(self) -> bool:
        """One attempt to have the lease; failures of the server are attempts that failed."""
        try:
            return await self._renewed() or await self._attempt()
        except ApiError as error:
            log.info("no lease yet", extra={"lease": self._config.name, "error": str(error)})
            return False

    async def _renewed(self) -> bool:
        """Renew the lease as we left it, without reading it first; False if it is not ours, or changed since then."""
        lease = self._seen
        if lease is None or lease.spec.holder_identity != self._config.identity:
            return False
        try:
            self._seen = await self._client.update(replace(lease, spec=self._spec(lease)))
        except (Conflict, NotFound):
            return False
        return True

    async def _attempt(self) -> bool:
        lease = await self._read()
        if lease is None or self._seen is None or lease.spec != self._seen.spec:
            self._changed_at = time.monotonic()
        self._seen = lease
        match decide(lease, self._config.identity, time.monotonic() - self._changed_at):
            case Action.WAIT:
                return False
            case Action.CREATE:
                metadata = ObjectMeta(name=self._config.name, namespace=self._config.namespace)
                self._seen = await self._client.create(Lease(metadata=metadata, spec=self._spec(None)))
            case Action.RENEW | Action.TAKE:
                assert lease is not None, "decided about a lease that exists"
                self._seen = await self._client.update(replace(lease, spec=self._spec(lease)))
        return True

    async def _read(self) -> Lease | None:
        try:
            return await self._client.get(Lease, self._config.name, namespace=self._config.namespace)
        except NotFound:
            return None

    def _spec(self, lease: Lease | None) -> LeaseSpec:
        """The lease as ours, renewed now."""
        now = MicroTime.now()
        held = lease.spec if lease is not None else LeaseSpec(lease_transitions=-1)
        if held.holder_identity != self._config.identity:
            transitions = (held.lease_transitions or 0) + 1
            held = replace(held, acquire_time=now, lease_transitions=transitions, holder_identity=self._config.identity)
        return replace(held, renew_time=now, lease_duration_seconds=self._config.lease_duration_s)

    async def _give_back(self) -> None:
        """Let the next one take over at once instead of after the lease's duration.

        A renewal that was cancelled on its way may have been written, or may yet be: then there is a Conflict, and
        the lease is read anew.
        """
        lease = self._seen
        with contextlib.suppress(ApiError, TimeoutError):
            async with asyncio.timeout(2):
                while lease is not None and lease.spec.holder_identity == self._config.identity:
                    freed = replace(
                        lease.spec, holder_identity="", lease_duration_seconds=1, renew_time=MicroTime.now()
                    )
                    try:
                        await self._client.update(replace(lease, spec=freed))
                        return
                    except Conflict:
                        lease = await self._read()
