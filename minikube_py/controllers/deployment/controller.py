"""Deployment controller: carries out the plans of plan.py.

    reconcile: claim ReplicaSets -> plan -> create, resize, delete ReplicaSets -> write revision and status

Invariants: a ReplicaSet is created under a name that its template determines, so a second create after a crash or
from a stale store finds the first; sizes are written with the resourceVersion that they were planned from.

Kubernetes: pkg/controller/deployment
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import replace
from minikube_py.api.selectors import selector_of
from minikube_py.api.status import AlreadyExists, ApiError, Conflict, NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.deployment.plan import (
    Action,
    CreateReplicaSet,
    DeleteReplicaSet,
    SetRevision,
    UpdateReplicaSet,
    plan,
)
from minikube_py.controllers.deployment.progress import deadline_in_s, with_deployment_condition
from minikube_py.controllers.deployment.revisions import REVISION, new_replica_set, template_of
from minikube_py.controllers.deployment.rollout import size
from minikube_py.machinery.conditions import is_terminal
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change
from minikube_py.machinery.ownership import claim, controller_of, is_controlled_by, plan_claims
from minikube_py.machinery.sources import For, Owns, Watches
from minikube_py.machinery.store import Key, key_of

log = logging.getLogger(__name__)


class DeploymentController:
    name = "deployment"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.recorder("deployment-controller")
        deployments, replica_sets = context.informers.of(Deployment), context.informers.of(ReplicaSet)
        pods = context.informers.of(Pod)
        self._deployments = deployments.store
        self._replica_sets = replica_sets.store
        self._pods = pods.store
        self.sources = (
            For(deployments),
            Owns(replica_sets, Deployment),
            Watches(replica_sets, self._adopters),
            Watches(pods, self._recreator),
        )

    async def reconcile(self, key: Key) -> Result:
        deployment = self._deployments.get(key)
        if deployment is None:
            return Result.DONE
        if deployment.spec.selector in (None, LabelSelector()):
            message = "This deployment is selecting all pods. A non-empty selector is required."
            self._recorder.record(deployment, "Warning", "SelectingAll", message)
            return Result.DONE
        claims = plan_claims(deployment, selector_of(deployment.spec.selector), self._replica_sets.list(key.namespace))
        owned = await claim(self._client, deployment, claims)
        now_s = self._clock()
        decided = plan(deployment, owned, has_old_pods=self._has_old_pods(deployment, owned), now_s=now_s)
        log.debug("planned", extra={"actions": [type(action).__name__ for action in decided.actions]})
        for action in decided.actions:
            deployment = await self._act(deployment, action)
        if decided.status != deployment.status:
            deployment = await self._client.update_status(replace(deployment, status=decided.status))
        wait_s = deadline_in_s(deployment, decided.status, now_s)
        return Result.DONE if wait_s is None else Result.after(wait_s)

    async def _act(self, deployment: Deployment, action: Action) -> Deployment:
        """Carry out one action; return the Deployment as it is afterwards."""
        match action:
            case CreateReplicaSet(replica_set):
                await self._create(deployment, replica_set)
            case UpdateReplicaSet(former, replica_set):
                await self._update(deployment, former, replica_set)
            case DeleteReplicaSet(replica_set):
                await self._delete(replica_set)
            case SetRevision(revision):
                annotations = {**deployment.metadata.annotations, REVISION: str(revision)}
                metadata = replace(deployment.metadata, annotations=annotations)
                # By way of its status, which is no change of the author's: the generation stays.
                return await self._client.update_status(replace(deployment, metadata=metadata))
        return deployment

    async def _create(self, deployment: Deployment, replica_set: ReplicaSet) -> None:
        try:
            await self._client.create(replica_set)
        except AlreadyExists:
            await self._resolve_collision(deployment, replica_set)
        except ApiError as error:
            await self._tell_failure(deployment, replica_set, error)
            raise
        else:
            self._tell_size(deployment, replica_set, 0)

    async def _resolve_collision(self, deployment: Deployment, replica_set: ReplicaSet) -> None:
        """Find out whose the name is: our own earlier create's, or another template's with the same hash.

        Raises: Conflict in both cases, since this plan was made without knowing that ReplicaSet.
        """
        name = replica_set.metadata.name
        existing = await self._client.get(ReplicaSet, name, namespace=replica_set.metadata.namespace)
        if is_controlled_by(existing, deployment) and template_of(existing) == deployment.spec.template:
            raise Conflict(f'the store does not show replica set "{name}" yet')
        collisions = (deployment.status.collision_count or 0) + 1
        await self._client.update_status(
            replace(deployment, status=replace(deployment.status, collision_count=collisions))
        )
        raise Conflict(f'the name "{name}" belongs to another template')

    async def _tell_failure(self, deployment: Deployment, replica_set: ReplicaSet, error: ApiError) -> None:
        message = f'Failed to create new replica set "{replica_set.metadata.name}": {error}'
        self._recorder.record(deployment, "Warning", "ReplicaSetCreateError", message)
        conditions = with_deployment_condition(
            deployment.status.conditions,
            "Progressing",
            "False",
            "ReplicaSetCreateError",
            message,
            now_s=self._clock(),
        )
        if conditions != deployment.status.conditions:
            await self._client.update_status(
                replace(deployment, status=replace(deployment.status, conditions=conditions))
            )

    async def _update(self, deployment: Deployment, former: ReplicaSet, replica_set: ReplicaSet) -> None:
        await self._client.update(replica_set)
        if size(former) != size(replica_set):
            self._tell_size(deployment, replica_set, size(former))

    async def _delete(self, replica_set: ReplicaSet) -> None:
        try:
            await self._client.delete_exactly(replica_set)
        except NotFound:
            # Somebody else has cleaned up.
            return

    def _tell_size(self, deployment: Deployment, replica_set: ReplicaSet, former: int) -> None:
        direction = "up" if size(replica_set) >= former else "down"
        message = f"Scaled {direction} replica set {replica_set.metadata.name} from {former} to {size(replica_set)}"
        self._recorder.record(deployment, "Normal", "ScalingReplicaSet", message)

    def _has_old_pods(self, deployment: Deployment, owned: Sequence[ReplicaSet]) -> bool:
        new = new_replica_set(deployment, owned)
        return any(
            not is_terminal(pod)
            for replica_set in owned
            if replica_set is not new
            for pod in self._pods.controlled_by(replica_set.metadata.uid)
        )

    def _adopters(self, change: Change[ReplicaSet]) -> Iterator[Key]:
        """The Deployments that would adopt a ReplicaSet which belongs to nobody."""
        replica_set = change.new
        if replica_set is None or controller_of(replica_set) is not None:
            return
        for deployment in self._deployments.list(replica_set.metadata.namespace):
            if selector_of(deployment.spec.selector).matches(replica_set.metadata.labels):
                yield key_of(deployment)

    def _recreator(self, change: Change[Pod]) -> Iterator[Key]:
        """The Deployment that waits for its last old pod to go before it starts new ones."""
        if change.new is not None and not is_terminal(change.new):
            return
        owner = controller_of(change.object)
        if owner is None or owner.kind != "ReplicaSet":
            return
        replica_set = self._replica_sets.get(Key(change.object.metadata.namespace, owner.name))
        parent = controller_of(replica_set) if replica_set is not None else None
        if parent is None:
            return
        deployment = self._deployments.get(Key(change.object.metadata.namespace, parent.name))
        if deployment is not None and deployment.spec.strategy.type == "Recreate":
            yield key_of(deployment)
