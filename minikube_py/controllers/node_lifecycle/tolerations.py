"""How long a pod may stay on a node with NoExecute taints. Pure.

Kubernetes: pkg/controller/tainteviction/taint_eviction.go, staging/src/k8s.io/component-helpers/scheduling/corev1
"""

from __future__ import annotations

from collections.abc import Sequence

from minikube_py.api.kinds.core.common import Taint, Toleration
from minikube_py.machinery.node_fit import covers

FOREVER = float("inf")


def leaves_at_s(tolerations: Sequence[Toleration], taints: Sequence[Taint], now_s: float) -> float:
    """When the pod must go: FOREVER if it may stay, a time that has passed if it must go at once.

    Of several tolerations of one taint the first counts.
    """
    leaves = FOREVER
    for taint in taints:
        if taint.effect != "NoExecute":
            continue
        matching = next((each for each in tolerations if covers(each, taint)), None)
        if matching is None:
            return now_s
        if matching.toleration_seconds is not None:
            since = taint.time_added.epoch_s if taint.time_added is not None else now_s
            leaves = min(leaves, since + max(0, matching.toleration_seconds))
    return leaves
