"""StatefulSet controller: keeps pods with a number each, one after the other, each with its name and its claims.

    reconcile: the revisions of the template -> claim the pods -> plan -> claims, create, delete -> the status

Kubernetes: pkg/controller/statefulset/{stateful_set,stateful_set_control,stateful_pod_control}.go
Simplified: claims stay when a set gets smaller (whenScaled: Delete is said to be not supported); a pod whose labels or
volumes somebody changed is not mended.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from minikube_py.api.kinds.apps.controller_revision import ControllerRevision
from minikube_py.api.kinds.apps.stateful_set import StatefulSet
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.selectors import selector_of
from minikube_py.api.status import AlreadyExists, ApiError, NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.history import REVISION_LABEL, History
from minikube_py.controllers.namespaces import is_ending_namespace
from minikube_py.controllers.pod_control import PodControl, Words
from minikube_py.controllers.stateful_set.identity import claims_for, number_of, pod_for
from minikube_py.controllers.stateful_set.plan import Observed, plan
from minikube_py.controllers.stateful_set.status import status_of
from minikube_py.machinery.conditions import next_available_in_s
from minikube_py.machinery.controller import Result
from minikube_py.machinery.ownership import candidates, claim, index_orphans, plan_claims
from minikube_py.machinery.recent_writes import RecentWrites
from minikube_py.machinery.sources import Adopts, For, Owns
from minikube_py.machinery.store import Key

_WORDS = Words(
    created="create Pod {pod} in StatefulSet {owner} successful",
    not_created="create Pod {pod} in StatefulSet {owner} failed error: {error}",
    deleted="delete Pod {pod} in StatefulSet {owner} successful",
    not_deleted="delete Pod {pod} in StatefulSet {owner} failed error: {error}",
)
_HASH = "controller.kubernetes.io/hash"


class StatefulSetController:
    name = "statefulset"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.recorder("statefulset-controller")
        self._history = History(context, StatefulSet, _HASH)
        stateful_sets, pods = context.informers.of(StatefulSet), context.informers.of(Pod)
        index_orphans(pods.store)
        self._stateful_sets, self._pods = stateful_sets.store, pods.store
        self._recent: RecentWrites[Pod] = RecentWrites(pods)
        self._control = PodControl(context.client, self._recorder, self._recent, _WORDS)
        self.sources = (
            For(stateful_sets),
            Owns(pods, StatefulSet),
            Adopts(pods, stateful_sets.store, lambda each: selector_of(each.spec.selector)),
            self._history.source,
        )

    async def reconcile(self, key: Key) -> Result:
        stateful_set = self._stateful_sets.get(key)
        if stateful_set is None:
            self._recent.forget(key)
            self._history.forget(key)
            return Result.DONE
        if stateful_set.metadata.deletion_timestamp is not None:
            return Result.DONE
        update, old = await self._history.sync(stateful_set)
        revisions = {each.metadata.name: each for each in (*old, update)}
        current = revisions.get(stateful_set.status.current_revision, update)
        pods = await self._observe(key, stateful_set)
        observed = Observed(stateful_set, pods, current.metadata.name, update.metadata.name, self._clock())
        error = await self._act(observed, revisions)
        await self._write_status(observed)
        live = {pod.metadata.labels.get(REVISION_LABEL, "") for pod in pods.values()} | {current.metadata.name}
        await self._history.clean(stateful_set, old, frozenset(live))
        if error is not None and not is_ending_namespace(error):
            raise error
        wait_s = next_available_in_s(pods.values(), stateful_set.spec.min_ready_seconds, observed.now_s)
        return Result.DONE if wait_s is None else Result.after(wait_s)

    async def _observe(self, key: Key, stateful_set: StatefulSet) -> dict[int, Pod]:
        found = (pod for pod in candidates(self._pods, stateful_set) if _number(stateful_set, pod) is not None)
        seen = self._recent.overlay(key, found, ending_at=Time.at(self._clock()))
        claims = plan_claims(stateful_set, selector_of(stateful_set.spec.selector), seen)
        owned = await claim(self._client, stateful_set, claims)
        numbered = ((_number(stateful_set, pod), pod) for pod in owned)
        return {number: pod for number, pod in numbered if number is not None}

    async def _act(self, observed: Observed, revisions: Mapping[str, ControllerRevision]) -> ApiError | None:
        stateful_set = observed.stateful_set
        decided = plan(observed)
        pods: list[Pod] = []
        for number in decided.create:
            await self._make_claims(stateful_set, number)
            pods.append(pod_for(stateful_set, number, revisions[observed.revision_for(number)]))
        error = await self._control.create(stateful_set, pods)
        return await self._control.delete(stateful_set, decided.delete) or error

    async def _make_claims(self, stateful_set: StatefulSet, number: int) -> None:
        """What there is stays: that is what the claims are for. Raises: ApiError."""
        policy = stateful_set.spec.persistent_volume_claim_retention_policy
        claims = claims_for(stateful_set, number)
        if claims and policy is not None and policy.when_scaled == "Delete":
            field = "spec.persistentVolumeClaimRetentionPolicy.whenScaled"
            self._recorder.record(stateful_set, "Warning", "Unsupported", f"{field}: Delete is not supported")
        for each in claims:
            pod = f"{stateful_set.metadata.name}-{number}"
            where = f"Claim {each.metadata.name} Pod {pod} in StatefulSet {stateful_set.metadata.name}"
            try:
                await self._client.create(each)
            except AlreadyExists:
                continue
            except ApiError as error:
                self._recorder.record(stateful_set, "Warning", "FailedCreate", f"create {where} failed error: {error}")
                raise
            self._recorder.record(stateful_set, "Normal", "SuccessfulCreate", f"create {where} success")

    async def _write_status(self, observed: Observed) -> None:
        status = status_of(observed)
        if status != observed.stateful_set.status:
            with contextlib.suppress(NotFound):
                await self._client.update_status(replace(observed.stateful_set, status=status))


def _number(stateful_set: StatefulSet, pod: Pod) -> int | None:
    return number_of(stateful_set, pod.metadata.name)
