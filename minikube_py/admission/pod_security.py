"""PodSecurity: a namespace's labels say which pods it takes, warns of, and notes in the audit log.

Of what makes pods (a Deployment, a Job) the template is warned of and noted, so that its author hears of it; the pods
are what is refused.

Kubernetes: staging/src/k8s.io/pod-security-admission/admission
Simplified: no exemptions; a namespace whose labels are changed is not searched for pods that it would not take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minikube_py.access.remarks import annotate, warn
from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.apps.daemon_set import DaemonSet
from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.apps.stateful_set import StatefulSet
from minikube_py.api.kinds.batch.cron_job import CronJob
from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_security_standards import PREFIX, Checked, policy_of, violations
from minikube_py.api.kinds.core.pod_template import PodTemplate
from minikube_py.api.kinds.core.replication_controller import ReplicationController
from minikube_py.api.resource import Resource
from minikube_py.api.status import forbidden
from minikube_py.watchcache.cacher import Cacher

_MAKERS: dict[type[Resource], Callable[[Any], Checked | None]] = {
    **dict.fromkeys(
        (DaemonSet, Deployment, Job, ReplicaSet, ReplicationController, StatefulSet), lambda obj: obj.spec.template
    ),
    CronJob: lambda obj: obj.spec.job_template.spec.template,
    PodTemplate: lambda obj: obj.template,
}


class PodSecurity(Plugin):
    def __init__(self, cacher: Cacher) -> None:
        self._cacher = cacher

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        pod = _looked_at(obj, attributes)
        if pod is None:
            return
        item = self._cacher.get(Namespace, "", attributes.namespace)
        labels = item.labels if item is not None else {}
        if not any(key.startswith(PREFIX) for key in labels):
            return
        if isinstance(pod, Pod):
            name, found = _judged(pod, labels, "enforce")
            annotate(f"{PREFIX}enforce-policy", name)
            if found:
                raise forbidden(obj.definition, attributes.name, f'violates PodSecurity "{name}": {found}')
        name, found = _judged(pod, labels, "audit")
        if found:
            annotate(f"{PREFIX}audit-violations", f'would violate PodSecurity "{name}": {found}')
        name, found = _judged(pod, labels, "warn")
        if found:
            warn(f'would violate PodSecurity "{name}": {found}')


def _looked_at(obj: Resource, attributes: Attributes) -> Checked | None:
    """The pod, or the template of pods, that the write makes or may change in what is asked about."""
    write = (attributes.operation, attributes.subresource)
    if isinstance(obj, Pod):
        return obj if write in (("CREATE", ""), ("UPDATE", "ephemeralcontainers")) else None
    template_of = _MAKERS.get(type(obj))
    if template_of is None or write not in (("CREATE", ""), ("UPDATE", "")):
        return None
    return template_of(obj)


def _judged(pod: Checked, labels: Mapping[str, str], mode: str) -> tuple[str, str]:
    """The policy of a mode, `baseline:latest`, and what the pod does against it."""
    level, version, minor = policy_of(labels, mode)
    return f"{level}:{version}", ", ".join(violations(pod, level, minor))
