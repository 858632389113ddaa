"""Tells the API server about a node: registers it, renews its lease, writes its status when that changes.

The lease is the heartbeat, every ten seconds and cheap; the status is written when something differs, and every five
minutes for good measure.

Kubernetes: pkg/kubelet/kubelet_node_status.go, pkg/kubelet/nodelease (KEP-589)
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from minikube_py.api.kinds.coordination.lease import Lease, LeaseSpec
from minikube_py.api.kinds.core.node import Node, NodeSpec, NodeStatus
from minikube_py.api.meta import ObjectMeta, OwnerReference
from minikube_py.api.model import replace
from minikube_py.api.scalars import MicroTime, Time
from minikube_py.api.status import AlreadyExists, ApiError, Conflict, NotFound
from minikube_py.client.client import Client
from minikube_py.kubelet.node_status import NodeDescription, differs, new_node, node_status
from minikube_py.machinery.backoff import CONNECTION, Backoff
from minikube_py.machinery.events import EventRecorder
from minikube_py.runtime.interface import Runtime, RuntimeFault

log = logging.getLogger(__name__)

LEASE_NAMESPACE = "kube-node-lease"
LEASE_DURATION_S = 40
REPORT_PERIOD_S = 300.0


@dataclass(frozen=True, slots=True)
class Periods:
    """How often the lease is renewed, and how often the status is compared with what was written last."""

    renew_s: float = 10.0
    check_s: float = 10.0


USUAL_PERIODS = Periods()


class NodeReporter:
    """Speaks for one node. `register` first, then `run`."""

    def __init__(
        self,
        client: Client,
        description: NodeDescription,
        runtime: Runtime,
        clock: Callable[[], float],
        periods: Periods = USUAL_PERIODS,
    ) -> None:
        self._client = client
        self._description = description
        self._runtime = runtime
        self._clock = clock
        self._periods = periods
        self._node: Node | None = None
        self._lease: Lease | None = None
        self._reported_at = 0.0

    @property
    def uid(self) -> str:
        """The Node object's uid; empty before registration."""
        return self._node.metadata.uid if self._node is not None else ""

    async def register(self) -> None:
        """Create the Node, or take over the one that is there; waits for the API server as long as it takes."""
        backoff = Backoff(CONNECTION)
        while True:
            try:
                await self._register()
                await self._renew_lease()
                await self._report_status()
                return
            except ApiError as error:
                if backoff.failures == 0:
                    fields = {"node": self._description.name, "error": str(error)}
                    log.warning("cannot register the node yet", extra=fields)
                await backoff.pause()

    async def run(self, recorder: EventRecorder | None = None) -> None:
        """Keep lease and status up to date until cancelled."""
        if recorder is not None and self._node is not None:
            recorder.record(self._node, "Normal", "Starting", "Starting kubelet.")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(self._renew_lease, self._periods.renew_s), name="node lease")
            group.create_task(self._keep(self._report_status, self._periods.check_s), name="node status")

    async def _keep(self, work: Callable[[], Awaitable[None]], period_s: float) -> None:
        backoff = Backoff(CONNECTION)
        while True:
            await asyncio.sleep(period_s if backoff.failures == 0 else backoff.next_s())
            try:
                await work()
                backoff.reset()
            except ApiError as error:
                backoff.failures = max(backoff.failures, 1)
                log.debug("heartbeat failed", extra={"node": self._description.name, "error": str(error)})

    async def _register(self) -> None:
        wanted = new_node(self._description)
        try:
            self._node = await self._client.create(wanted)
            log.info("registered the node", extra={"node": self._description.name})
        except AlreadyExists:
            found = await self._client.get(Node, self._description.name)
            self._node = await self._take_over(found, wanted)
            log.info("took over the node", extra={"node": self._description.name})

    async def _take_over(self, found: Node, wanted: Node) -> Node:
        """An earlier kubelet's node: its taints and marks stay, labels are refreshed, a missing pod range is given."""
        labels = {**found.metadata.labels, **wanted.metadata.labels}
        spec: NodeSpec = found.spec
        if not spec.pod_cidr and wanted.spec.pod_cidr:
            spec = replace(spec, pod_cidr=wanted.spec.pod_cidr, pod_cidrs=wanted.spec.pod_cidrs)
        changed = replace(found, metadata=replace(found.metadata, labels=labels), spec=spec)
        return found if changed == found else await self._client.update(changed)

    async def _renew_lease(self) -> None:
        name, now = self._description.name, MicroTime.at(self._clock())
        if self._lease is None:
            self._lease = await self._find_or_create_lease(name, now)
            return
        try:
            spec = replace(self._lease.spec, renew_time=now)
            self._lease = await self._client.update(replace(self._lease, spec=spec))
        except (Conflict, NotFound):
            self._lease = None
            await self._renew_lease_anew(name, now)

    async def _renew_lease_anew(self, name: str, now: MicroTime) -> None:
        lease = await self._find_or_create_lease(name, now)
        self._lease = await self._client.update(replace(lease, spec=replace(lease.spec, renew_time=now)))

    async def _find_or_create_lease(self, name: str, now: MicroTime) -> Lease:
        owners = (OwnerReference(api_version="v1", kind="Node", name=name, uid=self.uid),)
        lease = Lease(
            metadata=ObjectMeta(name=name, namespace=LEASE_NAMESPACE, owner_references=owners),
            spec=LeaseSpec(holder_identity=name, lease_duration_seconds=LEASE_DURATION_S, renew_time=now),
        )
        try:
            return await self._client.create(lease)
        except AlreadyExists:
            found = await self._client.get(Lease, name, namespace=LEASE_NAMESPACE)
            return await self._client.update(replace(found, spec=replace(lease.spec, renew_time=now)))

    async def _report_status(self) -> None:
        """Write the status if it differs from what the server has, or if it is old."""
        name, now = self._description.name, self._clock()
        try:
            images, trouble = await self._runtime.list_images(), ""
        except RuntimeFault as error:
            images, trouble = (), f"container runtime is down: {error}"
        known = self._node.status if self._node is not None else NodeStatus()
        status = node_status(self._description, known, images, Time.at(now), trouble)
        if not differs(known, status) and now - self._reported_at < REPORT_PERIOD_S:
            return
        try:
            current = self._node or await self._client.get(Node, name)
            self._node = await self._client.update_status(replace(current, status=status))
            self._reported_at = now
        except Conflict:
            # Somebody else wrote (labels, taints, ...): from there at the next check.
            self._node = await self._client.get(Node, name)
        except NotFound:
            # Somebody deleted the node while its kubelet lives: it comes back, and its status at the next check.
            await self._register()
