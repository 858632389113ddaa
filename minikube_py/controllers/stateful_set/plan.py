"""Decides which pods of a StatefulSet are made or deleted next. Pure.

In order (OrderedReady) it is one pod at a time: the lowest number that is missing is made when all below it are
available, the highest that is too many goes when all others are. Parallel sets do not wait. An update goes from the
highest number down to the partition, each pod when the one before is available.

Kubernetes: pkg/controller/statefulset/stateful_set_control.go (updateStatefulSet)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minikube_py.api.kinds.apps.stateful_set import StatefulSet
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.controllers.amounts import in_pods
from minikube_py.controllers.history import REVISION_LABEL
from minikube_py.machinery.conditions import available_in_s, is_terminal


@dataclass(frozen=True, slots=True)
class Observed:
    """What there is, at one moment; `current` and `update` are the names of revisions."""

    stateful_set: StatefulSet
    pods: Mapping[int, Pod]
    current: str
    update: str
    now_s: float

    @property
    def numbers(self) -> range:
        """The numbers of the pods that there should be."""
        spec = self.stateful_set.spec
        start = spec.ordinals.start if spec.ordinals else 0
        return range(start, start + (spec.replicas if spec.replicas is not None else 1))

    @property
    def first_updated(self) -> int:
        """The lowest number whose pod is to be of the new revision."""
        strategy = self.stateful_set.spec.update_strategy
        rolling = strategy.rolling_update if strategy.type == "RollingUpdate" else None
        return self.numbers.start + ((rolling.partition or 0) if rolling else 0)

    def revision_for(self, number: int) -> str:
        return self.update if number >= self.first_updated else self.current

    def is_healthy(self, pod: Pod) -> bool:
        """Running, ready for long enough, and staying."""
        stays = pod.metadata.deletion_timestamp is None and pod.status.phase == "Running"
        return stays and available_in_s(pod, self.stateful_set.spec.min_ready_seconds, self.now_s) == 0


@dataclass(frozen=True, slots=True)
class Plan:
    create: tuple[int, ...] = ()
    delete: tuple[Pod, ...] = ()


def plan(observed: Observed) -> Plan:
    is_ordered = observed.stateful_set.spec.pod_management_policy != "Parallel"
    create: list[int] = []
    delete: list[Pod] = []
    for number in observed.numbers:
        pod = observed.pods.get(number)
        if pod is None:
            create.append(number)
        elif is_terminal(pod) and pod.metadata.deletion_timestamp is None:
            delete.append(pod)
        elif observed.is_healthy(pod):
            continue
        if is_ordered:
            return Plan(tuple(create), tuple(delete))
    condemned = [number for number in sorted(observed.pods, reverse=True) if number not in observed.numbers]
    alive = [pod for pod in map(observed.pods.__getitem__, condemned) if pod.metadata.deletion_timestamp is None]
    if is_ordered and condemned:
        return Plan(delete=tuple(alive[:1]) if len(alive) == len(condemned) and _may_go(observed, alive[0]) else ())
    delete += alive
    if create or delete or observed.stateful_set.spec.update_strategy.type != "RollingUpdate":
        return Plan(tuple(create), tuple(delete))
    return Plan(delete=_outdated(observed))


def _may_go(observed: Observed, highest: Pod) -> bool:
    """Whether the last pod may go now: one that is not available goes only if it is the only one that is not."""
    others = (pod for pod in observed.pods.values() if pod is not highest)
    return observed.is_healthy(highest) or all(map(observed.is_healthy, others))


def _outdated(observed: Observed) -> tuple[Pod, ...]:
    """The pods that the update takes next, from the highest number down."""
    rolling = observed.stateful_set.spec.update_strategy.rolling_update
    limit = max(1, in_pods(rolling.max_unavailable if rolling else None, len(observed.numbers), is_rounded_up=False))
    found: list[Pod] = []
    under_way = 0
    for number in reversed(observed.numbers):
        pod = observed.pods.get(number)
        if number < observed.first_updated or under_way >= limit:
            break
        is_new = pod is None or pod.metadata.labels.get(REVISION_LABEL) == observed.update
        if pod is not None and not is_new and pod.metadata.deletion_timestamp is None:
            found.append(pod)
            under_way += 1
        elif pod is None or not observed.is_healthy(pod):
            under_way += 1
    return tuple(found)
