"""Disruption controller: keeps the status of each PodDisruptionBudget, by which the server allows or refuses evictions.

    reconcile: the pods that the selector names -> what their controllers want -> the status

Kubernetes: pkg/controller/disruption/disruption.go
Simplified: of the controllers of pods only those of Kubernetes itself are known, not custom kinds with a scale; nobody
takes a DisruptionTarget condition back from a pod that was not deleted after all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.apps.stateful_set import StatefulSet
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.replication_controller import ReplicationController
from minikube_py.api.kinds.policy.pod_disruption_budget import PodDisruptionBudget, PodDisruptionBudgetStatus
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.selectors import selector_of
from minikube_py.api.status import NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.disruption.budget import (
    DELETION_S,
    expectation,
    failed_status,
    is_share_of_scale,
    next_look_in_s,
    status_of,
)
from minikube_py.errors import MinikubeError
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change, Informer
from minikube_py.machinery.ownership import controller_of
from minikube_py.machinery.sources import For, Watches
from minikube_py.machinery.store import Key, key_of

_SCALED: tuple[type[Resource], ...] = (Deployment, ReplicaSet, ReplicationController, StatefulSet)


class UnknownScaleError(MinikubeError):
    """It cannot be known how many pods there should be."""


class DisruptionController:
    name = "disruption"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.recorder("controllermanager")
        budgets, pods = context.informers.of(PodDisruptionBudget), context.informers.of(Pod)
        self._budgets, self._pods = budgets.store, pods.store
        scaled: dict[str, Informer[Any]] = {kind.definition.kind: context.informers.of(kind) for kind in _SCALED}
        self._scaled = {kind: informer.store for kind, informer in scaled.items()}
        self.sources = (
            For(budgets),
            Watches(pods, self._budgets_of),
            *(Watches(informer, self._all_in_namespace) for informer in scaled.values()),
        )

    async def reconcile(self, key: Key) -> Result:
        budget = self._budgets.get(key)
        if budget is None:
            return Result.DONE
        pods = [pod for pod in self._pods.list(key.namespace) if _selects(budget, pod)]
        if not pods:
            self._recorder.record(budget, "Normal", "NoPods", "No matching pods found")
        self._tell_of_those_who_stayed(budget, pods)
        status = self._status(budget, pods)
        if status != budget.status:
            try:
                await self._client.update_status(replace(budget, status=status))
            except NotFound:
                return Result.DONE
        wait_s = next_look_in_s(status, self._clock())
        return Result.DONE if wait_s is None else Result.after(wait_s)

    def _status(self, budget: PodDisruptionBudget, pods: Sequence[Pod]) -> PodDisruptionBudgetStatus:
        try:
            scale = self._scale(pods) if is_share_of_scale(budget) else 0
        except UnknownScaleError as error:
            self._recorder.record(
                budget,
                "Warning",
                "CalculateExpectedPodCountFailed",
                f"Failed to calculate the number of expected pods: {error}",
            )
            return failed_status(budget, str(error), self._clock())
        return status_of(budget, pods, expectation(budget, len(pods), scale), self._clock())

    def _scale(self, pods: Iterable[Pod]) -> int:
        """How many pods the controllers of these want. Raises: UnknownScaleError."""
        wanted: dict[str, int] = {}
        for pod in pods:
            if (owner := controller_of(pod)) is None or owner.uid in wanted:
                continue
            found = self._find(pod, owner.kind, owner.name)
            if isinstance(found, ReplicaSet) and (above := controller_of(found)) is not None:
                found = self._find(pod, above.kind, above.name)
            replicas = found.spec.replicas
            wanted[found.metadata.uid] = 1 if replicas is None else replicas
        return sum(wanted.values())

    def _find(self, pod: Pod, kind: str, name: str) -> Any:
        """The controller of a pod, or of its ReplicaSet."""
        store = self._scaled.get(kind)
        found = store.get(Key(pod.metadata.namespace, name)) if store is not None else None
        if found is None:
            raise UnknownScaleError(f'found no controllers for pod "{pod.metadata.name}"')
        return found

    def _tell_of_those_who_stayed(self, budget: PodDisruptionBudget, pods: Iterable[Pod]) -> None:
        for pod in pods:
            since = budget.status.disrupted_pods.get(pod.metadata.name)
            if since is None or pod.metadata.deletion_timestamp is not None:
                continue
            if since.epoch_s + DELETION_S <= self._clock():
                text = f"Pod was expected by PDB {key_of(budget)} to be deleted but it wasn't"
                self._recorder.record(pod, "Warning", "NotDeleted", text)

    def _budgets_of(self, change: Change[Pod]) -> Iterable[Key]:
        for budget in self._budgets.list(change.object.metadata.namespace):
            if any(pod is not None and _selects(budget, pod) for pod in (change.old, change.new)):
                yield key_of(budget)

    def _all_in_namespace(self, change: Change[Any]) -> Iterable[Key]:
        """The budgets that may concern a controller whose scale has changed."""
        if change.old is not None and change.new is not None and change.old.spec.replicas == change.new.spec.replicas:
            return ()
        return map(key_of, self._budgets.list(change.object.metadata.namespace))


def _selects(budget: PodDisruptionBudget, pod: Pod) -> bool:
    """An empty selector means all pods of the namespace, none means no pod."""
    return selector_of(budget.spec.selector).matches(pod.metadata.labels)
