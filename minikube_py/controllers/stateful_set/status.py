"""What a StatefulSet's status says of its pods. Pure.

Kubernetes: pkg/controller/statefulset/stateful_set_control.go (updateStatus, completeRollingUpdate)
"""

from __future__ import annotations

from minikube_py.api.kinds.apps.stateful_set_spec import StatefulSetStatus
from minikube_py.api.model import replace
from minikube_py.controllers.history import REVISION_LABEL
from minikube_py.controllers.stateful_set.plan import Observed
from minikube_py.machinery.conditions import available_in_s, is_ready


def status_of(observed: Observed) -> StatefulSetStatus:
    """The update is over, and its revision the current one, when all pods are of it and ready."""
    stateful_set, pods = observed.stateful_set, observed.pods.values()
    ready = [pod for pod in pods if pod.status.phase == "Running" and is_ready(pod)]
    staying = [pod for pod in pods if pod.metadata.deletion_timestamp is None]
    revisions = [pod.metadata.labels.get(REVISION_LABEL, "") for pod in staying]
    min_ready_s = stateful_set.spec.min_ready_seconds
    status = replace(
        stateful_set.status,
        observed_generation=stateful_set.metadata.generation,
        replicas=len(pods),
        ready_replicas=len(ready),
        available_replicas=sum(available_in_s(pod, min_ready_s, observed.now_s) == 0 for pod in ready),
        current_replicas=revisions.count(observed.current),
        updated_replicas=revisions.count(observed.update),
        current_revision=observed.current,
        update_revision=observed.update,
        collision_count=stateful_set.status.collision_count or 0,
    )
    is_rolling = stateful_set.spec.update_strategy.type == "RollingUpdate"
    if is_rolling and status.updated_replicas == status.replicas == status.ready_replicas:
        return replace(status, current_replicas=status.updated_replicas, current_revision=observed.update)
    return status
