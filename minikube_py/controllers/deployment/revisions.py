"""Which ReplicaSet stands for which revision of a Deployment's template. Pure.

The new ReplicaSet is the oldest whose template equals the Deployment's; it is found by comparing, never by its name,
so the hash in the name only has to keep two templates apart.

Kubernetes: pkg/controller/deployment/util/deployment_util.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet, ReplicaSetSpec
from minikube_py.api.kinds.core.pod import PodTemplateSpec
from minikube_py.api.meta import LabelSelector, ObjectMeta
from minikube_py.api.model import replace
from minikube_py.controllers.template_hash import template_hash
from minikube_py.machinery.ownership import controller_reference

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        REVISION_HISTORY,
        DESIRED_REPLICAS,
        MAX_REPLICAS,
        "deprecated.deployment.rollback.to",
    }
)


def new_replica_set(deployment: Deployment, owned: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet of the current template, if there is one."""
    found = [each for each in owned if template_of(each) == deployment.spec.template]
    return min(found, key=created_at, default=None)


def template_of(replica_set: ReplicaSet) -> PodTemplateSpec:
    """The ReplicaSet's template as the Deployment had it."""
    template = replica_set.spec.template
    labels = {name: value for name, value in template.metadata.labels.items() if name != HASH_LABEL}
    return replace(template, metadata=replace(template.metadata, labels=labels))


def created_at(replica_set: ReplicaSet) -> tuple[str, str]:
    """Orders ReplicaSets by age, and those of one second by name."""
    return (replica_set.metadata.creation_timestamp or "", replica_set.metadata.name)


def revision_of(replica_set: ReplicaSet) -> int:
    try:
        return int(replica_set.metadata.annotations.get(REVISION, "0"))
    except ValueError:
        return 0


def replica_set_for(deployment: Deployment, replicas: int, revision: int) -> ReplicaSet:
    """The ReplicaSet of the current template, as it is created."""
    template = deployment.spec.template
    name_hash = template_hash(template, deployment.status.collision_count or 0)
    labels = {**template.metadata.labels, HASH_LABEL: name_hash}
    selector = deployment.spec.selector or LabelSelector()
    metadata = ObjectMeta(
        name=f"{deployment.metadata.name}-{name_hash}",
        namespace=deployment.metadata.namespace,
        labels=labels,
        annotations={**_copied(deployment.metadata.annotations), REVISION: str(revision)},
        owner_references=(controller_reference(deployment),),
    )
    spec = ReplicaSetSpec(
        replicas=replicas,
        min_ready_seconds=deployment.spec.min_ready_seconds,
        selector=replace(selector, match_labels={**selector.match_labels, HASH_LABEL: name_hash}),
        template=replace(template, metadata=replace(template.metadata, labels=labels)),
    )
    return ReplicaSet(metadata=metadata, spec=spec)


def refreshed(deployment: Deployment, replica_set: ReplicaSet, revision: int) -> ReplicaSet:
    """The new ReplicaSet with what it takes over from its Deployment, and with the highest revision.

    A rollback makes an old ReplicaSet the new one: its former revision goes into the history.
    """
    annotations = {**replica_set.metadata.annotations, **_copied(deployment.metadata.annotations)}
    former = revision_of(replica_set)
    if former < revision:
        annotations[REVISION] = str(revision)
        if former:
            history = annotations.get(REVISION_HISTORY, "")
            annotations[REVISION_HISTORY] = f"{history},{former}" if history else str(former)
    return replace(
        replica_set,
        metadata=replace(replica_set.metadata, annotations=annotations),
        spec=replace(replica_set.spec, min_ready_seconds=deployment.spec.min_ready_seconds),
    )


def sized(replica_set: ReplicaSet, replicas: int, desired: int, maximum: int) -> ReplicaSet:
    """The ReplicaSet with so many replicas, and the Deployment's numbers at that time, for scaling in proportion."""
    numbers = {DESIRED_REPLICAS: str(desired), MAX_REPLICAS: str(maximum)}
    metadata = replace(replica_set.metadata, annotations={**replica_set.metadata.annotations, **numbers})
    return replace(replica_set, metadata=metadata, spec=replace(replica_set.spec, replicas=replicas))


def _copied(annotations: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in annotations.items() if name not in _NOT_COPIED}
