"""How many replicas each ReplicaSet of a Deployment may have now. Pure arithmetic, the heart of the rolling update.

    at most  desired + maxSurge        replicas exist
    at least desired - maxUnavailable  replicas are available

Every function takes the ReplicaSets' sizes as they are and returns the sizes that should change.

Kubernetes: pkg/controller/deployment/{rolling,recreate,sync}.go
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.apps.deployment import Deployment, RollingUpdateDeployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.controllers.amounts import in_pods
from minikube_py.controllers.deployment.revisions import DESIRED_REPLICAS, MAX_REPLICAS, created_at, revision_of

Sizes = Mapping[str, int]
"""New sizes by the ReplicaSets' names; who is not named keeps its size."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a rollout must keep to."""

    desired: int
    surge: int
    unavailable: int

    @property
    def maximum(self) -> int:
        return self.desired + self.surge

    @property
    def minimum_available(self) -> int:
        return self.desired - self.unavailable


def bounds_of(deployment: Deployment) -> Bounds:
    """The limits in whole pods: the surge is rounded up, what may be unavailable down, and not both are nothing."""
    desired = deployment.spec.replicas if deployment.spec.replicas is not None else 1
    if deployment.spec.strategy.type == "Recreate":
        return Bounds(desired, 0, 0)
    rolling = deployment.spec.strategy.rolling_update or RollingUpdateDeployment()
    surge = in_pods(rolling.max_surge, desired, is_rounded_up=True)
    unavailable = in_pods(rolling.max_unavailable, desired, is_rounded_up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Bounds(desired, surge, min(unavailable, desired))


def size(replica_set: ReplicaSet) -> int:
    return replica_set.spec.replicas if replica_set.spec.replicas is not None else 1


def total(replica_sets: Iterable[ReplicaSet]) -> int:
    return sum(size(replica_set) for replica_set in replica_sets)


def available(replica_sets: Iterable[ReplicaSet]) -> int:
    return sum(replica_set.status.available_replicas for replica_set in replica_sets)


def new_size(bounds: Bounds, current: int, all_replicas: int, *, is_rolling: bool) -> int:
    """How many replicas the new ReplicaSet, which has `current` of all, may have now."""
    if current >= bounds.desired or not is_rolling:
        return bounds.desired
    room = bounds.maximum - all_replicas
    return current if room <= 0 else current + min(room, bounds.desired - current)


def old_sizes(bounds: Bounds, new: ReplicaSet, old: Sequence[ReplicaSet]) -> Sizes:
    """Smaller sizes for the old ReplicaSets, as far as enough stays available: first what is broken, then the oldest.

    The new ReplicaSet's replicas that are not available yet are taken as lost, so a broken rollout stops here.
    """
    new_unavailable = size(new) - new.status.available_replicas
    budget = total((new, *old)) - bounds.minimum_available - new_unavailable
    if budget <= 0 or total(old) == 0:
        return {}
    by_age = sorted(old, key=created_at)
    sizes = {each.metadata.name: size(each) for each in by_age}
    for each in by_age:
        broken = max(0, sizes[each.metadata.name] - each.status.available_replicas)
        taken = min(budget, broken)
        sizes[each.metadata.name] -= taken
        budget -= taken
    spare = available((new, *old)) - bounds.minimum_available
    for each in by_age:
        taken = max(0, min(sizes[each.metadata.name], spare))
        sizes[each.metadata.name] -= taken
        spare -= taken
    return {each.metadata.name: sizes[each.metadata.name] for each in old if sizes[each.metadata.name] != size(each)}


def is_scaling(deployment: Deployment, replica_sets: Iterable[ReplicaSet]) -> bool:
    """Whether the Deployment's replicas have changed since its ReplicaSets were sized."""
    desired = bounds_of(deployment).desired
    numbers = (each.metadata.annotations.get(DESIRED_REPLICAS, "") for each in replica_sets if size(each) > 0)
    return any(number.isdecimal() and int(number) != desired for number in numbers)


def scaled_sizes(deployment: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> Sizes:
    """Sizes after a change of the Deployment's replicas, whatever the rollout is at.

    One ReplicaSet takes the whole change; several in the middle of a rolling update share it in proportion to their
    sizes, so that a rollout that fails keeps as large a part of its good replicas as it had.
    """
    bounds = bounds_of(deployment)
    everyone = [*old, *([new] if new is not None else [])]
    active = [each for each in everyone if size(each) > 0]
    if len(active) <= 1:
        only = active[0] if active else new or max(old, key=created_at, default=None)
        return {} if only is None else {only.metadata.name: bounds.desired}
    if new is not None and _is_saturated(bounds, new):
        return {each.metadata.name: 0 for each in active if each is not new}
    if deployment.spec.strategy.type == "Recreate":
        return {}
    return _in_proportion(deployment, bounds, active)


def _is_saturated(bounds: Bounds, new: ReplicaSet) -> bool:
    numbers = new.metadata.annotations.get(DESIRED_REPLICAS, "")
    return (
        size(new) == bounds.desired
        and numbers.isdecimal()
        and int(numbers) == bounds.desired
        and new.status.available_replicas == bounds.desired
    )


def _in_proportion(deployment: Deployment, bounds: Bounds, active: Sequence[ReplicaSet]) -> Sizes:
    allowed = bounds.maximum if bounds.desired > 0 else 0
    to_add = allowed - total(active)
    # The largest first; of equal ones the newest first when growing, the oldest first when shrinking.
    by_age = sorted(active, key=created_at, reverse=to_add > 0)
    ordered = sorted(by_age, key=size, reverse=True)
    sizes: dict[str, int] = {}
    left = to_add
    for each in ordered:
        share = _share(deployment, bounds, each)
        share = min(share, left) if to_add > 0 else max(share, left)
        sizes[each.metadata.name] = size(each) + share
        left -= share
    first = ordered[0].metadata.name
    sizes[first] = max(0, sizes[first] + left)
    return sizes


def _share(deployment: Deployment, bounds: Bounds, replica_set: ReplicaSet) -> int:
    if bounds.desired == 0:
        return -size(replica_set)
    text = replica_set.metadata.annotations.get(MAX_REPLICAS, "")
    former_maximum = int(text) if text.isdecimal() and int(text) else deployment.status.replicas or bounds.maximum
    grown = size(replica_set) * bounds.maximum / former_maximum
    return math.floor(grown + 0.5) - size(replica_set)


def superfluous(deployment: Deployment, old: Sequence[ReplicaSet]) -> tuple[ReplicaSet, ...]:
    """The old ReplicaSets beyond the history that the Deployment keeps, as far as they are empty.

    By revision, not by age: one that a rollback brought back is as recent as that rollback.
    """
    limit = deployment.spec.revision_history_limit
    if limit is None:
        return ()
    alive = [each for each in old if each.metadata.deletion_timestamp is None]
    oldest = sorted(alive, key=lambda each: (revision_of(each), created_at(each)))[: max(0, len(alive) - limit)]
    return tuple(each for each in oldest if _is_empty(each))


def _is_empty(replica_set: ReplicaSet) -> bool:
    status = replica_set.status
    return (
        status.replicas == 0
        and size(replica_set) == 0
        and replica_set.metadata.generation <= status.observed_generation
    )
