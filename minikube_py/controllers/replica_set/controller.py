"""ReplicaSet controller: keeps as many pods of a template as the ReplicaSet, or the older ReplicationController, says.

    reconcile: claim the pods that the selector names -> plan -> create or delete -> write the status

Invariants: no pod is created twice for one gap, however stale the store (RecentWrites); a failing create is tried with
one pod before it is tried with many (slow start); the status is written also when creating fails, with the reason.

Kubernetes: pkg/controller/replicaset/replica_set.go, pkg/controller/replication
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Generic

from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.replication_controller import ReplicationController
from minikube_py.api.model import replace
from minikube_py.api.status import ApiError, NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.namespaces import is_ending_namespace
from minikube_py.controllers.pod_control import PodControl
from minikube_py.controllers.replica_set.plan import Plan, plan, pod_for
from minikube_py.controllers.replica_set.replicated import R, pods_of
from minikube_py.controllers.replica_set.status import Failure, status_of
from minikube_py.machinery.conditions import is_active, is_terminal, next_available_in_s
from minikube_py.machinery.controller import Result
from minikube_py.machinery.ownership import candidates, claim, controller_of, index_orphans, plan_claims
from minikube_py.machinery.recent_writes import RecentWrites
from minikube_py.machinery.sources import Adopts, For, Owns
from minikube_py.machinery.store import Key

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Observed:
    pods: tuple[Pod, ...]
    """The active pods that are the ReplicaSet's."""
    terminating: int


class ReplicasController(Generic[R]):
    """Of one of the two kinds."""

    def __init__(self, context: ControllerContext, name: str, resource: type[R], recorder: str) -> None:
        self.name = name
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.recorder(recorder)
        replica_sets, pods = context.informers.of(resource), context.informers.of(Pod)
        index_orphans(pods.store)
        self._replica_sets = replica_sets.store
        self._pods = pods.store
        self._recent: RecentWrites[Pod] = RecentWrites(pods)
        self._control = PodControl(context.client, self._recorder, self._recent)
        self.sources = (For(replica_sets), Owns(pods, resource), Adopts(pods, replica_sets.store, pods_of))

    async def reconcile(self, key: Key) -> Result:
        replica_set = self._replica_sets.get(key)
        if replica_set is None:
            self._recent.forget(key)
            return Result.DONE
        observed = await self._observe(key, replica_set)
        error: ApiError | None = None
        failure: Failure | None = None
        if replica_set.metadata.deletion_timestamp is None:
            decided = plan(replica_set, observed.pods, self._neighbours(replica_set), self._clock())
            log.debug(
                "planned", extra={"pods": len(observed.pods), "create": decided.create, "delete": len(decided.delete)}
            )
            error = await self._act(replica_set, decided)
            if error is not None:
                failure = Failure("FailedCreate" if decided.create else "FailedDelete", str(error))
        await self._write_status(replica_set, observed, failure)
        if error is not None and not is_ending_namespace(error):
            raise error
        wait_s = next_available_in_s(observed.pods, replica_set.spec.min_ready_seconds, self._clock())
        return Result.DONE if wait_s is None else Result.after(wait_s)

    async def _observe(self, key: Key, replica_set: R) -> Observed:
        uid = replica_set.metadata.uid
        owned = self._pods.controlled_by(uid)
        seen = self._recent.overlay(key, filter(is_active, candidates(self._pods, replica_set)))
        claims = plan_claims(replica_set, pods_of(replica_set), seen)
        terminating = sum(pod.metadata.deletion_timestamp is not None and not is_terminal(pod) for pod in owned)
        return Observed(await claim(self._client, replica_set, claims), terminating)

    def _neighbours(self, replica_set: R) -> tuple[Pod, ...]:
        """The active pods of this ReplicaSet and of its siblings, the other revisions of one Deployment."""
        parent = controller_of(replica_set)
        siblings = self._replica_sets.controlled_by(parent.uid) if parent else (replica_set,)
        pods = (pod for sibling in siblings for pod in self._pods.controlled_by(sibling.metadata.uid))
        return tuple(pod for pod in pods if is_active(pod))

    async def _act(self, replica_set: R, decided: Plan) -> ApiError | None:
        if decided.create:
            return await self._control.create(replica_set, [pod_for(replica_set)] * decided.create)
        return await self._control.delete(replica_set, decided.delete)

    async def _write_status(self, replica_set: R, observed: Observed, failure: Failure | None) -> None:
        status = status_of(replica_set, observed.pods, observed.terminating, failure, self._clock())
        if status == replica_set.status:
            return
        try:
            await self._client.update_status(replace(replica_set, status=status))
        except NotFound:
            # Deleted meanwhile, as the watch will tell.
            return


class ReplicaSetController(ReplicasController[ReplicaSet]):
    def __init__(self, context: ControllerContext) -> None:
        super().__init__(context, "replicaset", ReplicaSet, "replicaset-controller")


class ReplicationControllers(ReplicasController[ReplicationController]):
    def __init__(self, context: ControllerContext) -> None:
        super().__init__(context, "replicationcontroller", ReplicationController, "replication-controller")
