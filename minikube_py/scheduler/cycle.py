"""The scheduling cycle: from a pod and the snapshot to a decision. Pure: it reads, and returns a value.

    every node -> filters, each may refuse -> suitable nodes -> scores, weighted -> the best, by lot among equals

With many nodes not all are looked at: the search begins where the last one ended and stops when enough suit. Of pods
that are alike, a node is asked anew only when it has changed (upstream: KEP-5598).

Kubernetes: pkg/scheduler/schedule_one.go
Simplified: no preemption, no nominated nodes, no extenders.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import chain

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.scheduler.framework import ClusterChange, FilterPlugin, Profile, normalized
from minikube_py.scheduler.snapshot import NodeInfo, Snapshot

_ALWAYS_ALL = 100
"""So many nodes are always looked at."""
_KINDS_OF_PODS = 16
_STATES_A_NODE = 8
"""How much is remembered."""


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


@dataclass(frozen=True, slots=True)
class _Refused:
    by: FilterPlugin
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Suits:
    node: NodeInfo
    total: int
    """Of the plugins that give scores, weighted."""
    counts: tuple[float, ...]
    """Of the plugins that count something: scores only beside those of the other nodes."""


class _Alike:
    """Pods that all plugins treat alike, and what has been found out for them about states of nodes.

    Of the pods of one ReplicaSet, each changes one node: all others are as they were when the last one was placed.
    """

    def __init__(self, profile: Profile, pod: Pod) -> None:
        self._filters = [(plugin, check) for plugin in profile.filters if (check := plugin.filter_for(pod)) is not None]
        scores = [(plugin, mark) for plugin in profile.scores if (mark := plugin.score_for(pod)) is not None]
        self._marked = [(plugin.weight, mark) for plugin, mark in scores if plugin.marking == "score"]
        self._counted = [(plugin, mark) for plugin, mark in scores if plugin.marking != "score"]
        self.found: dict[int, _Suits | _Refused] = {}
        """By the version of a node."""

    def judge(self, node: NodeInfo) -> _Suits | _Refused:
        judged = self.found[node.version] = self._first_refusal(node) or self._suits(node)
        return judged

    def _first_refusal(self, node: NodeInfo) -> _Refused | None:
        for plugin, check in self._filters:
            verdict = check(node)
            if verdict is not None:
                return _Refused(plugin, verdict.reasons)
        return None

    def _suits(self, node: NodeInfo) -> _Suits:
        total = sum(weight * int(mark(node)) for weight, mark in self._marked)
        return _Suits(node, total, tuple([mark(node) for _, mark in self._counted]))

    def best(self, suitable: list[_Suits]) -> list[NodeInfo]:
        """Those with the highest total."""
        totals = [one.total for one in suitable]
        for index, (plugin, _) in enumerate(self._counted):
            counts = [one.counts[index] for one in suitable]
            if any(counts):
                scores = normalized(counts, plugin.marking)
                totals = [total + plugin.weight * score for total, score in zip(totals, scores, strict=True)]
        highest = max(totals)
        return [one.node for one, total in zip(suitable, totals, strict=True) if total == highest]


class Cycle:
    """Makes decisions for one profile. It remembers where the last search ended, and what it found out."""

    def __init__(self, profile: Profile, randomness: random.Random | None = None) -> None:
        self._profile = profile
        self._plugins = tuple({id(plugin): plugin for plugin in (*profile.filters, *profile.scores)}.values())
        self._random = randomness or random.Random()
        self._start = 0
        self._alike: dict[tuple[Hashable, ...], _Alike] = {}

    def schedule(self, pod: Pod, snapshot: Snapshot) -> Decision:
        nodes = snapshot.nodes()
        if not nodes:
            return NoFit("no nodes available to schedule pods", frozenset(("node added",)))
        alike = self._those_alike(pod, len(nodes))
        found, judge, wanted = alike.found, alike.judge, enough(len(nodes))
        suitable: list[_Suits] = []
        refusals: list[_Refused] = []
        looked_at = 0
        for node in chain(nodes[self._start :], nodes[: self._start]):
            looked_at += 1
            judged = found.get(node.version) or judge(node)
            if isinstance(judged, _Refused):
                refusals.append(judged)
                continue
            suitable.append(judged)
            if len(suitable) >= wanted:
                break
        if not suitable:
            return _no_fit(len(nodes), refusals)
        self._start = (self._start + looked_at) % len(nodes)
        return Placement(self._random.choice(alike.best(suitable)).name, looked_at)

    def _those_alike(self, pod: Pod, nodes: int) -> _Alike:
        """What is known of pods like this one; nothing where a plugin does not promise to treat them alike."""
        key = tuple(plugin.looks_at(pod) for plugin in self._plugins)
        if None in key:
            return _Alike(self._profile, pod)
        alike = self._alike.pop(key, None)
        if alike is None or len(alike.found) > _STATES_A_NODE * nodes:
            alike = _Alike(self._profile, pod)
        self._alike[key] = alike
        if len(self._alike) > _KINDS_OF_PODS:
            del self._alike[next(iter(self._alike))]
        return alike


def _no_fit(nodes: int, refusals: list[_Refused]) -> NoFit:
    reasons = Counter(reason for refused in refusals for reason in refused.reasons)
    plugins = {refused.by.name: refused.by for refused in refusals}
    waits_for = frozenset(change for plugin in plugins.values() for change in plugin.waits_for)
    return NoFit(no_fit_message(nodes, reasons), waits_for, tuple(plugins))


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
