"""The scheduling cycle: from a pod and the snapshot to a decision. Pure: it reads, and returns a value.

    every node -> filters, each may refuse -> suitable nodes -> scores, weighted -> the best, by lot among equals

With many nodes not all are looked at: the search begins where the last one ended and stops when enough suit.

Kubernetes: pkg/scheduler/schedule_one.go
Simplified: no preemption, no nominated nodes, no extenders.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.scheduler.framework import ClusterChange, Filter, FilterPlugin, Profile, normalized
from minikube_py.scheduler.snapshot import NodeInfo, Snapshot

_ALWAYS_ALL = 100
"""So many nodes are always looked at."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The pod goes here."""

    node_name: str
    evaluated: int


@dataclass(frozen=True, slots=True)
class NoFit:
    """The pod goes nowhere now; `message` is what the FailedScheduling event says."""

    message: str
    waits_for: frozenset[ClusterChange]
    plugins: tuple[str, ...] = ()
    """Who refused."""


Decision = Placement | NoFit


class Cycle:
    """Makes decisions for one profile. It remembers only where the last search ended."""

    def __init__(self, profile: Profile, randomness: random.Random | None = None) -> None:
        self._profile = profile
        self._random = randomness or random.Random()
        self._start = 0

    def schedule(self, pod: Pod, snapshot: Snapshot) -> Decision:
        nodes = snapshot.nodes()
        if not nodes:
            return NoFit("no nodes available to schedule pods", frozenset(("node added",)))
        filters = [(plugin, check) for plugin in self._profile.filters if (check := plugin.filter_for(pod)) is not None]
        wanted = enough(len(nodes))
        suitable: list[NodeInfo] = []
        refusals: Counter[str] = Counter()
        refused_by: dict[str, tuple[ClusterChange, ...]] = {}
        looked_at = 0
        for offset in range(len(nodes)):
            node = nodes[(self._start + offset) % len(nodes)]
            looked_at += 1
            refused = _first_refusal(filters, node)
            if refused is None:
                suitable.append(node)
                if len(suitable) >= wanted:
                    break
            else:
                plugin, reasons = refused
                refused_by[plugin.name] = plugin.waits_for
                refusals.update(reasons)
        if not suitable:
            waits_for = frozenset(change for changes in refused_by.values() for change in changes)
            return NoFit(no_fit_message(len(nodes), refusals), waits_for, tuple(refused_by))
        self._start = (self._start + looked_at) % len(nodes)
        return Placement(self._best(pod, suitable), looked_at)

    def _best(self, pod: Pod, nodes: list[NodeInfo]) -> str:
        if len(nodes) == 1:
            return nodes[0].name
        totals = [0] * len(nodes)
        for plugin in self._profile.scores:
            mark = plugin.score_for(pod)
            if mark is not None:
                scores = normalized([mark(node) for node in nodes], plugin.marking)
                totals = [total + plugin.weight * score for total, score in zip(totals, scores, strict=True)]
        highest = max(totals)
        best = [node for node, total in zip(nodes, totals, strict=True) if total == highest]
        return self._random.choice(best).name


def _first_refusal(
    filters: list[tuple[FilterPlugin, Filter]], node: NodeInfo
) -> tuple[FilterPlugin, tuple[str, ...]] | None:
    for plugin, check in filters:
        verdict = check(node)
        if verdict is not None:
            return plugin, verdict.reasons
    return None


def enough(nodes: int) -> int:
    """How many suitable nodes to look for: all of a hundred, then a share that shrinks to 5 % as clusters grow."""
    if nodes <= _ALWAYS_ALL:
        return nodes
    percent = max(50 - nodes // 125, 5)
    return max(nodes * percent // 100, _ALWAYS_ALL)


def no_fit_message(nodes: int, refusals: Counter[str]) -> str:
    """`0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`"""
    reasons = ", ".join(sorted(f"{count} {reason}" for reason, count in refusals.items()))
    return f"0/{nodes} nodes are available: {reasons}."
