"""Decides what to do about one Deployment. Pure: a Deployment and its ReplicaSets in, actions in their order out.

    paused, or its replicas changed      size what there is
    Recreate                             no old replicas -> no old pods -> the new ReplicaSet in full size
    RollingUpdate                        grow the new ReplicaSet, or else shrink old ones, within the bounds

A plan makes one move; the change that it causes brings the next plan. So whoever stops between two moves finds a state
from which the plan goes on.

Kubernetes: pkg/controller/deployment/deployment_controller.go (syncDeployment), sync.go, rolling.go, recreate.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.apps.deployment import Deployment, DeploymentStatus
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.model import replace
from minikube_py.controllers.deployment.progress import (
    counted,
    has_deadline,
    is_complete,
    pause_condition,
    rollout_status,
    with_deployment_condition,
)
from minikube_py.controllers.deployment.revisions import (
    REVISION,
    new_replica_set,
    refreshed,
    replica_set_for,
    revision_of,
    sized,
)
from minikube_py.controllers.deployment.rollout import (
    Sizes,
    bounds_of,
    is_scaling,
    new_size,
    old_sizes,
    scaled_sizes,
    size,
    superfluous,
    total,
)
from minikube_py.machinery.conditions import find_condition


@dataclass(frozen=True, slots=True)
class CreateReplicaSet:
    replica_set: ReplicaSet


@dataclass(frozen=True, slots=True)
class UpdateReplicaSet:
    """Write a ReplicaSet; `former` is it as it was, whose size may be another."""

    former: ReplicaSet
    replica_set: ReplicaSet


@dataclass(frozen=True, slots=True)
class DeleteReplicaSet:
    replica_set: ReplicaSet


@dataclass(frozen=True, slots=True)
class SetRevision:
    """Say on the Deployment which revision is its current one."""

    revision: int


Action = CreateReplicaSet | UpdateReplicaSet | DeleteReplicaSet | SetRevision


@dataclass(frozen=True, slots=True)
class Plan:
    actions: tuple[Action, ...]
    status: DeploymentStatus


@dataclass(slots=True)
class _Draft:
    """A plan in the making: the ReplicaSets as they will be, and from which each was made."""

    deployment: Deployment
    now_s: float
    former: Mapping[str, ReplicaSet]
    new: ReplicaSet | None
    old: list[ReplicaSet]
    revision: int | None = None
    superfluous: tuple[ReplicaSet, ...] = ()

    @property
    def everyone(self) -> list[ReplicaSet]:
        return [*self.old, *([self.new] if self.new is not None else [])]

    @property
    def is_new_created(self) -> bool:
        return self.new is not None and self.new.metadata.name not in self.former

    def resize(self, sizes: Sizes) -> bool:
        """Give ReplicaSets new sizes; whether any size differs."""
        bounds = bounds_of(self.deployment)
        has_changed = False
        for each in self.everyone:
            wanted = sizes.get(each.metadata.name)
            if wanted is not None:
                has_changed |= wanted != size(each)
                self.put(sized(each, wanted, bounds.desired, bounds.maximum))
        return has_changed

    def put(self, changed: ReplicaSet) -> None:
        """Have a ReplicaSet in another form."""
        name = changed.metadata.name
        if self.new is not None and self.new.metadata.name == name:
            self.new = changed
        else:
            self.old = [changed if each.metadata.name == name else each for each in self.old]

    def finished(self, status: DeploymentStatus) -> Plan:
        actions: list[Action] = [CreateReplicaSet(self.new)] if self.is_new_created and self.new is not None else []
        for each in self.everyone:
            former = self.former.get(each.metadata.name)
            if former is not None and each != former:
                actions.append(UpdateReplicaSet(former, each))
        if self.revision is not None and self.deployment.metadata.annotations.get(REVISION) != str(self.revision):
            actions.append(SetRevision(self.revision))
        actions += [DeleteReplicaSet(each) for each in self.superfluous]
        return Plan(tuple(actions), status)


def plan(deployment: Deployment, owned: Sequence[ReplicaSet], *, has_old_pods: bool, now_s: float) -> Plan:
    """What to do now. `has_old_pods`: whether any pod of an old template still runs (only Recreate asks)."""
    new = new_replica_set(deployment, owned)
    deployment = replace(deployment, status=replace(deployment.status, conditions=pause_condition(deployment, now_s)))
    former = {each.metadata.name: each for each in owned}
    draft = _Draft(deployment, now_s, former, new, [each for each in owned if each is not new])
    if deployment.metadata.deletion_timestamp is not None:
        return draft.finished(counted(deployment, owned, new, now_s))
    _follow_revision(draft)
    if deployment.spec.paused or is_scaling(deployment, owned):
        draft.resize(scaled_sizes(deployment, draft.new, draft.old))
        if deployment.spec.paused:
            draft.superfluous = superfluous(deployment, draft.old)
        return draft.finished(counted(deployment, draft.everyone, draft.new, now_s))
    if deployment.spec.strategy.type == "Recreate":
        _recreate(draft, has_old_pods)
    else:
        _roll(draft)
    return _with_rollout_status(draft)


def _roll(draft: _Draft) -> None:
    bounds = bounds_of(draft.deployment)
    if draft.new is None:
        _create(draft, new_size(bounds, 0, total(draft.old), is_rolling=True))
        return
    grown = new_size(bounds, size(draft.new), total(draft.everyone), is_rolling=True)
    if draft.resize({draft.new.metadata.name: grown}):
        return
    draft.resize(old_sizes(bounds, draft.new, draft.old))


def _recreate(draft: _Draft, has_old_pods: bool) -> None:
    if draft.resize({each.metadata.name: 0 for each in draft.old if size(each) > 0}) or has_old_pods:
        return
    desired = bounds_of(draft.deployment).desired
    if draft.new is None:
        _create(draft, desired)
    else:
        draft.resize({draft.new.metadata.name: desired})


def _create(draft: _Draft, replicas: int) -> None:
    bounds = bounds_of(draft.deployment)
    revision = _next_revision(draft.old)
    made = replica_set_for(draft.deployment, replicas, revision)
    draft.new = sized(made, replicas, bounds.desired, bounds.maximum)
    draft.revision = revision


def _follow_revision(draft: _Draft) -> None:
    """The new ReplicaSet has the highest revision, and the Deployment says which that is."""
    if draft.new is None:
        return
    draft.revision = max(revision_of(draft.new), _next_revision(draft.old))
    draft.put(refreshed(draft.deployment, draft.new, draft.revision))


def _next_revision(old: Sequence[ReplicaSet]) -> int:
    return max((revision_of(each) for each in old), default=0) + 1


def _with_rollout_status(draft: _Draft) -> Plan:
    deployment = _with_announced_replica_set(draft)
    status = rollout_status(deployment, draft.everyone, draft.new, draft.now_s)
    if is_complete(deployment, status):
        draft.superfluous = superfluous(deployment, draft.old)
    return draft.finished(status)


def _with_announced_replica_set(draft: _Draft) -> Deployment:
    """The Deployment whose conditions tell that its new ReplicaSet was made or found."""
    deployment, new = draft.deployment, draft.new
    if new is None or not has_deadline(deployment):
        return deployment
    conditions = deployment.status.conditions
    name = new.metadata.name
    if draft.is_new_created:
        told = ("NewReplicaSetCreated", f'Created new replica set "{name}"')
    elif find_condition(conditions, "Progressing") is None:
        told = ("FoundNewReplicaSet", f'Found new replica set "{name}"')
    else:
        return deployment
    conditions = with_deployment_condition(conditions, "Progressing", "True", *told, now_s=draft.now_s)
    return replace(deployment, status=replace(deployment.status, conditions=conditions))
