"""The framework: the narrow waist between the scheduling cycle and its plugins.

A plugin is a class with a name and one or more of these methods. All are pure: they see a pod and a node as they are
in the snapshot, and change nothing.

Kubernetes: staging/src/k8s.io/kube-scheduler/framework/interface.go
Simplified: Filter, Score and NormalizeScore only; PreFilter's job (work done once a pod) is `filter_for`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal, Protocol

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.scheduler.snapshot import NodeInfo

MAX_SCORE = 100

ClusterChange = Literal["node added", "node changed", "pod gone", "pod changed"]
"""What may have happened that a pod which fitted nowhere waits for."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a pod cannot go to a node, as the FailedScheduling event counts it: `Insufficient cpu`."""

    reasons: tuple[str, ...]


Verdict = Refusal | None
"""None: the node will do."""

Filter = Callable[[NodeInfo], Verdict]
Score = Callable[[NodeInfo], float]

Marking = Literal["score", "more is better", "less is better"]
"""What a plugin's marks are: scores from 0 to MAX_SCORE, or counts, compared with the largest among the nodes."""


class Plugin(Protocol):
    """What every plugin says of itself."""

    name: str

    def looks_at(self, pod: Pod) -> Hashable:
        """All that this plugin reads of a pod: of pods alike in it, a node that has not changed is told the same.

        None promises nothing, as a plugin must that looks at more than the one node.
        """
        ...


class FilterPlugin(Plugin, Protocol):
    """Says which nodes will not do."""

    waits_for: tuple[ClusterChange, ...]
    """What may make a refused node suitable."""

    def filter_for(self, pod: Pod) -> Filter | None:
        """Prepare the check for one pod; None when this plugin has nothing against any node for it."""
        ...


class ScorePlugin(Plugin, Protocol):
    """Says how well a suitable node suits."""

    weight: int
    marking: Marking

    def score_for(self, pod: Pod) -> Score | None:
        """Prepare the mark for one pod; None when all nodes are the same to it."""
        ...


def normalized(marks: list[float], marking: Marking) -> list[int]:
    """The marks of all nodes as scores from 0 to MAX_SCORE."""
    if marking == "score":
        return [int(mark) for mark in marks]
    most = max(marks)
    shares = [int(MAX_SCORE * mark / most) if most else 0 for mark in marks]
    return shares if marking == "more is better" else [MAX_SCORE - share for share in shares]


@dataclass(frozen=True, slots=True)
class Profile:
    """The plugins of one scheduler, in the order in which they are asked."""

    scheduler_name: str
    filters: tuple[FilterPlugin, ...]
    scores: tuple[ScorePlugin, ...]
