"""The pod of a number, and the claims that stay its own. Pure.

Kubernetes: pkg/controller/statefulset/stateful_set_utils.go (newVersionedStatefulSetPod, getPersistentVolumeClaims)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minikube_py.api.kinds.apps.controller_revision import ControllerRevision
from minikube_py.api.kinds.apps.stateful_set import StatefulSet
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.kinds.core.volume import Volume
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.controllers.history import REVISION_LABEL
from minikube_py.machinery.ownership import controller_reference

POD_NAME, POD_INDEX = "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"


def number_of(stateful_set: StatefulSet, name: str) -> int | None:
    """The number in the name of a pod of this set; None for a name of another."""
    parent, dash, number = name.rpartition("-")
    return int(number) if dash and parent == stateful_set.metadata.name and number.isdecimal() else None


def pod_for(stateful_set: StatefulSet, number: int, revision: ControllerRevision) -> Pod:
    """The pod of a number, of the template that the revision keeps."""
    template = template_of(revision)
    name = f"{stateful_set.metadata.name}-{number}"
    own = {POD_NAME: name, POD_INDEX: str(number), REVISION_LABEL: revision.metadata.name}
    metadata = ObjectMeta(
        name=name,
        namespace=stateful_set.metadata.namespace,
        labels={**template.metadata.labels, **own},
        annotations=template.metadata.annotations,
        finalizers=template.metadata.finalizers,
        owner_references=(controller_reference(stateful_set),),
    )
    claims = {claim.metadata.name: _claim_name(stateful_set, claim, number) for claim in _templates(stateful_set)}
    mounted = (
        Volume.from_dict({"name": volume, "persistentVolumeClaim": {"claimName": claim}})
        for volume, claim in claims.items()
    )
    volumes = (*mounted, *(volume for volume in template.spec.volumes if volume.name not in claims))
    spec = replace(template.spec, hostname=name, subdomain=stateful_set.spec.service_name, volumes=volumes)
    return Pod(metadata=metadata, spec=spec)


def claims_for(stateful_set: StatefulSet, number: int) -> tuple[PersistentVolumeClaim, ...]:
    """The claims of a number's pod. They go with the set only if it says so."""
    policy = stateful_set.spec.persistent_volume_claim_retention_policy
    owners = (controller_reference(stateful_set),) if policy and policy.when_deleted == "Delete" else ()
    selector = stateful_set.spec.selector
    return tuple(
        PersistentVolumeClaim(
            metadata=ObjectMeta(
                name=_claim_name(stateful_set, claim, number),
                namespace=stateful_set.metadata.namespace,
                labels={**claim.metadata.labels, **(selector.match_labels if selector else {})},
                annotations=claim.metadata.annotations,
                owner_references=owners,
            ),
            spec=claim.spec,
        )
        for claim in _templates(stateful_set)
    )


def template_of(revision: ControllerRevision) -> PodTemplateSpec:
    data: Mapping[str, Any] = revision.data or {}
    return PodTemplateSpec.from_dict({k: v for k, v in data["spec"]["template"].items() if k != "$patch"})


def _templates(stateful_set: StatefulSet) -> tuple[PersistentVolumeClaim, ...]:
    return stateful_set.spec.volume_claim_templates


def _claim_name(stateful_set: StatefulSet, claim: PersistentVolumeClaim, number: int) -> str:
    return f"{claim.metadata.name}-{stateful_set.metadata.name}-{number}"
