"""Decides on which nodes a DaemonSet lacks a pod, and which pods must go. Pure.

On every node that the set wants there is one pod of it, or, while a new one starts beside the old (maxSurge), two.
Without a surge, old pods are deleted first, so many that not more than maxUnavailable nodes are without a pod that is
available; the next look then finds the gap.

Kubernetes: pkg/controller/daemon/{daemon_controller,update}.go (podsShouldBeOnNode, rollingUpdate)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from minikube_py.api.kinds.apps.daemon_set import TEMPLATE_GENERATION, DaemonSet, RollingUpdateDaemonSet
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.controllers.amounts import in_pods
from minikube_py.controllers.daemon_set.placement import GENERATION_LABEL, Fit, fit, node_of
from minikube_py.controllers.history import REVISION_LABEL
from minikube_py.machinery.conditions import available_in_s, is_terminal


@dataclass(frozen=True, slots=True)
class Observed:
    """What there is, at one moment. `revision` is the current template's."""

    daemon_set: DaemonSet
    nodes: Mapping[str, Fit]
    pods: Mapping[str, Sequence[Pod]]
    """By node, the oldest first, those that are ending too."""
    revision: str
    now_s: float

    @classmethod
    def of(
        cls, daemon_set: DaemonSet, nodes: Iterable[Node], pods: Iterable[Pod], revision: str, now_s: float
    ) -> Observed:
        on_node: dict[str, list[Pod]] = defaultdict(list)
        for pod in sorted(pods, key=lambda each: (each.metadata.creation_timestamp or "", each.metadata.name)):
            on_node[node_of(pod)].append(pod)
        fits = {node.metadata.name: fit(daemon_set, node) for node in nodes}
        return cls(daemon_set, fits, on_node, revision, now_s)

    def is_new(self, pod: Pod) -> bool:
        labels, annotations = pod.metadata.labels, self.daemon_set.metadata.annotations
        generation = annotations.get(TEMPLATE_GENERATION)
        same_generation = generation is not None and labels.get(GENERATION_LABEL) == generation
        return labels.get(REVISION_LABEL) == self.revision or same_generation

    def is_available(self, pod: Pod) -> bool:
        return available_in_s(pod, self.daemon_set.spec.min_ready_seconds, self.now_s) == 0

    @property
    def wanted(self) -> list[str]:
        return [name for name, found in self.nodes.items() if found.may_start]


@dataclass(slots=True)
class Plan:
    create_on: list[str] = field(default_factory=list)
    delete: list[Pod] = field(default_factory=list)
    ended: list[Pod] = field(default_factory=list)
    """Pods that have ended by themselves: deleted too, but not at once again and again."""


def plan(observed: Observed) -> Plan:
    decided, surge = Plan(), _surge_of(observed)
    for name in {**observed.nodes, **observed.pods}:
        _look_at(observed, name, surge, decided)
    if observed.daemon_set.spec.update_strategy.type == "RollingUpdate":
        _roll(observed, surge, decided)
    return decided


def _surge_of(observed: Observed) -> int:
    strategy = observed.daemon_set.spec.update_strategy
    rolling = strategy.rolling_update if strategy.type == "RollingUpdate" else None
    return in_pods(rolling.max_surge, len(observed.wanted), is_rounded_up=True) if rolling else 0


def _look_at(observed: Observed, name: str, surge: int, decided: Plan) -> None:
    """One node: a pod where there is none, and no more than one of them."""
    found = observed.nodes.get(name, Fit(may_start=False, may_stay=False))
    pods = observed.pods.get(name, ())
    alive = [pod for pod in pods if pod.metadata.deletion_timestamp is None]
    if not found.may_stay:
        decided.delete += [pod for pod in alive if name in observed.nodes or not pod.spec.node_name]
        return
    if found.may_start and not pods:
        decided.create_on.append(name)
    decided.ended += [pod for pod in alive if is_terminal(pod)]
    running = [pod for pod in alive if not is_terminal(pod)]
    decided.delete += _too_many(observed, running, surge)


def _too_many(observed: Observed, running: Sequence[Pod], surge: int) -> Sequence[Pod]:
    if not surge:
        return running[1:]
    new = [pod for pod in running if observed.is_new(pod)]
    old = [pod for pod in running if not observed.is_new(pod)]
    useless = [pod for pod in old[:1] if new and not observed.is_available(pod)]
    return [*new[1:], *old[1:], *useless]


def _roll(observed: Observed, surge: int, decided: Plan) -> None:
    rolling = observed.daemon_set.spec.update_strategy.rolling_update or RollingUpdateDaemonSet()
    touched = {pod.metadata.uid for pod in (*decided.delete, *decided.ended)}
    at_once: list[Pod] = []
    in_turn: list[Pod] = []
    under_way = 0
    wanted = observed.wanted
    for name in wanted:
        alive = [
            pod
            for pod in observed.pods.get(name, ())
            if pod.metadata.deletion_timestamp is None and pod.metadata.uid not in touched
        ]
        new = next((pod for pod in alive if observed.is_new(pod)), None)
        old = next((pod for pod in alive if not observed.is_new(pod)), None)
        if new is not None and old is not None:
            if observed.is_available(new):
                decided.delete.append(old)
            else:
                under_way += 1
        elif old is not None:
            (in_turn if observed.is_available(old) else at_once).append(old)
            under_way += not surge and not observed.is_available(old)
        elif not surge and (new is None or not observed.is_available(new)):
            under_way += 1
    limit = surge or in_pods(rolling.max_unavailable, len(wanted), is_rounded_up=True)
    chosen = [*at_once, *in_turn[: max(0, limit - under_way)]]
    if surge:
        decided.create_on += [node_of(pod) for pod in chosen]
    else:
        decided.delete += chosen
