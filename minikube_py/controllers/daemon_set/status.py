"""What a DaemonSet's status says of its nodes. Pure.

Kubernetes: pkg/controller/daemon/daemon_controller.go (updateDaemonSetStatus)
"""

from __future__ import annotations

from minikube_py.api.kinds.apps.daemon_set import DaemonSetStatus
from minikube_py.api.model import replace
from minikube_py.controllers.daemon_set.plan import Observed
from minikube_py.machinery.conditions import is_ready


def status_of(observed: Observed) -> DaemonSetStatus:
    """A node counts as scheduled with any pod of the set, and as ready by its oldest."""
    wanted = observed.wanted
    first = [observed.pods[name][0] for name in wanted if observed.pods.get(name)]
    available = sum(observed.is_available(pod) for pod in first)
    return replace(
        observed.daemon_set.status,
        observed_generation=observed.daemon_set.metadata.generation,
        desired_number_scheduled=len(wanted),
        current_number_scheduled=len(first),
        number_misscheduled=sum(
            bool(observed.pods.get(name)) for name, found in observed.nodes.items() if not found.may_start
        ),
        number_ready=sum(is_ready(pod) for pod in first),
        updated_number_scheduled=sum(observed.is_new(pod) for pod in first),
        number_available=available,
        number_unavailable=len(wanted) - available,
    )
