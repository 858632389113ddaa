"""Ephemeral containers: those that somebody adds to a running pod to look into it; the only write that may.

Kubernetes: pkg/registry/core/pod/strategy.go (podEphemeralContainersStrategy), ValidatePodEphemeralContainersUpdate
"""

from __future__ import annotations

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_validation import pod_spec_errors
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.model import replace
from minikube_py.api.status import invalid
from minikube_py.api.validation import forbidden_value


def take_ephemeral_containers(current: Pod, asked: Pod) -> Pod:
    """The pod with the ephemeral containers that were asked for. Raises: Invalid when one of today's is not kept."""
    metadata = replace(current.metadata, resource_version=asked.metadata.resource_version)
    spec = replace(current.spec, ephemeral_containers=asked.spec.ephemeral_containers)
    changed = replace(current, metadata=metadata, spec=spec)
    errors = [*pod_spec_errors(spec, "spec"), *_lost_errors(changed, current)]
    if errors:
        raise invalid("", "Pod", current.metadata.name, errors)
    return changed


def _lost_errors(new: Pod, old: Pod) -> Errors:
    asked = {container.name: container for container in new.spec.ephemeral_containers}
    for container in old.spec.ephemeral_containers:
        change = "removed" if container.name not in asked else "changed" if asked[container.name] != container else ""
        if change:
            why = f'existing ephemeral containers "{container.name}" may not be {change}\n'
            yield forbidden_value("spec.ephemeralContainers", why)
